import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"

const live = Context.get(DefaultServices.liveServices, Clock.Clock)

/** The longest delay of a timer, in milliseconds: 32 bits. A longer one would fire at once. */
const LONGEST = 2 ** 31 - 1

/** Uses a timer of the platform: one fiber, where a race has two in a third, at several times the cost. */
const timed = <A, E, R, E2>(effect: Effect.Effect<A, E, R>, milliseconds: number, onTimeout: () => E2) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.fork(restore(effect)), (fiber) =>
      restore(
        Effect.async<A, E | E2>((resume) => {
          let late = false
          const timer = setTimeout(() => {
            late = true
            fiber.unsafeInterruptAsFork(FiberId.none)
          }, milliseconds)
          fiber.addObserver((exit) => {
            clearTimeout(timer)
            resume(late && Exit.isInterrupted(exit) ? Effect.fail(onTimeout()) : exit)
          })
          return Effect.suspend(() => {
            clearTimeout(timer)
            return Fiber.interrupt(fiber)
          })
        })
      )
    )
  )

/** Fails if the effect takes longer than `duration`. `TestClock`, or any other clock of the context, is respected. */
export const withDeadline = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E2
): Effect.Effect<A, E | E2, R> =>
  Effect.clockWith((clock) => {
    const milliseconds = Duration.toMillis(duration)
    return clock === live && milliseconds <= LONGEST
      ? timed(effect, milliseconds, onTimeout)
      : Effect.raceFirst(effect, Effect.zipRight(Effect.sleep(duration), Effect.failSync(onTimeout)))
  })
