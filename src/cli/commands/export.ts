import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { operatorCommand } from "../api.js"
import { developerOf } from "../Connection.js"
import { CommandFailed, type Failure, UsageError } from "../exitCodes.js"
import { text } from "../input.js"
import { printError, printJson, Stdio } from "../output.js"
import * as Progress from "../progress.js"
import { countsText } from "../rowCounts.js"

/** The last line of an export, which says how many rows it has. */
const End = Schema.parseJson(
  Schema.Struct({ kind: Schema.Literal("end"), counts: Schema.Record({ key: Schema.String, value: Schema.Int }) })
)

/** How much of an export is kept to read its last line. */
const TAIL = 2000

const endOf = (tail: string) =>
  Effect.mapError(
    Schema.decodeUnknown(End)(tail.trimEnd().split("\n").at(-1)),
    () => new CommandFailed({ message: "The export was cut off: its last line is missing. Try again." })
  )

const cannotWrite = (file: string, error: unknown) =>
  new CommandFailed({ message: `${file} cannot be written (${Object(error).code ?? error}).` })

/** A new file. What is written has another name until the whole is there, and is removed if it never is. */
const newFile = (file: string) => {
  const partial = `${file}.partial`
  const attempt = <A>(run: () => Promise<A>) =>
    Effect.tryPromise({ try: run, catch: (error) => cannotWrite(file, error) })
  return Effect.gen(function* () {
    const exists = yield* Effect.promise(() => fs.stat(file).then(Boolean, () => false))
    if (exists) return yield* new UsageError({ message: `The file ${file} exists already. Name a new one.` })
    const handle = yield* Effect.acquireRelease(
      attempt(() => fs.open(partial, "w")),
      // After a rename, there is nothing to remove.
      (opened) => Effect.promise(() => opened.close().then(() => fs.rm(partial, { force: true })))
    )
    return {
      write: (bytes: Uint8Array) => attempt(() => handle.writeFile(bytes)),
      done: attempt(() => handle.sync().then(() => fs.rename(partial, file)))
    }
  })
}

const newlines = (bytes: Uint8Array): number => bytes.reduce((count, byte) => (byte === 10 ? count + 1 : count), 0)

/** Writes an export, and returns the number of rows of each kind. */
const written = <R>(
  bytes: Stream.Stream<Uint8Array, Failure>,
  write: (bytes: Uint8Array) => Effect.Effect<void, Failure, R>
) =>
  Effect.gen(function* () {
    const show = yield* Progress.make("Lines")
    const decoder = new TextDecoder()
    let lines = 0
    let tail = ""
    yield* Stream.runForEach(bytes, (piece) => {
      lines += newlines(piece)
      tail = (tail + decoder.decode(piece.subarray(-TAIL))).slice(-TAIL)
      return Effect.zipRight(write(piece), show(lines))
    })
    return yield* endOf(tail)
  }).pipe(Effect.scoped)

export const command = operatorCommand({
  description:
    "Writes everything of all developers, or of one, as lines of JSON: agents, users, tools, docs, sessions, messages and memories, with their ids. Keys are left out. Without FILE, it writes to the output. --url may also name a server of v0.3.",
  example: "effect-julep export julep.jsonl\neffect-julep export | gzip > julep.jsonl.gz",
  config: {
    file: Args.text({ name: "file" }).pipe(Args.withDescription("The new file."), Args.optional),
    developer: text("developer", "The developer to export. Default: all of them.").pipe(Options.withPseudoName("UUID"))
  },
  run: (operator, { developer, file, json }) =>
    Effect.gen(function* () {
      const { write, writeError } = yield* Stdio
      const bytes = operator.exportAll(yield* developerOf(developer), (line) => writeError(`${line}\n`))
      if (Option.isNone(file)) {
        const decoder = new TextDecoder()
        const { counts } = yield* written(bytes, (piece) => write(decoder.decode(piece, { stream: true })))
        return yield* printError(`Exported ${countsText(counts)}.`)
      }
      const target = path.resolve(file.value)
      const opened = yield* newFile(target)
      const { counts } = yield* written(bytes, opened.write)
      yield* opened.done
      return yield* json
        ? printJson({ file: target, counts })
        : printError(`Exported ${countsText(counts)} to ${target}.`)
    }).pipe(Effect.scoped)
})
