import * as path from "node:path"
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { storeFile } from "../Connection.js"
import { command as make } from "../command.js"
import { note, printJson } from "../output.js"

export const command = make({
  description:
    "Puts a backup in the place of a store, and keeps what was there beside it. Nothing may have the store open: stop its server first. A backup that is damaged, of another program or of a newer release is refused.",
  example: "effect-julep restore monday.db --db .julep/julep.db",
  config: {
    backup: Args.text({ name: "file" }).pipe(Args.withDescription("What backup has written.")),
    db: Options.text("db").pipe(
      Options.withPseudoName("FILE"),
      Options.withDescription("The store: a file. Default: JULEP_DATABASE_URL, else .julep/julep.db."),
      Options.optional
    )
  },
  run: ({ backup, db, json }) =>
    Effect.gen(function* () {
      const file = yield* storeFile(db)
      const { restore } = yield* Effect.promise(() => import("../../layers/Restore.js"))
      const aside = yield* restore(path.resolve(backup), file)
      if (json) return yield* printJson({ file, before: aside ?? null })
      yield* note(`Restored ${file}.`)
      if (aside !== undefined) yield* note(`What was there before is ${aside}.`)
    })
})
