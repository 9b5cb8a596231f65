import * as fs from "node:fs"
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { operatorCommand } from "../api.js"
import { developerOf } from "../Connection.js"
import { CommandFailed, type Failure, Missing } from "../exitCodes.js"
import { text } from "../input.js"
import { printError, printJson } from "../output.js"
import * as Progress from "../progress.js"
import { countsText } from "../rowCounts.js"

const unreadable = (file: string, error: unknown): Failure => {
  const code: unknown = Object(error).code
  return code === "ENOENT"
    ? new Missing({ message: `There is no file ${file}. \`effect-julep export\` writes one.` })
    : new CommandFailed({ message: `${file} cannot be read (${code ?? error}).` })
}

/** The bytes of a file, which is never whole in memory. */
const bytesOf = (file: string): Stream.Stream<Uint8Array, Failure> =>
  Stream.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => fs.createReadStream(file)),
        (stream) => Effect.sync(() => stream.destroy())
      ),
      (stream) => Stream.fromAsyncIterable<Uint8Array, Failure>(stream, (error) => unreadable(file, error))
    )
  )

const total = (counts: { readonly [kind: string]: number }): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

export const command = operatorCommand({
  description:
    "Writes the lines of an export into a store, with their ids and times. What the store has already stays as it is, so an import that was stopped goes on when it is run again. Fails if something was left out, and lists it.",
  example: "effect-julep import julep.jsonl --db new.db",
  creates: true,
  config: {
    file: Args.text({ name: "file" }).pipe(Args.withDescription("What export has written.")),
    developer: text("developer", "The developer to give everything to. Default: whose it was.").pipe(
      Options.withPseudoName("UUID")
    )
  },
  run: (operator, { developer, file, json }) =>
    Effect.gen(function* () {
      const owner = yield* developerOf(developer)
      // Before the store is opened, which would create it.
      yield* Effect.try({
        try: () => fs.accessSync(file, fs.constants.R_OK),
        catch: (error) => unreadable(file, error)
      })
      const onProgress = yield* Progress.make("Lines")
      const report = yield* operator.importAll(bytesOf(file), { developer: owner, onProgress })
      if (json) yield* printJson(report)
      else {
        yield* printError(`Imported ${countsText(report.written)}; ${total(report.unchanged)} rows were there already.`)
        for (const { id, kind, reason } of report.rows) yield* printError(`Left out: ${kind} ${id}, because ${reason}.`)
      }
      if (report.skipped > 0) {
        const rows = report.skipped === 1 ? "1 row was" : `${report.skipped} rows were`
        return yield* new CommandFailed({ message: `${rows} left out.` })
      }
      if (!report.complete) {
        return yield* new CommandFailed({
          message: `${file} was cut off: its last line is missing. What it has is imported.`
        })
      }
    }).pipe(Effect.scoped)
})
