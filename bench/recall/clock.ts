/** A clock that can be set: conversations are replayed with their dates, because recall reads them. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** A clock that runs on from the time it is set to. Its sleeps last as long as those of other clocks. */
export const make = () => {
  const real = Clock.make()
  let ahead = 0
  const millis = () => real.unsafeCurrentTimeMillis() + ahead
  const nanos = () => real.unsafeCurrentTimeNanos() + BigInt(ahead) * 1_000_000n
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => real.sleep(duration)
  }
  return {
    clock,
    /** Sets the clock, in milliseconds since 1970. */
    set: (now: number) => {
      ahead = now - real.unsafeCurrentTimeMillis()
    }
  }
}
