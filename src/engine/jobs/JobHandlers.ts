import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { decoder } from "../../schema/Compiled.js"
import { Embedder } from "../ports/Embedder.js"
import type { Ids } from "../ports/Ids.js"
import type { Model, ModelError } from "../ports/Model.js"
import type { JobRow, Storage, StorageError } from "../ports/Storage.js"
import type { Tokenizer } from "../ports/Tokenizer.js"
import type { JobQueue, Work } from "../usecases/JobQueue.js"
import type { UnusableReply } from "../usecases/learn/Ask.js"
import * as Facts from "../usecases/learn/Facts.js"
import * as Suggest from "../usecases/learn/Suggest.js"
import * as Summarize from "../usecases/learn/Summarize.js"
import type { ModelName } from "../usecases/ModelName.js"
import * as DocIndex from "../usecases/recall/DocIndex.js"
import type { EmbedderUnavailable } from "../usecases/recall/EmbedQueue.js"
import * as EmbedTexts from "../usecases/recall/EmbedTexts.js"
import * as Slots from "../usecases/Slots.js"

const decodeNoted = decoder(Facts.Noted)

/** How many jobs of each kind of endpoint run at a time, unless the options of the engine say otherwise. */
export const CONCURRENCY = 4

/** How many different errors of an embedder the reason of a job quotes. */
const MAX_QUOTED = 3

const textsWere = (count: number): string => (count === 1 ? "1 text was" : `${count} texts were`)

/** What was done with texts that the embedder refused, and why it refused them. */
const refused = (refusals: ReadonlyArray<string>, done: string): string =>
  refusals.length === 0
    ? ""
    : `. ${textsWere(refusals.length)} ${done}: ${[...new Set(refusals)].slice(0, MAX_QUOTED).join(" ")}`

/** What was done with the texts of a job. */
const outcomeOf = ({ cut, embedded, leftOut }: EmbedTexts.EmbeddingResult): string =>
  `${textsWere(embedded)} embedded${refused(cut, "embedded by the beginning only")}${refused(leftOut, "left out")}`

const indexDoc = ({ embedDoc }: EmbedTexts.EmbedTexts, concurrency: number) =>
  Effect.gen(function* () {
    const index = yield* DocIndex.make
    const embeds = Option.isSome(yield* Embedder)
    // A job that indexes words holds the content of its doc.
    const slots = yield* Slots.make(concurrency)
    const handler: JobHandlers.Handler = Effect.fnUntraced(function* ({ developer_id, payload }, report) {
      const doc_id = String(payload["doc_id"])
      const incomplete = payload["incomplete"] === true
      // The embeddings of a long doc are the second half of its job.
      const halves = incomplete && embeds
      if (incomplete) {
        const complete = index.complete(developer_id, doc_id, (percent) => report(halves ? percent / 2 : percent))
        if (!(yield* slots(complete))) return "The doc was deleted before all of it was indexed"
      }
      const made = yield* embedDoc(developer_id, doc_id, (percent) => report(halves ? 50 + percent / 2 : percent))
      if (made === undefined) return DocIndex.INDEXED
      return `${DocIndex.INDEXED}, and ${outcomeOf(made)}`
    })
    return handler
  })

/** The reason of a job that embeds and does nothing else. */
const reasonOf = Effect.map((made: EmbedTexts.EmbeddingResult | undefined) => {
  if (made === undefined) return "There is no embedder"
  const outcome = outcomeOf(made)
  return `${outcome.charAt(0).toUpperCase()}${outcome.slice(1)}`
})

/** The jobs that embed. They need no model. */
const embeddingHandlers = (concurrency: number) =>
  Effect.gen(function* () {
    const texts = yield* EmbedTexts.make(concurrency)
    const embedMessages: JobHandlers.Handler = ({ developer_id, payload }) =>
      reasonOf(texts.embedSession(developer_id, String(payload["session_id"])))
    const embedMemories: JobHandlers.Handler = ({ developer_id, payload: { agent_id, user_id } }) =>
      reasonOf(texts.embedMemories(developer_id, String(agent_id), typeof user_id === "string" ? user_id : null))
    return {
      index_doc: yield* indexDoc(texts, concurrency),
      embed_messages: embedMessages,
      embed_memories: embedMemories
    }
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

const everyHandler = (concurrency: number) =>
  Effect.gen(function* () {
    const handlers: { readonly [Name in Work["name"]]: JobHandlers.Handler } = {
      ...(yield* embeddingHandlers(concurrency)),
      make_suggestions: yield* makeSuggestions,
      note_facts: yield* noteFacts,
      summarize_session: yield* summarizeSession
    }
    return handlers
  })

const EMBEDDING: ReadonlySet<string> = new Set<Work["name"]>(["embed_memories", "embed_messages", "index_doc"])

/** Whether a job may ask the embedder. The others ask the model. */
export const isEmbedding = (name: string): boolean => EMBEDDING.has(name)

/** The handlers of a job runner. A runner claims only the jobs that it has a handler for. */
export class JobHandlers extends Context.Tag("effect-julep/engine/JobHandlers")<JobHandlers, JobHandlers.Service>() {
  /** A handler for every job of this release; `concurrency` is that of the runner. */
  static readonly make = (
    concurrency: number = CONCURRENCY
  ): Effect.Effect<
    JobHandlers.Service,
    never,
    Storage | Ids | JobQueue | Model | ModelName | Summarize.Summarization | Tokenizer | Embedder | Scope.Scope
  > => everyHandler(concurrency)

  /** The handlers of docs and vectors alone: they need no model. */
  static readonly layerIndexing: Layer.Layer<JobHandlers, never, Storage | Embedder> = Layer.scoped(
    JobHandlers,
    embeddingHandlers(CONCURRENCY)
  )
}

export declare namespace JobHandlers {
  /** Reports the progress of a job in percent. */
  type Report = (progress: number) => Effect.Effect<void, StorageError>
  /** Does one job. Returns the `reason` of a job that succeeded: a sentence on what was done. */
  type Handler = (
    job: JobRow,
    report: Report
  ) => Effect.Effect<string, StorageError | ModelError | UnusableReply | EmbedderUnavailable>
  /** Handlers by the name of the job. */
  type Service = { readonly [Name in Work["name"]]?: Handler }
}
