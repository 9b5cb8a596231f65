import * as Effect from "effect/Effect"
import { conformance } from "./suites/conformance.js"
import * as modes from "./support/modes.js"
import { emptySchema } from "./support/postgres/schemas.js"
import { onPostgres } from "./support/postgres.js"
import * as wired from "./support/wire.js"

onPostgres("PostgreSQL", (url) => {
  const storage = Effect.map(emptySchema(url), (url) => ({ url }))
  conformance("embedded", modes.embeddedOn(storage), wired.embeddedOn(storage))
})
