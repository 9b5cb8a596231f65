import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as OneProcess from "../../../../src/engine/storage/sqlite/OneProcess.js"
import { SessionQueue } from "../../../../src/engine/usecases/chat/SessionQueue.js"

/** The queue of a process that has its store alone. */
const makeQueue = () => new SessionQueue(OneProcess.turns)

const free = Effect.succeedSome("it is free")

const turn = (queue: SessionQueue, session: string, run: Effect.Effect<void>) =>
  queue.run("d", session, `the turn of ${session}`, free, () => run)

it.effect("turns of one session follow each other in order; another session does not wait", () =>
  Effect.gen(function* () {
    const queue = makeQueue()
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
    const queue = makeQueue()
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

/** The turns that wait, of every queue in this process. */
const waiting = Effect.map(Metric.snapshot, (pairs) => {
  const state = pairs.find(({ metricKey }) => metricKey.name === "julep_waiting_turns")?.metricState
  return state !== undefined && MetricState.isGaugeState(state) ? Number(state.value) : 0
})

it.effect("waiting turns are counted while they wait, and report that they did", () =>
  Effect.gen(function* () {
    const queue = makeQueue()
    const open = yield* Deferred.make<void>()
    /** Whether a turn waits. */
    const waited = Effect.acquireUseRelease(
      queue.enter("d", "a", "a turn", free),
      ({ begin, wait }) => Effect.interruptible(Effect.zipLeft(Effect.map(begin, Option.isNone), wait)),
      ({ leave }) => leave
    )
    const first = yield* Effect.fork(turn(queue, "a", Deferred.await(open)))
    yield* Effect.yieldNow()
    expect(yield* waiting).toBe(0)
    const second = yield* Effect.fork(waited)
    const third = yield* Effect.fork(waited)
    yield* Effect.yieldNow()
    expect(yield* waiting).toBe(2)
    yield* Fiber.interrupt(second)
    expect(yield* waiting).toBe(1)
    yield* Deferred.succeed(open, undefined)
    yield* Fiber.join(first)
    expect(yield* Fiber.join(third)).toBe(true)
    expect(yield* waiting).toBe(0)
    expect(yield* waited).toBe(false)
  })
)

it.effect("a turn waits ten minutes, and its error names the turn ahead", () =>
  Effect.gen(function* () {
    const queue = makeQueue()
    const first = yield* Effect.fork(queue.run("d", "a", "chat 1", free, () => Effect.never))
    yield* Effect.yieldNow()
    yield* TestClock.adjust("1 minute")
    const second = yield* Effect.fork(Effect.flip(queue.run("d", "a", "chat 2", free, () => Effect.void)))
    yield* TestClock.adjust("10 minutes")
    expect(yield* Fiber.join(second)).toMatchObject({
      status: 503,
      code: "SESSION_BUSY",
      message: expect.stringMatching(/chat 1,.* 660 seconds/)
    })
    // The place of the second is free as soon as the first has ended.
    yield* Fiber.interrupt(first)
    yield* queue.run("d", "a", "chat 3", free, () => Effect.void)
  })
)
