import * as fs from "node:fs"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { checkExists, developerOf, type Store, storageOf, storeLabel, storeOf } from "../Connection.js"
import { command as make } from "../command.js"
import { CommandFailed, Missing, UsageError } from "../exitCodes.js"
import { text } from "../input.js"
import { printError, printJson } from "../output.js"
import * as Progress from "../progress.js"
import { countsText } from "../rowCounts.js"
import { servingOf } from "../serving.js"

const store = (name: "from" | "to", description: string) =>
  Options.text(name).pipe(Options.withPseudoName("STORE"), Options.withDescription(description))

/** The file that a path leads to. */
const realOf = (file: string): string => (fs.existsSync(file) ? fs.realpathSync(file) : file)

const isSame = (from: Store, to: Store): boolean =>
  from._tag === "File" && to._tag === "File"
    ? realOf(from.file) === realOf(to.file)
    : storeLabel(from) === storeLabel(to)

/** Fails for a file that a server has open. */
const checkUnused = (store: Store): Effect.Effect<void, UsageError> =>
  store._tag === "Database"
    ? Effect.void
    : Effect.flatMap(
        servingOf(store.file),
        Option.match({
          onNone: () => Effect.void,
          onSome: ({ pid }) =>
            Effect.fail(new UsageError({ message: `Process ${pid} serves ${store.file}. Stop it, and move again.` }))
        })
      )

/** Fails for a database that is none of a store: to open it would create the tables. */
const checkIsStore = (store: Store) =>
  store._tag === "File"
    ? Effect.void
    : Effect.gen(function* () {
        const { inspectedDatabase } = yield* Effect.promise(() => import("../../layers/EngineStorage.js"))
        if ((yield* inspectedDatabase(store)).version > 0) return
        const message = `There is no store in ${storeLabel(store)}: the database has none of its tables. Check the name of the database, and its search_path.`
        return yield* new Missing({ message })
      })

const total = (counts: { readonly [kind: string]: number }): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

export const command = make({
  description:
    "Moves everything of a store into another one, with ids and times: from a file into a PostgreSQL database, or back. Nothing else may use either meanwhile. The source stays as it is. A move that was interrupted goes on when it is run again; any other target must be empty. Vectors are made anew by the jobs of the target, and replies under idempotency keys are left behind.",
  example: "effect-julep move --from .julep/julep.db --to postgres://julep@db.example.com/julep",
  config: {
    from: store("from", "The store to move: a file, or the URL of a PostgreSQL database."),
    to: store("to", "The store to move into, which is empty or that of an interrupted move."),
    developer: text("developer", "Move only what is this developer's. Default: everything.").pipe(
      Options.withPseudoName("UUID")
    )
  },
  run: ({ developer: given, from: fromText, json, to: toText }) =>
    Effect.gen(function* () {
      const developer = yield* developerOf(given)
      const from = yield* storeOf(fromText, "--from")
      const to = yield* storeOf(toText, "--to")
      if (isSame(from, to)) return yield* new UsageError({ message: "--from and --to name the same store." })
      yield* checkExists(from, false)
      yield* checkIsStore(from)
      yield* Effect.forEach([from, to], checkUnused, { discard: true })
      const { move } = yield* Effect.promise(() => import("../../layers/MoveStore.js"))
      const onProgress = yield* Progress.make("Rows")
      const report = yield* move(storageOf(from), storageOf(to), { developer, onProgress })
      const { embeds, jobs, keys, rows, skipped, suggestions, unchanged, written } = report
      if (json) yield* printJson({ ...report, from: storeLabel(from), to: storeLabel(to) })
      else {
        const counts = { ...written, suggestion: suggestions, job: jobs, key: keys }
        const isEmpty = total(counts) + total(unchanged) + skipped === 0
        const result = `Moved ${countsText(counts)} to ${storeLabel(to)}; ${total(unchanged)} rows were there already.`
        yield* printError(
          isEmpty ? `Moved nothing: ${storeLabel(from)} has no rows${developer ? " of this developer" : ""}.` : result
        )
        if (embeds) yield* printError("Jobs of the next engine that uses it embed docs, messages and memories again.")
        for (const { id, kind, reason } of rows) yield* printError(`Left out: ${kind} ${id}, because ${reason}.`)
      }
      if (skipped > 0) {
        return yield* new CommandFailed({
          message: skipped === 1 ? "1 row was left out." : `${skipped} rows were left out.`
        })
      }
    }).pipe(Effect.scoped)
})
