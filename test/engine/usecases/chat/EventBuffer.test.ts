import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { EventBuffer, stalledStream } from "../../../../src/engine/usecases/chat/EventBuffer.js"
import { soon } from "../../../support/latches.js"

const buffer = Effect.map(Effect.clock, (clock) => new EventBuffer<string, string>(clock, stalledStream("Ask again.")))

describe("the buffer of a streamed reply", () => {
  it.effect("gives the reader every event in order, then the end or the failure", () =>
    Effect.gen(function* () {
      const events = yield* buffer
      const read = yield* Effect.fork(Stream.runCollect(events.stream))
      for (const event of ["a", "b"]) {
        yield* events.offer([event], 1)
        yield* Effect.yieldNow()
      }
      yield* events.offer(["c"], 1)
      events.end(Exit.void)
      expect([...(yield* Fiber.join(read))]).toEqual(["a", "b", "c"])

      const failing = yield* buffer
      yield* failing.offer(["a"], 1)
      failing.end(Exit.fail("down"))
      expect(yield* Effect.flip(Stream.runDrain(failing.stream))).toBe("down")
    })
  )

  it.effect("lets the writer wait while it is full, until the reader takes", () =>
    Effect.gen(function* () {
      const events = yield* buffer
      const writer = yield* Effect.fork(events.offer(["a"], 1_000_000))
      yield* TestClock.adjust("29 seconds")
      expect(writer.unsafePoll()).toBe(null)
      expect([...(yield* Stream.runCollect(Stream.take(events.stream, 1)))]).toEqual(["a"])
      yield* Fiber.join(writer)
    })
  )

  it.effect("lets the writer go on when a reader that waits takes an event that fills the buffer", () =>
    Effect.gen(function* () {
      const events = yield* buffer
      const reader = yield* Effect.fork(Stream.runCollect(events.stream))
      const writer = yield* Effect.fork(
        Effect.forEach(["a", "b", "c"], (event) => Effect.zipRight(Effect.yieldNow(), events.offer([event], 1_000_000)))
      )
      yield* TestClock.adjust("1 seconds")
      yield* soon("the end of the writer")(Fiber.join(writer))
      events.end(Exit.void)
      expect([...(yield* Fiber.join(reader))]).toEqual(["a", "b", "c"])
    })
  )

  it.effect("drops the events of a reader that takes none for 30 seconds, who then gets an error", () =>
    Effect.gen(function* () {
      for (const characters of [1, 1_000_000]) {
        const events = yield* buffer
        const writer = yield* Effect.fork(events.offer(["a"], characters))
        yield* TestClock.adjust("30 seconds")
        yield* Fiber.join(writer)
        yield* events.offer(["b"], 1)
        events.end(Exit.void)
        expect(yield* Effect.flip(Stream.runDrain(events.stream))).toMatchObject({
          code: "STREAM_STALLED",
          status: 503
        })
      }
    })
  )
})
