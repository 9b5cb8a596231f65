/** Calls of endpoints that recall can do without: an embedder's of questions, and a reranker's. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ModelError } from "../../ports/Model.js"

/** The milliseconds after which a failure is slow. */
const SLOW = 1000
/** How long, in milliseconds, an endpoint is not called that twice in a row was slow to fail: at first, and at most. */
const INITIAL_BACKOFF = 30_000
const MAX_BACKOFF = 300_000

/** Runs a call; the result is none if the call fails, also by a defect, is late, or is not made. */
export type CircuitBreaker = <A>(call: Effect.Effect<A, ModelError>) => Effect.Effect<Option.Option<A>>

/**
 * A circuit breaker. An endpoint that twice in a row was slow to fail is left alone for a while, which is longer after each
 * further time: every chat would wait for it in vain. One that fails at once costs no time, and another text may do.
 * `consequence` begins the warning, which is logged once until a call succeeds.
 */
export const make = (timeout: Duration.Duration, consequence: string): CircuitBreaker => {
  let failing = false
  let slow = 0
  let until = 0
  const late = () =>
    new ModelError({ reason: "unavailable", message: `it took longer than ${Duration.format(timeout)}` })

  /** An embedder or a reranker may be the program's own, whose bugs cost no chat either. */
  const defective = (defect: unknown) => new ModelError({ reason: "unavailable", message: `it has a bug: ${defect}` })

  const failed = Effect.fnUntraced(function* ({ message }: ModelError, start: number) {
    const now = yield* Clock.currentTimeMillis
    // Calls that began before the circuit opened are no further failures.
    if (now - start >= SLOW && now >= until && ++slow > 1)
      until = now + Math.min(INITIAL_BACKOFF * 2 ** (slow - 2), MAX_BACKOFF)
    const warned = failing
    failing = true
    // A log with a warning for each turn hides others.
    if (!warned) yield* Effect.logWarning(`${consequence}: ${message}`)
    return Option.none()
  })

  const run = <A>(call: Effect.Effect<A, ModelError>, start: number) =>
    call.pipe(
      Effect.catchAllDefect((defect) => Effect.fail(defective(defect))),
      Effect.timeoutFail({ duration: timeout, onTimeout: late }),
      Effect.matchEffect({
        onFailure: (error) => failed(error, start),
        onSuccess: (value) => {
          failing = false
          slow = 0
          until = 0
          return Effect.succeedSome(value)
        }
      })
    )

  return (call) => Effect.flatMap(Clock.currentTimeMillis, (now) => (now < until ? Effect.succeedNone : run(call, now)))
}
