// A process that opens the store of a PostgreSQL database once it gets a lock, and reports that: starter.ts <url> <lock>.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { make } from "../../../src/engine/storage/postgres/driver/PostgresClient.js"
import * as Store from "../../../src/engine/storage/postgres/Store.js"
import { say } from "./say.js"

const [shown = "", lock = "0"] = process.argv.slice(2)
const url = Redacted.make(shown)

Effect.gen(function* () {
  const sql = yield* make({ url, poolSize: 1 })
  yield* sql`SELECT pg_advisory_xact_lock_shared(${Number(lock)}::bigint)`
  yield* Effect.match(Layer.build(Store.layer({ url, poolSize: 2, prepared: undefined, displayUrl: "the database" })), {
    onFailure: (error) => say(String(error)),
    onSuccess: () => say("opened")
  })
}).pipe(
  Effect.scoped,
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
