import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { SessionQueue } from "../../../../src/engine/usecases/chat/SessionQueue.js"

const turn = (queue: SessionQueue, session: string, run: Effect.Effect<void>) =>
  Effect.scoped(Effect.zipRight(queue.turn(session), run))

it.effect("turns of one session follow each other in order; another session does not wait", () =>
  Effect.gen(function* () {
    const queue = new SessionQueue()
    const log: Array<string> = []
    const open = yield* Deferred.make<void>()
    const say = (text: string) => Effect.sync(() => void log.push(text))
    const first = yield* Effect.fork(
      turn(queue, "a", say("a1 begins").pipe(Effect.zipRight(Deferred.await(open)), Effect.zipRight(say("a1 ends"))))
    )
    yield* Effect.yieldNow()
    const second = yield* Effect.fork(turn(queue, "a", say("a2")))
    yield* Effect.yieldNow()
    const third = yield* Effect.fork(turn(queue, "a", say("a3")))
    yield* turn(queue, "b", say("b"))
    expect(log).toEqual(["a1 begins", "b"])
    yield* Deferred.succeed(open, undefined)
    yield* Fiber.joinAll([first, second, third])
    expect(log).toEqual(["a1 begins", "b", "a1 ends", "a2", "a3"])
  })
)

it.effect("a turn given up while it waits neither runs nor lets the next one pass early", () =>
  Effect.gen(function* () {
    const queue = new SessionQueue()
    const log: Array<string> = []
    const open = yield* Deferred.make<void>()
    const say = (text: string) => Effect.sync(() => void log.push(text))
    const first = yield* Effect.fork(turn(queue, "a", Effect.zipRight(Deferred.await(open), say("first"))))
    yield* Effect.yieldNow()
    const second = yield* Effect.fork(turn(queue, "a", say("second")))
    yield* Effect.yieldNow()
    const third = yield* Effect.fork(turn(queue, "a", say("third")))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(second)
    expect(log).toEqual([])
    yield* Deferred.succeed(open, undefined)
    yield* Fiber.joinAll([first, third])
    expect(log).toEqual(["first", "third"])
  })
)
