/** A store of jobs alone, in memory, and the work of a test in place of every handler. */
import { isDeepStrictEqual } from "node:util"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { JobHandlers } from "../../../../src/engine/jobs/JobHandlers.js"
import { Ids } from "../../../../src/engine/ports/Ids.js"
import type { ModelError } from "../../../../src/engine/ports/Model.js"
import { type JobRow, Storage, StorageError } from "../../../../src/engine/ports/Storage.js"
import { JobQueue } from "../../../../src/engine/usecases/JobQueue.js"
import type { EmbedderUnavailable } from "../../../../src/engine/usecases/recall/EmbedQueue.js"

/** A row with a column of the store alone: when the job may be claimed. */
export interface Kept extends JobRow {
  readonly due_at: number | undefined
}

export interface JobStore {
  /** Jobs by id, as they are now. */
  readonly rows: Map<string, Kept>
  /** When each attempt at a job began, by the clock. */
  readonly attempts: Array<readonly [id: string, at: number]>
  /** How often a runner looked for a job. */
  looks: number
  /** The work of a job; its argument is the number of attempts so far. */
  work: (job: Kept, report: JobHandlers.Report) => Effect.Effect<void, StorageError | ModelError | EmbedderUnavailable>
  /** Whether claiming fails. */
  broken: boolean
  /** What happens before a lease is renewed. */
  renewing: Effect.Effect<void, StorageError>
  /** Ends when another process may have left a job. */
  wait: Effect.Effect<void> | undefined
}

export const failing = new StorageError({ message: "the disk is full" })

const finished = new Set(["succeeded", "aborted", "failed"])

/** A job that waits to be claimed. */
export const pending = (id: string, more: Partial<Kept> = {}): Kept => ({
  id,
  developer_id: "d",
  name: "index_doc",
  payload: {},
  lane: null,
  state: "pending",
  reason: null,
  progress: 0,
  attempts: 0,
  created_at: 0,
  updated_at: 0,
  due_at: 0,
  ...more
})

export const makeStore = (rows: ReadonlyArray<Kept> = []): JobStore => ({
  rows: new Map(rows.map((row) => [row.id, row])),
  attempts: [],
  looks: 0,
  work: () => Effect.void,
  broken: false,
  renewing: Effect.void,
  wait: undefined
})

/** Unfinished jobs, without those that wait for an earlier one of their lane. */
const claimable = (store: JobStore, names: ReadonlyArray<string>) =>
  due(store)
    .filter(({ name }) => names.includes(name))
    .filter(({ lane }, index, rows) => lane === null || rows.findIndex((row) => row.lane === lane) === index)

const due = ({ rows }: JobStore) => [...rows.values()].filter(({ due_at }) => due_at !== undefined)

const jobsOf = (store: JobStore): Storage.Service["jobs"] => ({
  insert: (_developer, row) => Effect.sync(() => void store.rows.set(row.id, { ...row, due_at: 0 })),
  get: (_developer, id) => Effect.sync(() => Option.fromNullable(store.rows.get(id))),
  claim: (names, lease) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      store.looks++
      if (store.broken) return Effect.fail(failing)
      const row = claimable(store, names).find(({ due_at = 0 }) => due_at <= now)
      if (row === undefined) return Effect.succeedNone
      const taken: Kept = {
        ...row,
        state: "in_progress",
        attempts: row.attempts + 1,
        due_at: now + lease,
        updated_at: now
      }
      store.rows.set(row.id, taken)
      store.attempts.push([row.id, now])
      return Effect.succeedSome(taken)
    }),
  renew: ({ attempts, id }, lease) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const row = store.rows.get(id)
      const held = row?.attempts === attempts && row.state === "in_progress"
      if (held) store.rows.set(id, { ...row, due_at: now + lease })
      return held
    }).pipe((renewed) => Effect.suspend(() => Effect.zipRight(store.renewing, renewed))),
  settle: ({ attempts, id }, { counted = true, pause = 0, ...outcome }) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const row = store.rows.get(id)
      if (row === undefined || row.attempts !== attempts) return
      const next = outcome.state === "in_progress" ? row.due_at : now + pause
      store.rows.set(id, {
        ...row,
        ...outcome,
        updated_at: now,
        attempts: counted ? attempts : attempts - 1,
        due_at: finished.has(outcome.state) ? undefined : next
      })
    }),
  waiting: (_developer, { name, payload }) =>
    Effect.sync(() => {
      const same = due(store).find(
        (row) => row.state !== "in_progress" && row.name === name && isDeepStrictEqual(row.payload, payload)
      )
      return Option.fromNullable(same?.id)
    }),
  nextDue: (names) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const times = claimable(store, names).map(({ due_at = 0 }) => Math.max(0, due_at - now))
      return times.length === 0 ? Option.none() : Option.some(Math.min(...times))
    }),
  wait: store.wait
})

/** The store as a runner sees it. */
export const storageOn = (store: JobStore): Layer.Layer<Storage> =>
  Layer.suspend(() => {
    // The part of the store that a runner uses.
    const parts: Pick<Storage.Service, "afterCommit" | "transaction" | "jobs"> = {
      afterCommit: (effect) => effect,
      transaction: (effect) => effect,
      jobs: jobsOf(store)
    }
    return Layer.succeed(Storage, parts as Storage.Service)
  })

const handlersOf = (store: JobStore): Layer.Layer<JobHandlers> => {
  const work = (job: JobRow, report: JobHandlers.Report) =>
    Effect.as(
      Effect.suspend(() => store.work({ ...job, due_at: store.rows.get(job.id)?.due_at }, report)),
      "done"
    )
  return Layer.succeed(JobHandlers, {
    embed_messages: work,
    index_doc: work,
    note_facts: work,
    summarize_session: work
  })
}

/** The queue over a store, and the handlers of its work; ids are `job-1`, `job-2` and so on. */
export const queueOn = (store: JobStore): Layer.Layer<Storage | JobQueue | JobHandlers> => {
  let last = 0
  const ids = Layer.succeed(Ids, { next: Effect.sync(() => `job-${++last}`) })
  return Layer.mergeAll(Layer.provideMerge(Layer.provide(JobQueue.layer, ids), storageOn(store)), handlersOf(store))
}

/** The states of all jobs. */
export const states = (store: JobStore) => Object.fromEntries([...store.rows].map(([id, { state }]) => [id, state]))

/** When a job was attempted. */
export const attemptsOf = (store: JobStore, id: string) =>
  store.attempts.filter(([of]) => of === id).map(([, at]) => at)

/** Lets every runnable fiber run, without time passing. */
export const settled = Effect.forEach(Array.from({ length: 50 }), () => Effect.yieldNow(), { discard: true }).pipe(
  Effect.zipRight(Clock.currentTimeMillis)
)
