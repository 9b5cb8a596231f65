/** What an embedder adds to recall: passages that mean what is asked, in whatever words. Without one, nothing. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Embedder } from "../../ports/Embedder.js"
import { ModelError } from "../../ports/Model.js"
import { type Owner, type Space, Storage, type StorageError } from "../../ports/Storage.js"

/** So many texts are embedded between two reports of progress. */
const STRETCH = 128
/** What is farther from a question than this (by cosine, as v0.3 had it) is about something else. */
const FARTHEST = 0.6
/** The nearest that are fused with what words found. */
const NEAREST = 50

const told = ({ dimensions, name }: { readonly name: string; readonly dimensions: number | undefined }): string =>
  dimensions === undefined ? JSON.stringify(name) : `${JSON.stringify(name)} (${dimensions} dimensions)`

/** Vectors of two models cannot be compared: an empty or wrong result would hide that. */
const mismatch = (stored: Space, configured: Parameters<typeof told>[0]): ModelError =>
  new ModelError({
    reason: "unavailable",
    message:
      `The docs are indexed with the embedder ${told(stored)}, and the engine is configured with ${told(configured)}: ` +
      "run Embedded.reindex (Client.reindex of effect-julep/promise) with these options, or configure the former again"
  })

/** A passage as it is embedded: what it says, and under which title. */
const embeddedText = ({ text, title }: { readonly title: string; readonly text: string }): string =>
  title === "" ? text : `${title}\n\n${text}`

/** The vectors of docs and of questions. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const embedder = yield* Embedder

  /** What a developer's vectors are made by, when that is what is configured. */
  const spaceOf = (developer: string, { dimensions, name }: Embedder.Service) =>
    Effect.tap(storage.vectors.space(developer), (space) =>
      Option.isSome(space) &&
      (space.value.name !== name || (dimensions !== undefined && space.value.dimensions !== dimensions))
        ? Effect.fail(mismatch(space.value, { name, dimensions }))
        : Effect.void
    )

  const fits = (space: Option.Option<Space>, name: string, vector: Float32Array | undefined) =>
    Option.isSome(space) && vector !== undefined && vector.length !== space.value.dimensions
      ? Effect.fail(mismatch(space.value, { name, dimensions: vector.length }))
      : Effect.void

  const embedDoc = Effect.fnUntraced(function* (
    service: Embedder.Service,
    developer: string,
    doc_id: string,
    report: (progress: number) => Effect.Effect<void, StorageError>
  ) {
    const space = yield* spaceOf(developer, service)
    const passages = yield* storage.vectors.passages(developer, doc_id)
    const texts = passages.map(embeddedText)
    const vectors = new Map<string, Float32Array>()
    for (const [index, vector] of (yield* storage.vectors.known(developer, texts)).entries()) {
      const text = texts[index]
      if (text !== undefined && vector !== undefined) vectors.set(text, vector)
    }
    const missing = [...new Set(texts)].filter((text) => !vectors.has(text))
    for (const [index, stretch] of Arr.chunksOf(missing, STRETCH).entries()) {
      const made = yield* service.embed(stretch)
      yield* fits(space, service.name, made[0])
      const odd = made.find((vector) => vector.length !== made[0]?.length)
      if (odd !== undefined || made.length !== stretch.length) {
        return yield* new ModelError({
          reason: "unavailable",
          message: `The embedder ${JSON.stringify(service.name)} made ${made.length} vectors of ${stretch.length} texts, or vectors of different lengths`
        })
      }
      for (const [place, text] of stretch.entries()) {
        const vector = made[place]
        if (vector !== undefined) vectors.set(text, vector)
      }
      yield* report(Math.floor((100 * Math.min(missing.length, (index + 1) * STRETCH)) / (missing.length + 1)))
    }
    const rows = passages.flatMap(({ position }, index) => {
      const embedded = texts[index] ?? ""
      const vector = vectors.get(embedded)
      return vector === undefined ? [] : [{ position, embedded, vector }]
    })
    const dimensions = rows[0]?.vector.length
    if (dimensions !== undefined) {
      yield* storage.vectors.put(developer, doc_id, { name: service.name, dimensions }, rows)
    }
    return missing.length
  })

  const findNearest = Effect.fnUntraced(function* (
    service: Embedder.Service,
    developer: string,
    owners: ReadonlyArray<Owner>,
    text: string
  ) {
    const space = yield* spaceOf(developer, service)
    if (Option.isNone(space)) return []
    // An endpoint that is down is no reason not to answer: what words find is found without it.
    const vector = yield* service.embed([text]).pipe(
      Effect.map(([vector]) => vector),
      Effect.catchAll((error) => Effect.as(Effect.logWarning(`Recall is by words alone: ${error.message}`), undefined))
    )
    if (vector === undefined) return []
    yield* fits(space, service.name, vector)
    return yield* storage.vectors.nearest(developer, owners, vector, FARTHEST, NEAREST)
  })

  return {
    /** Embeds the passages of a doc that have no vector yet; answers how many texts that were. */
    embedDoc: (
      developer: string,
      doc_id: string,
      report: (progress: number) => Effect.Effect<void, StorageError>
    ): Effect.Effect<number | undefined, StorageError | ModelError> =>
      Option.isNone(embedder) ? Effect.succeed(undefined) : embedDoc(embedder.value, developer, doc_id, report),
    /** Where the passages are that are nearest to a text, nearest first, with the cosine. */
    nearest: (
      developer: string,
      owners: ReadonlyArray<Owner>,
      text: string
    ): Effect.Effect<ReadonlyArray<{ readonly place: number; readonly score: number }>, StorageError | ModelError> =>
      Option.isNone(embedder) ? Effect.succeed([]) : findNearest(embedder.value, developer, owners, text)
  }
})
