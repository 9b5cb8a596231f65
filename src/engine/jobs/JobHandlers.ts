import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Embedder } from "../ports/Embedder.js"
import type { Ids } from "../ports/Ids.js"
import type { Model, ModelError } from "../ports/Model.js"
import { type JobRow, Storage, type StorageError } from "../ports/Storage.js"
import type { Tokenizer } from "../ports/Tokenizer.js"
import type { Work } from "../usecases/JobQueue.js"
import * as Facts from "../usecases/learn/Facts.js"
import * as Summarize from "../usecases/learn/Summarize.js"
import type { ModelName } from "../usecases/ModelName.js"
import * as Vectors from "../usecases/recall/Vectors.js"

const noted = Schema.decodeUnknown(Facts.Noted)

const make = Effect.gen(function* () {
  const storage = yield* Storage
  const summaries = yield* Summarize.make
  const facts = yield* Facts.make
  const vectors = yield* Vectors.make
  return {
    index_doc: ({ developer_id, payload }, report) =>
      Effect.gen(function* () {
        yield* storage.docs.compact
        const embedded = yield* vectors.embedDoc(developer_id, String(payload["doc_id"]), report)
        return embedded === undefined
          ? "The keyword index has the doc"
          : `The keyword index has the doc, and ${embedded} texts were embedded`
      }),
    note_facts: ({ developer_id, payload }) =>
      Effect.flatMap(Effect.orDie(noted(payload)), (turn) => facts.note(developer_id, turn)),
    summarize_session: ({ developer_id, payload }) => summaries.fold(developer_id, String(payload["session_id"]))
  } satisfies JobHandlers.Service
})

/** What is done for each kind of work. */
export class JobHandlers extends Context.Tag("effect-julep/engine/JobHandlers")<JobHandlers, JobHandlers.Service>() {
  static readonly layer: Layer.Layer<
    JobHandlers,
    never,
    Storage | Ids | Model | ModelName | Summarize.Summarization | Tokenizer | Embedder
  > = Layer.effect(JobHandlers, make)
}

export declare namespace JobHandlers {
  /** Tells how far a job has come, in percent. */
  type Report = (progress: number) => Effect.Effect<void, StorageError>
  /** By the name of the work; each answers what was done, in words for the job's `reason`. */
  type Service = {
    readonly [Name in Work["name"]]: (job: JobRow, report: Report) => Effect.Effect<string, StorageError | ModelError>
  }
}
