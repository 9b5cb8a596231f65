// Started by child.ts as a process of its own: opens the database on "open" and keeps it until the process ends.
import * as readline from "node:readline"
import * as Effect from "effect/Effect"
import * as Registry from "../../../../../src/engine/storage/libsql/Registry.js"

const file = process.argv[2] ?? ""
const say = (value: unknown) => Effect.sync(() => process.stdout.write(`${JSON.stringify(value)}\n`))

const open = Effect.gen(function* () {
  const sql = yield* Registry.acquire({ filename: file })
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
