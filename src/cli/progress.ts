/** How far a long command is: a line on the error output that is drawn again, if that is a terminal. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Stdio } from "./output.js"

/** Says how much is done, of how much if that is known. */
export type Progress = (done: number, total?: number | undefined) => Effect.Effect<void>

const BAR = 24
/** How long, in milliseconds, a drawn line stays at least. */
const PAUSE = 100

const CLEAR = "\r\u001b[2K"

const lineOf = (what: string, done: number, total: number | undefined): string => {
  if (total === undefined) return `${what}: ${done}`
  const filled = total === 0 ? BAR : Math.min(BAR, Math.floor((done / total) * BAR))
  return `${what} [${"#".repeat(filled)}${" ".repeat(BAR - filled)}] ${done} of ${total}`
}

/** The progress of something, such as `"Docs"`. Its line is removed when the scope closes. */
export const make = (what: string): Effect.Effect<Progress, never, Stdio | Scope.Scope> =>
  Effect.gen(function* () {
    const { errorIsTerminal, writeError } = yield* Stdio
    if (!errorIsTerminal) return () => Effect.void
    let drawn = Number.NEGATIVE_INFINITY
    yield* Effect.addFinalizer(() => (drawn > 0 ? writeError(CLEAR) : Effect.void))
    return (done: number, total?: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (now - drawn < PAUSE && done !== total) return Effect.void
        drawn = now
        return writeError(CLEAR + lineOf(what, done, total))
      })
  })
