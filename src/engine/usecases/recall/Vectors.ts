/** Search by meaning, with the vectors of an embedder. Without an embedder it finds nothing. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JsonObject } from "../../../schema/Field.js"
import { Embedder } from "../../ports/Embedder.js"
import { ModelError } from "../../ports/Model.js"
import { pause } from "../../ports/Pause.js"
import { type Owner, type Space, Storage, type StorageError } from "../../ports/Storage.js"

/** How many passages are embedded between two reports of progress. Their vectors are kept, whatever happens to the next. */
const BATCH = 128
/** The greatest cosine distance of a passage that is about the same as a query; the value of v0.3. */
const MAX_DISTANCE = 0.6
/** How long the embedding of a question may take, unless the embedder says otherwise. */
const QUERY_TIMEOUT = Duration.seconds(3)
/** How many of the nearest neighbours are fused with what words find. */
const MAX_NEIGHBOURS = 50

const describe = ({ dimensions, name }: { readonly name: string; readonly dimensions: number | undefined }): string =>
  dimensions === undefined ? JSON.stringify(name) : `${JSON.stringify(name)} (${dimensions} dimensions)`

/** Vectors of two models cannot be compared. An error says so, because an empty or wrong result would hide it. */
const mismatch = (stored: Space, configured: Parameters<typeof describe>[0]): ModelError =>
  new ModelError({
    reason: "unavailable",
    message:
      `The docs are indexed with the embedder ${describe(stored)}, but the engine is configured with ${describe(configured)}. ` +
      "Configure the former again, or reindex the docs: Embedded.reindex (Client.reindex of effect-julep/promise) with these options."
  })

/** The text that is embedded for a passage. */
const embeddedText = ({ text, title }: { readonly title: string; readonly text: string }): string =>
  title === "" ? text : `${title}\n\n${text}`

/** The vectors of docs and of queries. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const embedder = yield* Embedder

  /** The vector space of a developer; fails where another embedder is configured. */
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

  /** Embeds the texts of some passages that have no vector yet; returns how many texts that are. */
  const embedPassages = Effect.fnUntraced(function* (
    service: Embedder.Service,
    developer: string,
    doc_id: string,
    passages: Effect.Effect.Success<ReturnType<typeof storage.vectors.passages>>
  ) {
    const space = yield* spaceOf(developer, service)
    const texts = passages.map(embeddedText)
    const vectors = new Map<string, Float32Array>()
    for (const [index, vector] of (yield* storage.vectors.known(developer, texts)).entries()) {
      const text = texts[index]
      if (text !== undefined && vector !== undefined) vectors.set(text, vector)
    }
    const missing = [...new Set(texts)].filter((text) => !vectors.has(text))
    if (missing.length > 0) {
      const made = yield* service.embed(missing)
      yield* fits(space, service.name, made[0])
      const odd = made.find((vector) => vector.length !== made[0]?.length)
      if (odd !== undefined || made.length !== missing.length) {
        return yield* new ModelError({
          reason: "unavailable",
          message: `The embedder ${JSON.stringify(service.name)} must return one vector for each text, all of one length. It returned ${made.length} vectors for ${missing.length} texts${odd === undefined ? "" : ", of different lengths"}.`
        })
      }
      for (const [index, text] of missing.entries()) {
        const vector = made[index]
        if (vector !== undefined) vectors.set(text, vector)
      }
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

  const embedDoc = Effect.fnUntraced(function* (
    service: Embedder.Service,
    developer: string,
    doc_id: string,
    report: (progress: number) => Effect.Effect<void, StorageError>
  ) {
    let embedded = 0
    for (let position = 0; ; ) {
      const passages = yield* storage.vectors.passages(developer, doc_id, position, BATCH)
      const end = passages.at(-1)
      if (end === undefined) return embedded
      embedded += yield* embedPassages(service, developer, doc_id, passages)
      yield* report(Math.floor((100 * (end.position + 1)) / (end.last + 2)))
      yield* pause
      position = end.position + 1
    }
  })

  let failing = false

  /** The vector of a question. Where the embedder is down or slow, recall goes on with what words find. */
  const embedQuery = (service: Embedder.Service, text: string): Effect.Effect<Float32Array | undefined> => {
    const duration = service.queryTimeout ?? QUERY_TIMEOUT
    const late = () =>
      new ModelError({ reason: "unavailable", message: `it took longer than ${Duration.format(duration)}` })
    return service.embed([text]).pipe(
      Effect.timeoutFail({ duration, onTimeout: late }),
      Effect.map(([vector]) => {
        failing = false
        return vector
      }),
      Effect.catchAll((error) => {
        const warned = failing
        failing = true
        return Effect.as(
          // One warning until the embedder answers again: a log with one for each turn hides others.
          warned
            ? Effect.void
            : Effect.logWarning(`Recall uses words alone, because the embedder failed: ${error.message}`),
          undefined
        )
      })
    )
  }

  const findNeighbours = Effect.fnUntraced(function* (
    service: Embedder.Service,
    developer: string,
    owners: ReadonlyArray<Owner>,
    text: string,
    filter: JsonObject | undefined
  ) {
    const space = yield* spaceOf(developer, service)
    if (Option.isNone(space)) return []
    const vector = yield* embedQuery(service, text)
    if (vector === undefined) return []
    yield* fits(space, service.name, vector)
    return yield* storage.vectors.nearestNeighbours(developer, owners, vector, MAX_DISTANCE, MAX_NEIGHBOURS, filter)
  })

  return {
    /** Embeds the passages of a doc that have no vector yet; returns the number of texts it embedded. */
    embedDoc: (
      developer: string,
      doc_id: string,
      report: (progress: number) => Effect.Effect<void, StorageError>
    ): Effect.Effect<number | undefined, StorageError | ModelError> =>
      Option.isNone(embedder) ? Effect.succeed(undefined) : embedDoc(embedder.value, developer, doc_id, report),
    /** The passages nearest to a text, of docs that a metadata filter matches, nearest first; `score` is the cosine similarity. */
    nearestNeighbours: (
      developer: string,
      owners: ReadonlyArray<Owner>,
      text: string,
      filter?: JsonObject
    ): Effect.Effect<ReadonlyArray<{ readonly rowId: number; readonly score: number }>, StorageError | ModelError> =>
      Option.isNone(embedder) ? Effect.succeed([]) : findNeighbours(embedder.value, developer, owners, text, filter)
  }
})
