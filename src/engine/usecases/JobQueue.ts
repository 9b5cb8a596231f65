import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { JsonObject } from "../../schema/Field.js"
import { Ids } from "../ports/Ids.js"
import { type JobRow, Storage, type StorageError } from "../ports/Storage.js"

/** Work for a background job. */
export interface Work {
  readonly name:
    | "embed_memories"
    | "embed_messages"
    | "index_doc"
    | "make_suggestions"
    | "note_facts"
    | "summarize_session"
  readonly payload: JsonObject
}

/** Jobs that are not added while the same job waits for an attempt. No other is ever added twice, so none is looked up. */
const deduplicated: ReadonlySet<Work["name"]> = new Set([
  "embed_memories",
  "embed_messages",
  "make_suggestions",
  "summarize_session"
])

/** The ends of the lanes of jobs that do not run in the order of their session's turns. */
const laneSuffixes: { readonly [Name in Work["name"]]?: string } = {
  embed_messages: "/vectors",
  make_suggestions: "/suggestions"
}

/**
 * What a session's turns leave runs in their order. Suggestions have an order of their own, and so have vectors, so that
 * memories and summaries, which prompts need, do not wait for them. The vectors of one user's memories are made by one job
 * at a time, so that none is made twice. A doc waits for no other.
 */
const laneOf = ({ name, payload: { agent_id, session_id, user_id } }: Work): string | null => {
  if (typeof session_id === "string") return `${session_id}${laneSuffixes[name] ?? ""}`
  return name === "embed_memories" ? `${agent_id}/${user_id ?? ""}` : null
}

/**
 * The queue of background jobs. A job is a row, written in the transaction that causes it. The commit of that
 * transaction wakes the runner, so no job is lost between a write and its work.
 */
export class JobQueue extends Context.Tag("effect-julep/engine/JobQueue")<JobQueue, JobQueue.Service>() {
  static readonly make: Effect.Effect<JobQueue.Service, never, Storage | Ids> = Effect.gen(function* () {
    const storage = yield* Storage
    const ids = yield* Ids
    const latch = yield* Effect.makeLatch()
    const insert = Effect.fnUntraced(function* (
      developer: string,
      work: Work,
      { progress, reason, state }: Pick<JobRow, "progress" | "reason" | "state">
    ) {
      const id = yield* ids.next
      const now = yield* Clock.currentTimeMillis
      yield* storage.jobs.insert(developer, {
        id,
        lane: laneOf(work),
        developer_id: developer,
        state,
        reason,
        progress,
        attempts: 0,
        created_at: now,
        updated_at: now,
        name: work.name,
        payload: work.payload
      })
      return id
    })
    return {
      wakeUps: { woken: latch.await, wake: latch.open, forget: latch.close },
      add: Effect.fnUntraced(function* (developer: string, work: Work) {
        if (deduplicated.has(work.name)) {
          const waiting = yield* storage.jobs.waiting(developer, { lane: laneOf(work), ...work })
          if (Option.isSome(waiting)) return waiting.value
        }
        const id = yield* insert(developer, work, { state: "pending", reason: null, progress: 0 })
        yield* storage.afterCommit(latch.open)
        return id
      }),
      addDone: (developer: string, work: Work, reason: string) =>
        insert(developer, work, { state: "succeeded", reason, progress: 100 })
    }
  })
  static readonly layer: Layer.Layer<JobQueue, never, Storage | Ids> = Layer.effect(JobQueue, JobQueue.make)
}

export declare namespace JobQueue {
  interface Service {
    /**
     * Writes a job in the caller's transaction and returns its id. If an equal job of a deduplicated kind waits, returns the id
     * of that one.
     */
    readonly add: (developer: string, work: Work) => Effect.Effect<string, StorageError>
    /** Writes a job whose work the caller's transaction does, with the reason that it ends with, and returns its id. */
    readonly addDone: (developer: string, work: Work, reason: string) => Effect.Effect<string, StorageError>
    /** Wakes the runner: a commit that leaves work does, and the runner itself where there is room for more. */
    readonly wakeUps: {
      /** Waits until the runner is woken, or succeeds at once where it was since `forget`. */
      readonly woken: Effect.Effect<void>
      readonly wake: Effect.Effect<void>
      readonly forget: Effect.Effect<void>
    }
  }
}
