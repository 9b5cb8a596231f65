/** A child process that takes only arguments and reports its progress line by line. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as readline from "node:readline"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { programFile } from "../../support/programs.js"

export interface Child {
  /** The lines it prints, until it ends. */
  readonly lines: Stream.Stream<string>
  /** Sends a signal and waits for the end: its exit code, or the signal that ended it. */
  readonly end: (signal: "SIGKILL" | "SIGTERM") => Effect.Effect<number | NodeJS.Signals>
  /** Stops it where it is, or lets it go on. */
  readonly send: (signal: "SIGSTOP" | "SIGCONT") => Effect.Effect<void>
}

const ended = (child: ChildProcess, signal: NodeJS.Signals) =>
  Effect.promise(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, "exit")
      child.kill(signal)
      await exit
    }
    return child.exitCode ?? child.signalCode ?? "SIGKILL"
  })

/** Starts a program of this folder; the scope kills it. */
export const start = (script: string, ...args: ReadonlyArray<string>): Effect.Effect<Child, never, Scope.Scope> =>
  startWith([], script, ...args)

/** `start` with options of Node. */
export const startWith = (
  options: ReadonlyArray<string>,
  script: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const file = programFile(`test/soak/support/${script}`)
        return spawn(process.execPath, [...options, file, ...args], { stdio: ["ignore", "pipe", "inherit"] })
      }),
      (child) => ended(child, "SIGKILL")
    ),
    (child) => ({
      // A last line that was cut off does not count.
      lines: Stream.fromAsyncIterable(readline.createInterface({ input: child.stdout }), String).pipe(
        Stream.filter((line) => line.endsWith(END)),
        Stream.map((line) => line.slice(0, -END.length)),
        Stream.orDie
      ),
      end: (signal) => ended(child, signal),
      send: (signal) => Effect.sync(() => void child.kill(signal))
    })
  )

/** The end of every whole line. */
export const END = "."
