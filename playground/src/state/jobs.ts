/** The jobs that this page has started, the newest first. */

import * as Reactivity from "@effect/experimental/Reactivity"
import { Atom } from "@effect-atom/atom-react"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type JobId, Jobs } from "effect-julep"
import { runtime } from "../client.js"
import { key } from "../key.js"

/** A job, and what it is of: the title of a doc, or the chat that caused it. */
export interface Started {
  readonly id: JobId
  readonly of: string
}

/** The jobs of a response. */
export interface NewJobs {
  readonly jobs: ReadonlyArray<JobId>
  readonly of: string
}

/** More are of no use to a reader. */
const MOST = 100

/** Writing adds the jobs of a response. Turns of a session share some jobs, which are listed once. */
export const started: Atom.Writable<ReadonlyArray<Started>, NewJobs> = Atom.keepAlive(
  Atom.writable(
    (get): ReadonlyArray<Started> => {
      // Another key may be of another developer.
      get(key)
      return []
    },
    (context, { jobs, of }: NewJobs) => {
      const before = context.get(started)
      const added = jobs.filter((id) => before.every((one) => one.id !== id)).map((id) => ({ id, of }))
      if (added.length > 0) context.setSelf([...added, ...before].slice(0, MOST))
    }
  )
)

/** What jobs change: lists with this key are read again when one has ended. */
export const CHANGED_BY_JOBS = "jobs"

/** The status of a job, at each change until it ends. */
export const statusOf = Atom.family((id: JobId) =>
  Atom.keepAlive(
    runtime.atom(
      Stream.unwrap(Effect.map(Jobs, (jobs) => jobs.watch(id))).pipe(
        Stream.onDone(() => Reactivity.invalidate([CHANGED_BY_JOBS]))
      )
    )
  )
)

/** Follows every job that this page has started, for as long as it is mounted. */
export const following = Atom.make((get) => {
  for (const { id } of get(started)) get(statusOf(id))
})
