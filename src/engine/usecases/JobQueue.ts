import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type { JsonObject } from "../../schema/Field.js"
import { Ids } from "../ports/Ids.js"
import { Storage, type StorageError } from "../ports/Storage.js"

/** Work to be done later, in the background. */
export interface Work {
  readonly name: "index_doc" | "note_facts" | "summarize_session"
  readonly payload: JsonObject
}

/** What may be asked for again while it still waits; looking for the others would cost every doc a look at all jobs. */
const recurring: ReadonlySet<Work["name"]> = new Set(["summarize_session"])

/**
 * Where use cases leave work. A job is a row, written in the transaction that causes it; the runner is woken once that
 * transaction is committed, so that nothing is lost between a write and its job.
 */
export class JobQueue extends Context.Tag("effect-julep/engine/JobQueue")<JobQueue, JobQueue.Service>() {
  static readonly layer: Layer.Layer<JobQueue, never, Storage | Ids> = Layer.effect(
    JobQueue,
    Effect.gen(function* () {
      const storage = yield* Storage
      const ids = yield* Ids
      const bell = yield* Queue.sliding<void>(1)
      return {
        wakeUps: bell,
        add: Effect.fnUntraced(function* (developer: string, work: Work) {
          if (recurring.has(work.name)) {
            const waiting = yield* storage.jobs.unfinished(developer, work)
            if (Option.isSome(waiting)) return waiting.value
          }
          const id = yield* ids.next
          const now = yield* Clock.currentTimeMillis
          yield* storage.jobs.insert(developer, {
            ...work,
            id,
            developer_id: developer,
            state: "pending",
            reason: null,
            progress: 0,
            attempts: 0,
            created_at: now,
            updated_at: now
          })
          yield* storage.afterCommit(Effect.asVoid(Queue.offer(bell, undefined)))
          return id
        })
      }
    })
  )
}

export declare namespace JobQueue {
  interface Service {
    /** Writes a job in the caller's transaction and answers its id: of a summary that still waits, that one's. */
    readonly add: (developer: string, work: Work) => Effect.Effect<string, StorageError>
    /** Rings after each commit that left work. */
    readonly wakeUps: Queue.Dequeue<void>
  }
}
