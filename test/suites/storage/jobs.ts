/** The queue of jobs: claims, leases and outcomes. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Database, storesOf } from "../../support/storage/database.js"
import { jobsByTime } from "../../support/storage/jobs.js"
import { agentRow, alice, bob, jobRow, sessionRow, some } from "../../support/storage/rows.js"

/** The names of all jobs here. */
const names = [jobRow(alice).name]

export const jobs = (database: Database) => {
  const withStore = storesOf(database)
  const withStoreOfJobs = <A, E>(test: (jobs: ReturnType<typeof jobsByTime>) => Effect.Effect<A, E>) =>
    withStore(({ jobs }) => test(jobsByTime(jobs)))

  describe("jobs", () => {
    it.effect(
      "claims the oldest of any developer, counts the attempt, and leaves a lease alone until it runs out",
      () =>
        withStoreOfJobs((jobs) =>
          Effect.gen(function* () {
            expect(yield* jobs.claim(names, 10, 20)).toEqual(Option.none())
            expect(yield* jobs.nextDue(names)).toEqual(Option.none())
            // Inserted first is claimed first, whatever its time.
            const [first, second] = [jobRow(alice, { created_at: 9 }), jobRow(bob, { created_at: 5 })]
            yield* jobs.insert(alice, first)
            yield* jobs.insert(bob, second)
            expect(yield* jobs.get(alice, first.id)).toEqual(Option.some(first))
            expect(yield* jobs.nextDue(names)).toEqual(Option.some(10))

            const claimed = some(yield* jobs.claim(names, 10, 20))
            expect(claimed).toEqual({ ...first, state: "in_progress", attempts: 1, updated_at: 10 })
            expect(yield* jobs.get(alice, first.id)).toEqual(Option.some(claimed))
            expect(some(yield* jobs.claim(names, 10, 30)).id).toBe(second.id)
            expect(yield* jobs.claim(names, 19, 40)).toEqual(Option.none())
            expect(yield* jobs.nextDue(names)).toEqual(Option.some(20))

            expect(some(yield* jobs.claim(names, 20, 40))).toEqual({ ...claimed, attempts: 2, updated_at: 20 })
          })
        )
    )

    it.effect("gives each job to one of many concurrent claims", () =>
      withStoreOfJobs((jobs) =>
        Effect.gen(function* () {
          for (let n = 0; n < 20; n++) yield* jobs.insert(alice, jobRow(alice))
          const claims = yield* Effect.all(
            Array.from({ length: 30 }, () => jobs.claim(names, 1, 2)),
            { concurrency: "unbounded" }
          )
          const claimed = claims.flatMap((claim) => Option.toArray(claim)).map((job) => job.id)
          expect(new Set(claimed).size).toBe(20)
          expect(claimed).toHaveLength(20)
        })
      )
    )

    it.effect(
      "settles: a finished job is never due again, a retrying one is due later, and progress keeps the lease",
      () =>
        withStoreOfJobs((jobs) =>
          Effect.gen(function* () {
            const job = jobRow(alice)
            yield* jobs.insert(alice, job)
            yield* jobs.claim(names, 10, 20)
            let attempts = 1
            const settle = (state: "in_progress" | "retrying" | "succeeded" | "failed" | "aborted", due?: number) =>
              jobs.settle({ ...job, attempts }, { state, reason: `now ${state}`, progress: 50, now: 15, due })

            yield* settle("in_progress")
            expect(some(yield* jobs.get(alice, job.id))).toMatchObject({
              state: "in_progress",
              progress: 50,
              attempts: 1
            })
            expect(yield* jobs.nextDue(names)).toEqual(Option.some(20))

            yield* settle("retrying", 100)
            expect(yield* jobs.nextDue(names)).toEqual(Option.some(100))
            expect(yield* jobs.claim(names, 99, 200)).toEqual(Option.none())
            expect(some(yield* jobs.claim(names, 100, 200))).toMatchObject({ state: "in_progress", attempts: 2 })

            // The first attempt, whose lease ran out, can no longer settle the job.
            yield* settle("failed")
            expect(some(yield* jobs.get(alice, job.id))).toMatchObject({ state: "in_progress", attempts: 2 })

            attempts = 2
            for (const state of ["succeeded", "failed", "aborted"] as const) {
              yield* settle(state)
              const settled = some(yield* jobs.get(alice, job.id))
              expect(settled).toMatchObject({ state, reason: `now ${state}`, updated_at: 15 })
              expect(yield* jobs.claim(names, 1_000_000, 2_000_000)).toEqual(Option.none())
              expect(yield* jobs.nextDue(names)).toEqual(Option.none())
            }
          })
        )
    )

    it.effect("forgets an attempt that does not count", () =>
      withStoreOfJobs((jobs) =>
        Effect.gen(function* () {
          const job = jobRow(alice)
          yield* jobs.insert(alice, job)
          const first = some(yield* jobs.claim(names, 10, 20))
          const outcome = { state: "retrying", reason: "", progress: 0, now: 15, due: 30 } as const
          yield* jobs.settle(first, { ...outcome, counted: false })
          expect(some(yield* jobs.get(alice, job.id))).toMatchObject({ state: "retrying", attempts: 0 })
          expect(yield* jobs.renew(first, 99)).toBe(false)
          expect(some(yield* jobs.claim(names, 30, 40))).toMatchObject({ attempts: 1 })
        })
      )
    )

    it.effect("renews a lease only for the attempt that holds it", () =>
      withStoreOfJobs((jobs) =>
        Effect.gen(function* () {
          const job = jobRow(alice)
          yield* jobs.insert(alice, job)
          expect(yield* jobs.renew({ ...job, attempts: 0 }, 99)).toBe(false)
          const first = some(yield* jobs.claim(names, 10, 20))
          expect(yield* jobs.renew(first, 30)).toBe(true)
          expect(yield* jobs.nextDue(names)).toEqual(Option.some(30))
          const second = some(yield* jobs.claim(names, 30, 40))
          expect(yield* jobs.renew(first, 99)).toBe(false)
          expect(yield* jobs.nextDue(names)).toEqual(Option.some(40))
          yield* jobs.settle(second, { state: "succeeded", reason: "done", progress: 100, now: 31 })
          expect(yield* jobs.renew(second, 99)).toBe(false)
          expect(yield* jobs.nextDue(names)).toEqual(Option.none())
        })
      )
    )

    it.effect("deletes what is finished with its session, or after a day, and never what is not", () =>
      withStore(({ agents, jobs: byDuration, sessions }) =>
        Effect.gen(function* () {
          const jobs = jobsByTime(byDuration)
          const agent = agentRow()
          const session = sessionRow({ agent_id: agent.id })
          yield* agents.insert(alice, agent)
          yield* sessions.insert(alice, session)
          const done = { state: "succeeded", updated_at: 1 } as const
          const [old, ofSession, suggesting, embedding, waiting, settled] = [
            jobRow(bob, done),
            jobRow(alice, { ...done, lane: session.id }),
            jobRow(alice, { ...done, lane: `${session.id}/suggestions` }),
            jobRow(alice, { ...done, lane: `${session.id}/vectors` }),
            jobRow(alice, { lane: session.id }),
            jobRow(alice)
          ]
          const all = [old, ofSession, suggesting, embedding, waiting, settled]
          for (const job of all) yield* jobs.insert(job.developer_id, job)
          const isThere = (job: typeof old) => Effect.map(jobs.get(job.developer_id, job.id), Option.isSome)
          yield* sessions.remove(alice, session.id)
          expect(yield* Effect.all(all.map(isThere))).toEqual([true, false, false, false, true, true])
          const outcome = { state: "failed", reason: "", progress: 1, now: 24 * 3600 * 1000 + 1 } as const
          yield* jobs.settle({ ...settled, attempts: 0 }, outcome)
          expect(yield* Effect.all([old, waiting, settled].map(isThere))).toEqual([false, true, true])
        })
      )
    )

    it.effect("does not claim a job that was inserted as finished; its insertion deletes those a day older", () =>
      withStoreOfJobs((jobs) =>
        Effect.gen(function* () {
          const done = (updated_at: number) => jobRow(alice, { state: "succeeded", reason: "done at once", updated_at })
          const [first, second, later] = [done(1), done(2), done(24 * 3600 * 1000 + 1)]
          yield* jobs.insert(alice, first)
          yield* jobs.insert(alice, second)
          expect(yield* jobs.claim(names, 10, 20)).toEqual(Option.none())
          // A job that is yet to run deletes nothing, whatever its time.
          yield* jobs.insert(alice, jobRow(alice, { updated_at: later.updated_at }))
          expect(yield* jobs.get(alice, first.id)).toEqual(Option.some(first))
          yield* jobs.insert(alice, later)
          expect(yield* jobs.get(alice, first.id)).toEqual(Option.none())
          expect(yield* jobs.get(alice, second.id)).toEqual(Option.some(second))
        })
      )
    )

    it.effect("claims jobs with the given names, and no others", () =>
      withStoreOfJobs((jobs) =>
        Effect.gen(function* () {
          const [first, second] = [jobRow(alice, { name: "other" }), jobRow(alice)]
          yield* jobs.insert(alice, first)
          yield* jobs.insert(alice, second)
          expect(yield* jobs.claim([], 10, 20)).toEqual(Option.none())
          expect(yield* jobs.nextDue([])).toEqual(Option.none())
          expect(some(yield* jobs.claim(names, 10, 20)).id).toBe(second.id)
          expect(yield* jobs.claim(names, 10, 20)).toEqual(Option.none())
          expect(yield* jobs.nextDue(names)).toEqual(Option.some(20))
          expect(yield* jobs.get(alice, first.id)).toEqual(Option.some(first))
          expect(some(yield* jobs.claim([...names, "other"], 10, 30)).id).toBe(first.id)
        })
      )
    )

    it.effect("claims the jobs of one lane one after the other, in the order of their insertion", () =>
      withStoreOfJobs((jobs) =>
        Effect.gen(function* () {
          const claim = (now: number) =>
            Effect.map(jobs.claim([...names, "other"], now, now + 10), (job) => Option.getOrUndefined(job)?.id)
          const [first, second, other, free, bobs] = [
            jobRow(alice, { lane: "a" }),
            jobRow(alice, { lane: "a", name: "other" }),
            jobRow(alice, { lane: "b" }),
            jobRow(alice),
            jobRow(bob, { lane: "a" })
          ]
          for (const job of [first, second, other, free]) yield* jobs.insert(alice, job)
          yield* jobs.insert(bob, bobs)
          expect(yield* claim(10)).toBe(first.id)
          expect(yield* claim(10)).toBe(other.id)
          expect(yield* claim(10)).toBe(free.id)
          expect(yield* claim(10)).toBe(bobs.id)
          expect(yield* claim(10)).toBe(undefined)
          expect(yield* jobs.nextDue([...names, "other"])).toEqual(Option.some(20))
          const attempt = { ...first, attempts: 1 }
          const outcome = { reason: "", progress: 0, now: 11 }
          yield* jobs.settle(attempt, { ...outcome, state: "retrying", due: 15 })
          // The second waits for the next attempt of the first.
          expect(yield* claim(12)).toBe(undefined)
          expect(yield* jobs.nextDue([...names, "other"])).toEqual(Option.some(15))
          expect(yield* jobs.nextDue(["other"])).toEqual(Option.none())
          expect(yield* claim(15)).toBe(first.id)
          yield* jobs.settle({ ...first, attempts: 2 }, { ...outcome, state: "failed" })
          expect(yield* claim(16)).toBe(second.id)
        })
      )
    )

    it.effect("a finished job lets the next of its lane go, and no other", () =>
      withStoreOfJobs((jobs) =>
        Effect.gen(function* () {
          const claim = (now: number) =>
            Effect.map(jobs.claim(names, now, now + 10), (job) => Option.getOrUndefined(job)?.id)
          const inLane = Array.from({ length: 5 }, () => jobRow(alice, { lane: "a" }))
          for (const job of inLane) yield* jobs.insert(alice, job)
          const outcome = { reason: "", progress: 0, now: 11 }
          for (const [index, job] of inLane.entries()) {
            expect(yield* claim(100 * index)).toBe(job.id)
            expect(yield* claim(100 * index)).toBe(undefined)
            // A report, a renewed lease and another attempt keep the lane.
            yield* jobs.settle({ ...job, attempts: 1 }, { ...outcome, state: "in_progress" })
            yield* jobs.renew({ ...job, attempts: 1 }, 100 * index + 20)
            expect(yield* claim(100 * index + 10)).toBe(undefined)
            yield* jobs.settle({ ...job, attempts: 1 }, { ...outcome, state: "retrying", due: 100 * index + 30 })
            expect(yield* jobs.nextDue(names)).toEqual(Option.some(100 * index + 30))
            expect(yield* claim(100 * index + 30)).toBe(job.id)
            yield* jobs.settle({ ...job, attempts: 2 }, { ...outcome, state: "succeeded" })
            // It has ended already.
            yield* jobs.settle({ ...job, attempts: 2 }, { ...outcome, state: "succeeded" })
          }
          expect(yield* jobs.nextDue(names)).toEqual(Option.none())
          const [late] = [jobRow(alice, { lane: "a" })]
          yield* jobs.insert(alice, late)
          expect(yield* claim(1000)).toBe(late.id)
        })
      )
    )

    it.effect("finds the same work that waits for an attempt, not that under way or done", () =>
      withStoreOfJobs((jobs) =>
        Effect.gen(function* () {
          const job = jobRow(alice)
          yield* jobs.insert(alice, job)
          expect(yield* jobs.waiting(alice, job)).toEqual(Option.some(job.id))
          expect(yield* jobs.waiting(alice, { ...job, name: "other" })).toEqual(Option.none())
          expect(yield* jobs.waiting(alice, { ...job, payload: {} })).toEqual(Option.none())
          expect(yield* jobs.waiting(alice, { ...job, lane: "another" })).toEqual(Option.none())
          yield* jobs.claim(names, 10, 20)
          expect(yield* jobs.waiting(alice, job)).toEqual(Option.none())
          const outcome = { reason: "", progress: 0, now: 11 }
          yield* jobs.settle({ ...job, attempts: 1 }, { ...outcome, state: "retrying", due: 15 })
          expect(yield* jobs.waiting(alice, job)).toEqual(Option.some(job.id))
          yield* jobs.settle({ ...job, attempts: 1 }, { ...outcome, state: "succeeded" })
          expect(yield* jobs.waiting(alice, job)).toEqual(Option.none())
        })
      )
    )

    it.effect("names a row that it cannot read", () =>
      withStore(({ jobs }, { overwrite }) =>
        Effect.gen(function* () {
          const job = jobRow(alice)
          yield* jobs.insert(alice, job)
          yield* overwrite("jobs", "state", "lost")
          const error = yield* Effect.flip(jobs.get(alice, job.id))
          expect(error.message).toBe(`The row ${job.id} of jobs cannot be read: state is not a job's state`)
        })
      )
    )
  })
}
