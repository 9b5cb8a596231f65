/**
 * Indexes docs. The transaction that creates a short doc writes all its passages. Of a long one it writes the first, and
 * the job of the doc writes the others in batches, each in a transaction of its own: between them, others use the store.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import { Storage, type StorageError } from "../../ports/Storage.js"
import { lengthOfContent, passagesOfContent } from "../../text/Passages.js"

/** What a job reports of a doc whose words are indexed. */
export const INDEXED = "The keyword index has the doc"

/** What one request indexes at once: about 50 ms. A letter outside ASCII costs as much as three others. */
const MAX_AT_ONCE = 50_000
/** What a batch of a job indexes. */
const BATCH = 15_000
/** What a passage costs beside its text. */
const PASSAGE_OVERHEAD = 200

const beyondAscii = /[^\0-\x7f]/
const costOf = (passage: string): number => PASSAGE_OVERHEAD + passage.length * (beyondAscii.test(passage) ? 3 : 1)

/** The next passages, which cost about so much to index; none if there are no more. */
const takePassages = (passages: Iterator<string>, cost: number): ReadonlyArray<string> => {
  const taken: Array<string> = []
  for (let left = cost; left > 0; ) {
    const next = passages.next()
    if (next.done === true) break
    taken.push(next.value)
    left -= costOf(next.value)
  }
  return taken
}

/** Lets others run before a long content is stored, because to read its request has taken as long as to store it will. */
export const pauseBefore = (content: string | ReadonlyArray<string>): Effect.Effect<void> =>
  lengthOfContent(content) > MAX_AT_ONCE ? yieldToEventLoop : Effect.void

/** What a request can still index at once. */
export interface IndexingBudget {
  left: number
}

/** The room of a request that creates docs. */
export const makeIndexingBudget = (): IndexingBudget => ({ left: MAX_AT_ONCE })

/** The first passages of a content, as far as there is room for them, and whether there are others. */
export const firstPassages = (content: string | ReadonlyArray<string>, room: IndexingBudget) => {
  const passages = passagesOfContent(content)
  const first = takePassages(passages, room.left)
  for (const passage of first) room.left -= costOf(passage)
  return { first, complete: passages.next().done === true }
}

/** Indexes long docs. Batches of several docs take turns, so that others never wait for more than one. */
export const make = Effect.map(Effect.all([Storage, Effect.makeSemaphore(1)]), ([{ docs }, turns]) => ({
  /** Writes the passages of a doc that are not written yet; false if the doc is deleted before or meanwhile. */
  complete: Effect.fnUntraced(function* (
    developer: string,
    doc_id: string,
    report: (progress: number) => Effect.Effect<void, StorageError>
  ) {
    const source = Option.getOrUndefined(yield* docs.source(developer, doc_id))
    if (source === undefined) return false
    yield* yieldToEventLoop
    const passages = passagesOfContent(source.content)
    const characters = lengthOfContent(source.content)
    let done = 0
    let progress = 0
    let position = 0
    const next = Effect.suspend(() => {
      const batch = takePassages(passages, BATCH)
      // After an interruption, what is written is read again, because where a passage ends depends on those before it.
      const written =
        position + batch.length <= source.passages
          ? Effect.succeed(true)
          : docs.append(developer, source, position, batch)
      return Effect.zipWith(written, yieldToEventLoop, (exists) => ({ batch, exists }))
    })
    for (;;) {
      const { batch, exists } = yield* turns.withPermits(1)(next)
      if (!exists) return false
      if (batch.length === 0) return true
      position += batch.length
      for (const { length } of batch) done += length
      const percent = Math.min(99, Math.floor((100 * done) / characters))
      if (percent > progress) yield* report(percent)
      progress = percent
    }
  })
}))
