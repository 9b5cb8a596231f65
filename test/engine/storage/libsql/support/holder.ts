// Started by child.ts as a process of its own: opens the database on "open" and keeps it until the process ends.
import * as readline from "node:readline"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Registry from "../../../../../src/engine/storage/libsql/Registry.js"
import { migrate } from "../../../../../src/engine/storage/sqlite/Migrations.js"

const file = process.argv[2] ?? ""
const say = (value: unknown) => Effect.sync(() => process.stdout.write(`${JSON.stringify(value)}\n`))

const open = Effect.gen(function* () {
  const sql = yield* Registry.acquire({ filename: file })
  // The schema makes the file one of ours, so that an engine opens it later.
  yield* Effect.provideService(migrate, SqlClient.SqlClient, sql)
  yield* sql`CREATE TABLE IF NOT EXISTS winners (pid INTEGER NOT NULL)`
  yield* sql`INSERT INTO winners ${sql.insert({ pid: process.pid })}`
  yield* say({ tag: "Won" })
  yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.catchAll((error) =>
    say({ tag: error._tag, message: error.message, ...("pid" in error && { pid: error.pid }) })
  )
)

readline.createInterface({ input: process.stdin }).on("line", () => Effect.runFork(open))
process.stdout.write('"ready"\n')
