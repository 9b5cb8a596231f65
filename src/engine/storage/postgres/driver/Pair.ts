import type { SqlError } from "@effect/sql/SqlError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type { PipelinedStatement, Result } from "./Pipeline.js"

/** Sends statements on one connection, in one round trip. */
type Send = (steps: ReadonlyArray<PipelinedStatement>) => Effect.Effect<ReadonlyArray<Result>, SqlError>

const NOTHING: Result = { rows: [], command: "" }

/** One of two effects whose first statements share a round trip. */
export interface Half {
  /** Runs a statement of this half: the first one with that of the other half. */
  readonly run: (step: PipelinedStatement, send: Send) => Effect.Effect<Result, SqlError>
  /** The half has ended. */
  readonly end: Effect.Effect<void>
}

const alone = (step: PipelinedStatement, send: Send) => Effect.map(send([step]), ([result = NOTHING]) => result)

/**
 * The first half sends both statements: an interruption of it, which cancels them, ends when they have. A statement waits
 * until the other half has one, too, or ends.
 */
export const makePair = (): { readonly first: Half; readonly second: Half } => {
  /** The first statement of the second half, if it has any. */
  const offered = Deferred.unsafeMake<PipelinedStatement | undefined>(FiberId.none)
  /** Its result; none if the first half has ended without a statement. */
  const answered = Deferred.unsafeMake<Result | undefined, SqlError>(FiberId.none)
  const state = { firstIsOver: false, secondIsOver: false }
  const both = (step: PipelinedStatement, other: PipelinedStatement, send: Send) =>
    send([step, other]).pipe(
      Effect.onExit((exit) =>
        Deferred.done(
          answered,
          Exit.map(exit, ([, result = NOTHING]) => result)
        )
      ),
      Effect.map(([result = NOTHING]) => result)
    )
  return {
    first: {
      run: (step, send) =>
        Effect.suspend(() => {
          if (state.firstIsOver) return alone(step, send)
          state.firstIsOver = true
          return Effect.flatMap(Deferred.await(offered), (other) =>
            other === undefined ? alone(step, send) : both(step, other, send)
          )
        }),
      end: Effect.suspend(() => {
        state.firstIsOver = true
        return Effect.asVoid(Deferred.succeed(answered, undefined))
      })
    },
    second: {
      run: (step, send) =>
        Effect.suspend(() => {
          if (state.secondIsOver) return alone(step, send)
          state.secondIsOver = true
          return Effect.zipRight(
            Deferred.succeed(offered, step),
            Effect.flatMap(Deferred.await(answered), (result) =>
              result === undefined ? alone(step, send) : Effect.succeed(result)
            )
          )
        }),
      end: Effect.suspend(() => {
        state.secondIsOver = true
        return Effect.asVoid(Deferred.succeed(offered, undefined))
      })
    }
  }
}
