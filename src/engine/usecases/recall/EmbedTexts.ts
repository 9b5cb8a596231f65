/** Embeds the texts of docs, for the jobs that index them. Without an embedder it does nothing. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Embedder } from "../../ports/Embedder.js"
import type { ModelError } from "../../ports/Model.js"
import { pause } from "../../ports/Pause.js"
import { Storage, type StorageError } from "../../ports/Storage.js"
import * as VectorSpace from "./VectorSpace.js"

/** How many passages are embedded between two reports of progress. Their vectors are kept, whatever happens to the next. */
const BATCH = 128

/** The text that is embedded for a passage. */
const embeddedText = ({ text, title }: { readonly title: string; readonly text: string }): string =>
  title === "" ? text : `${title}\n\n${text}`

/** The vectors of docs. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const embedder = yield* Embedder

  /** Embeds the texts of some passages that have no vector yet; returns how many texts that are. */
  const embedPassages = Effect.fnUntraced(function* (
    service: Embedder.Service,
    developer: string,
    doc_id: string,
    passages: Effect.Effect.Success<ReturnType<typeof storage.vectors.passages>>
  ) {
    const space = yield* VectorSpace.spaceOf(storage, developer, service)
    const texts = passages.map(embeddedText)
    const vectors = new Map<string, Float32Array>()
    for (const [index, vector] of (yield* storage.vectors.known(developer, texts)).entries()) {
      const text = texts[index]
      if (text !== undefined && vector !== undefined) vectors.set(text, vector)
    }
    const missing = [...new Set(texts)].filter((text) => !vectors.has(text))
    if (missing.length > 0) {
      const made = yield* VectorSpace.embed(service, missing)
      yield* VectorSpace.fits(space, service.name, made[0])
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

  return {
    /** Embeds the passages of a doc that have no vector yet; returns the number of texts it embedded. */
    embedDoc: (
      developer: string,
      doc_id: string,
      report: (progress: number) => Effect.Effect<void, StorageError>
    ): Effect.Effect<number | undefined, StorageError | ModelError> =>
      Option.isNone(embedder) ? Effect.succeed(undefined) : embedDoc(embedder.value, developer, doc_id, report)
  }
})
