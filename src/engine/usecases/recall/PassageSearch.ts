/** The search of docs. What it found stays in memory for a while: the same passages are found again and again. */
import * as Effect from "effect/Effect"
import { MOST, type Owner, type Passage, type Places, Storage } from "../../ports/Storage.js"
import { type Asked, asked } from "../../text/Words.js"
import { rank } from "./Rank.js"

/** So many are ranked. */
const CANDIDATES = 60

/** The characters that are kept in memory. */
const KEPT_CHARACTERS = 2_000_000

/**
 * The words that tell most, by how few passages have them: as many as a bounded number of rows has, one at least. What
 * the others find has these words, too.
 */
const tellingOf = (words: ReadonlyArray<Asked>, { places }: Places) => {
  let sum = 0
  return words
    .map((word, index) => ({ word, places: places[index] ?? [] }))
    .filter(({ places }) => places.length > 0)
    .sort((one, other) => one.places.length - other.places.length)
    .filter(({ places }, index) => {
      sum += places.length
      return index === 0 || sum <= MOST
    })
}

/** Reads passages, which never change, once for as long as there is room for them. */
const makeReader = Effect.map(Storage, ({ docs }) => {
  const kept = new Map<number, { readonly developer: string; readonly passage: Passage }>()
  let characters = 0
  return Effect.fnUntraced(function* (developer: string, places: ReadonlyArray<number>) {
    const found = new Map<number, Passage>()
    for (const place of places) {
      const known = kept.get(place)
      if (known?.developer === developer) found.set(place, known.passage)
    }
    const missing = places.filter((place) => !found.has(place))
    if (missing.length > 0) {
      if (characters > KEPT_CHARACTERS) {
        kept.clear()
        characters = 0
      }
      for (const passage of yield* docs.at(developer, missing)) {
        found.set(passage.place, passage)
        kept.set(passage.place, { developer, passage })
        characters += passage.title.length + passage.text.length
      }
    }
    return places.flatMap((place) => found.get(place) ?? [])
  })
})

/** The searches of docs. */
export const make = Effect.map(Effect.all([Storage, makeReader]), ([{ docs }, read]) => ({
  /** The passages in these places, which a search has found, in their order. */
  read,
  /** The passages of these owners that say something about a text, best first. */
  byWords: Effect.fnUntraced(function* (developer: string, owners: ReadonlyArray<Owner>, text: string) {
    const words = asked(text)
    const found = yield* docs.find(developer, owners, words)
    const telling = tellingOf(words, found)
    const all = [...new Set(telling.flatMap(({ places }) => places))].sort((one, other) => one - other)
    const places =
      all.length <= CANDIDATES
        ? all
        : yield* docs.best(
            developer,
            owners,
            telling.map(({ word }) => word),
            CANDIDATES
          )
    const having = found.places.map(({ length }) => length)
    return rank(words, { rows: found.rows, having, items: yield* read(developer, places) })
  })
}))
