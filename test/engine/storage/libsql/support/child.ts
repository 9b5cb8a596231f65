import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as readline from "node:readline"
import * as Effect from "effect/Effect"
import { programFile } from "../../../../support/programs.js"

const program = programFile("test/engine/storage/libsql/support/holder")

/** Another process, which opens a database on demand. */
export interface Child {
  readonly pid: number
  /** Sends one line and waits for the line that answers it. */
  readonly ask: (line: string) => Effect.Effect<string>
  /** Ends the process with `SIGKILL`, and waits for its end. */
  readonly kill: Effect.Effect<void>
}

const killed = (child: ChildProcess) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, "exit")
    child.kill("SIGKILL")
    await exit
  })

/** Starts a child on the file; it waits for `open` and answers with the outcome as JSON. The scope kills it. */
export const startChild = (file: string) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [program, file], { stdio: ["pipe", "pipe", "inherit"] })),
      killed
    )
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = Effect.promise(() => lines.next()).pipe(
      Effect.flatMap((line) =>
        line.done ? Effect.dieMessage("the child ended without an answer") : Effect.succeed(String(line.value))
      )
    )
    yield* next
    const self: Child = {
      pid: child.pid ?? 0,
      ask: (line) =>
        Effect.zipRight(
          Effect.sync(() => child.stdin.write(`${line}\n`)),
          next
        ),
      kill: killed(child)
    }
    return self
  })
