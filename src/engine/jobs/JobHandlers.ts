import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { decoder } from "../../schema/Compiled.js"
import { Embedder } from "../ports/Embedder.js"
import type { Ids } from "../ports/Ids.js"
import type { Model, ModelError } from "../ports/Model.js"
import type { JobRow, Storage, StorageError } from "../ports/Storage.js"
import type { Tokenizer } from "../ports/Tokenizer.js"
import type { Work } from "../usecases/JobQueue.js"
import type { UnusableAnswer } from "../usecases/learn/Ask.js"
import * as Facts from "../usecases/learn/Facts.js"
import * as Suggest from "../usecases/learn/Suggest.js"
import * as Summarize from "../usecases/learn/Summarize.js"
import type { ModelName } from "../usecases/ModelName.js"
import * as DocIndex from "../usecases/recall/DocIndex.js"
import * as EmbedTexts from "../usecases/recall/EmbedTexts.js"

const decodeNoted = decoder(Facts.Noted)

const indexDoc = Effect.gen(function* () {
  const index = yield* DocIndex.make
  const texts = yield* EmbedTexts.make
  const embeds = Option.isSome(yield* Embedder)
  const handler: JobHandlers.Handler = ({ developer_id, payload }, report) =>
    Effect.gen(function* () {
      const doc_id = String(payload["doc_id"])
      const incomplete = payload["incomplete"] === true
      // The embeddings of a long doc are the second half of its job.
      const halves = incomplete && embeds
      if (
        incomplete &&
        !(yield* index.complete(developer_id, doc_id, (percent) => report(halves ? percent / 2 : percent)))
      ) {
        return "The doc was deleted before all of it was indexed"
      }
      const embedded = yield* texts.embedDoc(developer_id, doc_id, (percent) =>
        report(halves ? 50 + percent / 2 : percent)
      )
      return embedded === undefined
        ? "The keyword index has the doc"
        : `The keyword index has the doc, and ${embedded === 1 ? "1 text was" : `${embedded} texts were`} embedded`
    })
  return handler
})

const noteFacts = Effect.map(
  Facts.make,
  (facts): JobHandlers.Handler =>
    ({ developer_id, payload }) =>
      Effect.flatMap(Effect.orDie(decodeNoted(payload)), (turn) => facts.note(developer_id, turn))
)

const summarizeSession = Effect.map(
  Summarize.make,
  (summaries): JobHandlers.Handler =>
    ({ developer_id, payload }) =>
      summaries.fold(developer_id, String(payload["session_id"]))
)

const makeSuggestions = Effect.map(
  Suggest.make,
  (suggestions): JobHandlers.Handler =>
    ({ developer_id, payload }) =>
      suggestions.suggest(developer_id, String(payload["session_id"]))
)

const everyHandler = {
  index_doc: indexDoc,
  make_suggestions: makeSuggestions,
  note_facts: noteFacts,
  summarize_session: summarizeSession
} satisfies { readonly [Name in Work["name"]]: unknown }

/** Whether a job may ask the embedder. The others ask the model. */
export const isEmbedding = (name: string): boolean => name === "index_doc"

/** The handlers of a job runner. A runner claims only the jobs that it has a handler for. */
export class JobHandlers extends Context.Tag("effect-julep/engine/JobHandlers")<JobHandlers, JobHandlers.Service>() {
  /** A handler for every job of this release. */
  static readonly make: Effect.Effect<
    JobHandlers.Service,
    never,
    Storage | Ids | Model | ModelName | Summarize.Summarization | Tokenizer | Embedder
  > = Effect.all(everyHandler)

  /** The handler of docs alone: it needs no model. */
  static readonly layerIndexing: Layer.Layer<JobHandlers, never, Storage | Embedder> = Layer.effect(
    JobHandlers,
    Effect.all({ index_doc: indexDoc })
  )
}

export declare namespace JobHandlers {
  /** Reports the progress of a job in percent. */
  type Report = (progress: number) => Effect.Effect<void, StorageError>
  /** Does one job. Returns the `reason` of a job that succeeded: a sentence on what was done. */
  type Handler = (job: JobRow, report: Report) => Effect.Effect<string, StorageError | ModelError | UnusableAnswer>
  /** Handlers by the name of the job. */
  type Service = { readonly [Name in Work["name"]]?: Handler }
}
