import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"

/** A job that goes through these states, one a look, and stays in the last. */
const states =
  (...each: ReadonlyArray<string>) =>
  (_sent: unknown, index: number) => ({
    body: { ...f.job, state: each[Math.min(index, each.length - 1)], reason: null }
  })

describe("jobs.await", () => {
  for (const state of ["succeeded", "failed", "aborted"]) {
    it.effect(`returns a job that has ${state} at once, and does not fail`, () =>
      Effect.gen(function* () {
        const { julep, http } = yield* stubbed(states(state))
        expect((yield* julep.jobs.await(f.jobId)).state).toBe(state)
        expect(http.requests).toHaveLength(1)
      })
    )
  }

  it.effect("polls with growing pauses of at most a second", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(states("pending"))
      const waiting = yield* Effect.fork(julep.jobs.await(f.jobId))
      yield* TestClock.adjust("1 minute")
      const inAMinute = http.requests.length
      expect(inAMinute).toBeGreaterThan(59)
      expect(inAMinute).toBeLessThan(75)
      yield* TestClock.adjust("1 second")
      expect(http.requests.length).toBe(inAMinute + 1)
      expect(yield* Fiber.poll(waiting)).toEqual(Option.none())
      yield* Fiber.interrupt(waiting)
      yield* TestClock.adjust("1 minute")
      expect(http.requests.length).toBe(inAMinute + 1)
    })
  )

  it.effect("ends when the job does", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(states("pending", "in_progress", "retrying", "odd", "succeeded"))
      const waiting = yield* Effect.fork(julep.jobs.await(f.jobId, { interval: "5 seconds" }))
      yield* TestClock.adjust("20 seconds")
      expect((yield* Fiber.join(waiting)).state).toBe("succeeded")
      expect(http.requests).toHaveLength(5)
    })
  )

  it.effect("an interval of zero does not spin", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(states("pending"))
      const waiting = yield* Effect.fork(julep.jobs.await(f.jobId, { interval: 0 }))
      for (let turn = 0; turn < 200; turn++) yield* Effect.yieldNow()
      expect(http.requests.length).toBeLessThan(5)
      yield* Fiber.interrupt(waiting)
    })
  )

  it.effect("fails with TimeoutError when its time is up", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed(states("in_progress"))
      const waiting = yield* Effect.fork(Effect.flip(julep.jobs.await(f.jobId, { timeout: "10 seconds" })))
      yield* TestClock.adjust("10 seconds")
      const error = errorFields(yield* Fiber.join(waiting))
      expect(error).toMatchObject({ _tag: "TimeoutError", phase: "total" })
      expect(error["message"]).toContain(f.jobId)
    })
  )

  it.effect("fails if a poll fails", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed([{ body: { ...f.job, state: "pending" } }, { status: 404 }])
      const waiting = yield* Effect.fork(Effect.flip(julep.jobs.await(f.jobId)))
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(waiting))._tag).toBe("NotFound")
    })
  )
})

describe("jobs.watch", () => {
  it.effect("gives the status now and at each change, and ends with the job", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed(states("pending", "pending", "in_progress", "in_progress", "succeeded"))
      const watching = yield* Effect.fork(Stream.runCollect(julep.jobs.watch(f.jobId)))
      yield* TestClock.adjust("10 seconds")
      const seen = Chunk.toReadonlyArray(yield* Fiber.join(watching)).map(({ state }) => state)
      expect(seen).toEqual(["pending", "in_progress", "succeeded"])
    })
  )

  it.effect("a change of progress is a change", () =>
    Effect.gen(function* () {
      const steps = [0, 0, 50, 100].map((progress) => ({
        body: { ...f.job, state: progress === 100 ? "succeeded" : "in_progress", progress }
      }))
      const { julep } = yield* stubbed(steps)
      const watching = yield* Effect.fork(Stream.runCollect(julep.jobs.watch(f.jobId)))
      yield* TestClock.adjust("10 seconds")
      expect(Chunk.toReadonlyArray(yield* Fiber.join(watching)).map(({ progress }) => progress)).toEqual([0, 50, 100])
    })
  )

  it.effect("stops polling when its reader leaves", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(states("pending"))
      yield* Stream.runDrain(Stream.take(julep.jobs.watch(f.jobId), 1))
      yield* TestClock.adjust("1 minute")
      expect(http.requests).toHaveLength(1)
    })
  )
})
