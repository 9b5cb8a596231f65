import * as path from "node:path"
import * as Args from "@effect/cli/Args"
import * as Effect from "effect/Effect"
import { db, storeNamed } from "../Connection.js"
import { command as make } from "../command.js"
import { UsageError } from "../exitCodes.js"
import { printError, printJson } from "../output.js"

const ON_POSTGRES =
  "A PostgreSQL database is restored with its own tools: stop the programs that use it, run `pg_restore --clean --if-exists --dbname=URL FILE` on what pg_dump has written, and start them again."

export const command = make({
  description:
    "Puts a backup in the place of a store, and keeps what was there beside it. Nothing may have the store open: stop its server first. A backup that is damaged, of another program or of a newer release is refused.",
  example: "effect-julep restore monday.db --db .julep/julep.db",
  config: {
    backup: Args.text({ name: "file" }).pipe(Args.withDescription("What backup has written.")),
    db: db()
  },
  run: ({ backup, db, json }) =>
    Effect.gen(function* () {
      const store = yield* storeNamed(db)
      if (store._tag === "Database") return yield* new UsageError({ message: ON_POSTGRES })
      const { file } = store
      const { restore } = yield* Effect.promise(() => import("../../layers/Restore.js"))
      const aside = yield* restore(path.resolve(backup), file)
      if (json) return yield* printJson({ file, before: aside ?? null })
      yield* printError(`Restored ${file}.`)
      if (aside !== undefined) yield* printError(`What was there before is ${aside}.`)
    })
})
