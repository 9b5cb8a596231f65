/** The queue of jobs by times of the clock, which its durations begin at. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { JobAttempt, JobOutcome, Storage } from "../../../src/engine/ports/Storage.js"

/** The queue, each of whose operations sets the clock, or names a time of it. */
export const jobsByTime = (jobs: Storage.Service["jobs"]) => {
  const from = <A, E>(time: number, operation: (left: number) => Effect.Effect<A, E>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => operation(time - now))
  return {
    ...jobs,
    claim: (names: ReadonlyArray<string>, now: number, leaseUntil: number) =>
      Effect.zipRight(TestClock.setTime(now), jobs.claim(names, leaseUntil - now)),
    renew: (job: JobAttempt, leaseUntil: number) => from(leaseUntil, (lease) => jobs.renew(job, lease)),
    settle: (
      job: JobAttempt,
      { due, now, ...outcome }: JobOutcome & { readonly now: number; readonly due?: number | undefined }
    ) =>
      Effect.zipRight(
        TestClock.setTime(now),
        jobs.settle(job, due === undefined ? outcome : { ...outcome, pause: due - now })
      ),
    nextDue: (names: ReadonlyArray<string>) =>
      Effect.zipWith(jobs.nextDue(names), Clock.currentTimeMillis, (left, now) => Option.map(left, (ms) => now + ms))
  }
}
