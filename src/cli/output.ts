/** Where a command writes to and reads from. Data goes to the output, everything else to the error output. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

/** The streams of a process. Tests replace them. */
export class Stdio extends Context.Tag("effect-julep/cli/Stdio")<Stdio, Stdio.Service>() {}

export declare namespace Stdio {
  interface Service {
    /** Writes text to the output. */
    readonly write: (text: string) => Effect.Effect<void>
    /** Writes text to the error output. */
    readonly writeError: (text: string) => Effect.Effect<void>
    /** Everything that the input holds, until its end. */
    readonly read: Effect.Effect<string>
    /** The width of the terminal that the output is, in columns. Absent if it is not a terminal. */
    readonly columns: number | undefined
    /** Whether the error output is a terminal: only then is there progress to show. */
    readonly errorIsTerminal: boolean
    /** Whether the input is a terminal: only then is there somebody to ask. */
    readonly inputIsTerminal: boolean
    /** Whether to write colours: the output is a terminal, and `NO_COLOR` is not set. */
    readonly colors: boolean
    /** Waits for the first signal that ends the process. */
    readonly signal: Effect.Effect<"SIGINT" | "SIGTERM">
    /** Waits for a Ctrl-C, which then ends neither the command nor the process. */
    readonly interrupt: Effect.Effect<void>
    /** The bytes of the input, as they come. */
    readonly input: Stream.Stream<Uint8Array>
    /** Asks in the terminal that the input is. */
    readonly ask: (prompt: string) => Effect.Effect<Stdio.Answer>
  }

  /** What somebody answered: a text, the end of the input (Ctrl-D), or Ctrl-C at an empty line. */
  type Answer = { readonly _tag: "Text"; readonly text: string } | { readonly _tag: "End" | "Interrupted" }
}

/** Prints a line. */
export const print = (line: string): Effect.Effect<void, never, Stdio> =>
  Effect.flatMap(Stdio, ({ write }) => write(`${line}\n`))

/** Prints a line to the error output: advice and progress, which must not mix with data. */
export const printError = (line: string): Effect.Effect<void, never, Stdio> =>
  Effect.flatMap(Stdio, ({ writeError }) => writeError(`${line}\n`))

/** Prints a value as JSON, in one line. */
export const printJson = (value: unknown): Effect.Effect<void, never, Stdio> => print(JSON.stringify(value))

/** Prints a value: as JSON in one line with `--json`, else as lines for people. */
export const printValue = <A>(
  { json }: { readonly json: boolean },
  value: A,
  lines: (value: A) => string
): Effect.Effect<void, never, Stdio> => (json ? printJson(value) : print(lines(value)))
