import * as Effect from "effect/Effect"
import { conformance } from "./suites/conformance.js"
import * as modes from "./support/modes.js"
import { keptPools } from "./support/postgres/pools.js"
import { emptySchema } from "./support/postgres/schemas.js"
import { onPostgres } from "./support/postgres.js"
import * as wired from "./support/wire.js"

onPostgres("PostgreSQL", (url) => {
  const storage = emptySchema(url).pipe(
    Effect.flatMap(keptPools()),
    Effect.map((url) => ({ url }))
  )
  conformance("embedded", modes.embeddedOn(storage), wired.embeddedOn(storage))
})
