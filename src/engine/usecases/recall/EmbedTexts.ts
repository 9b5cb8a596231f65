/** Embeds the texts of docs, turns and memories, for the jobs that follow them. Without an embedder it does nothing. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Embedder } from "../../ports/Embedder.js"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import type { ModelError } from "../../ports/Model.js"
import { Storage, type StorageError } from "../../ports/Storage.js"
import * as Slots from "../Slots.js"
import * as EmbedMessages from "./EmbedMessages.js"
import * as EmbedQueue from "./EmbedQueue.js"
import * as Paraphrases from "./Paraphrases.js"
import * as VectorSpace from "./VectorSpace.js"

/** How many passages of a doc are embedded between two reports of progress. Their vectors are kept, whatever happens to the next. */
const BATCH = 128
/** A doc of at most so many passages is short. */
const SHORT = 8
/** How many long docs are embedded at a time. Their passages are what takes memory, because short docs have few. */
const LONG_DOCS = 4

type Passages = Effect.Effect.Success<ReturnType<Storage.Service["vectors"]["passages"]>>

/** What a job did. */
export interface EmbeddingResult {
  /** How many texts were embedded. */
  readonly embedded: number
  /** Why texts were left out, and why others were embedded by their beginnings only; once for each text. */
  readonly leftOut: ReadonlyArray<string>
  readonly cut: ReadonlyArray<string>
}

const embeddingResultOf = (made: ReadonlyArray<EmbedQueue.Embedded>): EmbeddingResult => ({
  embedded: made.filter(({ vector }) => vector !== undefined).length,
  leftOut: made.flatMap(({ refusal, vector }) => (vector === undefined ? (refusal ?? []) : [])),
  cut: made.flatMap(({ refusal, vector }) => (vector === undefined ? [] : (refusal ?? [])))
})

/** The text of a passage below the title of its doc, which is what models read of it. */
export const titledText = ({ text, title }: { readonly title: string; readonly text: string }): string =>
  title === "" ? text : `${title}\n\n${text}`

/** The vectors of docs, turns and memories. The requests of all jobs share `concurrency`. */
export const make = (concurrency: number): Effect.Effect<EmbedTexts, never, Storage | Embedder | Scope.Scope> =>
  Effect.gen(function* () {
    const storage = yield* Storage
    const embedder = yield* Embedder
    if (Option.isNone(embedder)) {
      const none = () => Effect.succeed(undefined)
      return { embedDoc: none, embedSession: none, embedMemories: none }
    }
    const service = embedder.value
    const queue = yield* EmbedQueue.make(service, concurrency)
    const store = VectorSpace.storeOf(storage, service, yield* Paraphrases.makeProbe(queue))
    const longDocs = yield* Slots.make(LONG_DOCS)

    /** Embeds the texts of some passages that have no vector yet. */
    const embedPassages = Effect.fnUntraced(function* (developer: string, doc_id: string, passages: Passages) {
      if (passages.length === 0) return []
      const space = yield* VectorSpace.spaceOf(storage, developer, service)
      if (Option.isSome(space)) queue.expects(space.value.dimensions)
      const texts = passages.map(titledText)
      const vectors = new Map<string, Float32Array>()
      for (const [index, vector] of (yield* storage.vectors.known(developer, texts)).entries()) {
        const text = texts[index]
        if (text !== undefined && vector !== undefined) vectors.set(text, vector)
      }
      const missing = [...new Set(texts)].filter((text) => !vectors.has(text))
      const made = yield* queue.embed("passages", missing)
      for (const [index, text] of missing.entries()) {
        const vector = made[index]?.vector
        if (vector !== undefined) vectors.set(text, vector)
      }
      const rows = passages.flatMap(({ position }, index) => {
        const embedded = texts[index] ?? ""
        const vector = vectors.get(embedded)
        return vector === undefined ? [] : [{ position, embedded, vector }]
      })
      if (rows.length > 0) {
        const all = rows.map(({ vector }) => vector)
        yield* store(developer, all, (space) => storage.vectors.put(developer, doc_id, space, rows))
      }
      return made
    })

    /** Embeds the passages of a long doc: the jobs of other docs run between two batches. */
    const inBatches = Effect.fnUntraced(function* <E>(
      developer: string,
      doc_id: string,
      embed: (passages: Passages) => Effect.Effect<void, E>,
      report: (progress: number) => Effect.Effect<void, StorageError>
    ) {
      for (let position = 0; ; ) {
        const passages = yield* storage.vectors.passages(developer, doc_id, position, BATCH)
        yield* embed(passages)
        const end = passages.at(-1)
        if (end === undefined || end.position >= end.last) return
        yield* report(Math.floor((100 * (end.position + 1)) / (end.last + 2)))
        yield* yieldToEventLoop
        position = end.position + 1
      }
    })

    const embedDoc = Effect.fnUntraced(function* (
      developer: string,
      doc_id: string,
      report: (progress: number) => Effect.Effect<void, StorageError>
    ) {
      const all: Array<EmbedQueue.Embedded> = []
      const embed = (passages: Passages) =>
        Effect.map(embedPassages(developer, doc_id, passages), (made) => {
          all.push(...made)
        })
      yield* queue.ready
      const first = yield* storage.vectors.passages(developer, doc_id, 0, SHORT)
      const end = first.at(-1)
      yield* end === undefined || end.position >= end.last
        ? embed(first)
        : longDocs(inBatches(developer, doc_id, embed, report))
      return embeddingResultOf(all)
    })

    const said = EmbedMessages.make(storage, service, queue, store)
    return {
      embedDoc,
      embedSession: (...of) => Effect.map(said.embedSession(...of), embeddingResultOf),
      embedMemories: (...of) => Effect.map(said.embedMemories(...of), embeddingResultOf)
    }
  })

/** What came of an embedding; `undefined` without an embedder. */
type Embedding = Effect.Effect<EmbeddingResult | undefined, StorageError | ModelError | EmbedQueue.EmbedderUnavailable>

export interface EmbedTexts {
  /** Embeds the passages of a doc that have no vector yet. */
  readonly embedDoc: (
    developer: string,
    doc_id: string,
    report: (progress: number) => Effect.Effect<void, StorageError>
  ) => Embedding
  /** Embeds the turns of a session that were not embedded, and the memories that it can recall. */
  readonly embedSession: (developer: string, session_id: string) => Embedding
  /** Embeds the memories of an agent that are of one user, or of none, and were not embedded. */
  readonly embedMemories: (developer: string, agent_id: string, user_id: string | null) => Embedding
}
