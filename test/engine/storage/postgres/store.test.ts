import { storage } from "../../../suites/storage/index.js"
import { postgres } from "../../../support/postgres/database.js"
import { onPostgres } from "../../../support/postgres.js"

onPostgres("PostgreSQL", (url) => storage(postgres(url)))
