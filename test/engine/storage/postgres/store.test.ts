import { storage } from "../../../suites/storage/index.js"
import { POOL_SIZE, postgres } from "../../../support/postgres/database.js"
import { keptPools } from "../../../support/postgres/pools.js"
import { onPostgres } from "../../../support/postgres.js"

onPostgres("PostgreSQL", (url) => storage(postgres(url, keptPools(POOL_SIZE))))
