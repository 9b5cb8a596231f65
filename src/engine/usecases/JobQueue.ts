import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type { JsonObject } from "../../schema/Field.js"
import { Ids } from "../ports/Ids.js"
import { Storage, type StorageError } from "../ports/Storage.js"

/** Work for a background job. */
export interface Work {
  readonly name: "index_doc" | "make_suggestions" | "note_facts" | "summarize_session"
  readonly payload: JsonObject
}

/** Jobs that are not added while the same job waits for an attempt. No other is ever added twice, so none is looked up. */
const recurring: ReadonlySet<Work["name"]> = new Set(["make_suggestions", "summarize_session"])

/**
 * What a session's turns leave runs in their order. Suggestions have an order of their own, so that memories and summaries,
 * which prompts need, do not wait for them. A doc waits for no other.
 */
const laneOf = ({ name, payload: { session_id } }: Work): string | null => {
  if (typeof session_id !== "string") return null
  return name === "make_suggestions" ? `${session_id}/suggestions` : session_id
}

/**
 * The queue of background jobs. A job is a row, written in the transaction that causes it. The commit of that
 * transaction wakes the runner, so no job is lost between a write and its work.
 */
export class JobQueue extends Context.Tag("effect-julep/engine/JobQueue")<JobQueue, JobQueue.Service>() {
  static readonly make: Effect.Effect<JobQueue.Service, never, Storage | Ids> = Effect.gen(function* () {
    const storage = yield* Storage
    const ids = yield* Ids
    const wakeUps = yield* Queue.sliding<void>(1)
    return {
      wakeUps,
      add: Effect.fnUntraced(function* (developer: string, work: Work) {
        if (recurring.has(work.name)) {
          const waiting = yield* storage.jobs.waiting(developer, { ...work, lane: laneOf(work) })
          if (Option.isSome(waiting)) return waiting.value
        }
        const id = yield* ids.next
        const now = yield* Clock.currentTimeMillis
        yield* storage.jobs.insert(developer, {
          ...work,
          id,
          lane: laneOf(work),
          developer_id: developer,
          state: "pending",
          reason: null,
          progress: 0,
          attempts: 0,
          created_at: now,
          updated_at: now
        })
        yield* storage.afterCommit(Effect.asVoid(Queue.offer(wakeUps, undefined)))
        return id
      })
    }
  })
  static readonly layer: Layer.Layer<JobQueue, never, Storage | Ids> = Layer.effect(JobQueue, JobQueue.make)
}

export declare namespace JobQueue {
  interface Service {
    /** Writes a job in the caller's transaction and returns its id; where the same one of a summary or of suggestions waits, the id of that. */
    readonly add: (developer: string, work: Work) => Effect.Effect<string, StorageError>
    /** Gets an element after each commit that leaves work. */
    readonly wakeUps: Queue.Dequeue<void>
  }
}
