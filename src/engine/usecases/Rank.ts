/**
 * The order of the passages that a search of the index found: BM25 over stems, more for a word in the form it was asked
 * for, for words that stand together as in the question, for a title, for what stands in the passages before and after,
 * and for what is about the same as the best ones.
 */
import type { Hits, Passage } from "../ports/Storage.js"
import { type Asked, foundBy, stemOf } from "../ports/Words.js"
import { tellsOf } from "./Matches.js"

/** How soon more of the same word stops counting. */
const SATURATION = 2
/** How much a long text must say to count as much as a short one: from 0, as much as that, to 1. */
const LENGTH = 0.8
/** A word of the title, against one of the text. */
const TITLE = 2
/** The word itself, beside another form of it. */
const EXACT = 0.5
/** Two words that follow each other in the question, and are near each other here. */
const PAIR = 0.4
/** A word that only the passages before or after have, against one of the passage: what was cut apart belongs together. */
const BESIDE = 0.5
/** What resembles the best ones. */
const KINSHIP = 2

/** How far apart two words still are a pair. */
const NEAR = 3
/** How many of the best ones the others are compared with. */
const BEST = 4
/** So many places of one word are looked at for pairs: more would tell no more. */
const PLACES = 50

const add = (counts: Map<string, number>, key: string, by: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

/** A text under its title, taken apart: words and, place by place, their stems. */
interface Tokens {
  readonly words: ReadonlyArray<string>
  readonly roots: ReadonlyArray<string>
  readonly title: ReadonlyArray<string>
  /** How often each stem counts, a title's by its weight. */
  readonly stems: ReadonlyMap<string, number>
}

const takenApart = (title: string, text: string): Tokens => {
  const words = foundBy(text)
  const roots = words.map(stemOf)
  const ofTitle = foundBy(title)
  const stems = new Map<string, number>()
  for (const root of roots) add(stems, root, 1)
  for (const word of ofTitle) add(stems, stemOf(word), TITLE)
  return { words, roots, title: ofTitle, stems }
}

/** How many characters of texts are kept taken apart. */
const KEPT = 2_000_000
const tokens = new Map<string, Tokens>()
let kept = 0
/** The same passages are found again and again, and taking them apart is most of the work. */
const tokensOf = (title: string, text: string): Tokens => {
  const key = `${title}\n${text}`
  const known = tokens.get(key)
  if (known !== undefined) return known
  if (kept > KEPT) {
    tokens.clear()
    kept = 0
  }
  const made = takenApart(title, text)
  tokens.set(key, made)
  kept += key.length
  return made
}

/** A word of the question, and how much it tells. */
interface Word extends Asked {
  readonly tells: number
}

/** A passage taken apart; what the question does not ask for is counted only by its stem. */
interface Parsed {
  readonly doc_id: string
  readonly index: number
  readonly stems: ReadonlyMap<string, number>
  /** How often each stem of the question counts. */
  readonly counts: ReadonlyMap<string, number>
  readonly forms: ReadonlyMap<string, number>
  readonly places: ReadonlyMap<string, ReadonlyArray<number>>
  readonly length: number
}

/** The stem of the question that a stem of a text is: the same one, or one that it begins with. */
const findIn = (asked: ReadonlyArray<Asked>) => {
  const stems = new Set(asked.map(({ stem }) => stem))
  const beginnings = asked.filter(({ begins }) => begins).map(({ stem }) => stem)
  return (root: string): string | undefined =>
    stems.has(root) ? root : beginnings.find((beginning) => root.startsWith(beginning))
}

const parse = ({ doc_id, index, text, title }: Passage, find: ReturnType<typeof findIn>): Parsed => {
  const { roots, stems, title: ofTitle, words } = tokensOf(title, text)
  const counts = new Map<string, number>()
  const forms = new Map<string, number>()
  const places = new Map<string, Array<number>>()
  for (const [root, count] of stems) {
    const asked = find(root)
    if (asked === undefined) continue
    add(counts, asked, count)
    places.set(asked, [])
  }
  if (places.size > 0) {
    for (const [place, root] of roots.entries()) {
      const asked = find(root)
      const known = asked === undefined ? undefined : places.get(asked)
      if (known === undefined) continue
      if (known.length < PLACES) known.push(place)
      add(forms, words[place] ?? "", 1)
    }
    for (const word of ofTitle) if (find(stemOf(word)) !== undefined) add(forms, word, TITLE)
  }
  return { doc_id, index, stems, counts, forms, places, length: words.length + ofTitle.length }
}

/** How closely two words stand together, all their places considered: 1 where one follows the other once. */
const closeness = (first: ReadonlyArray<number>, second: ReadonlyArray<number>): number => {
  let sum = 0
  for (const one of first) {
    for (const other of second) {
      const distance = Math.abs(one - other)
      if (distance <= NEAR) sum += 1 / distance
    }
  }
  return sum
}

/** The passages before and after each, where these were found, too. */
const besideOf = (found: ReadonlyArray<Parsed>): ReadonlyArray<ReadonlyArray<Parsed>> => {
  const key = (doc_id: string, index: number) => `${doc_id} ${index}`
  const known = new Map(found.map((each) => [key(each.doc_id, each.index), each]))
  return found.map(({ doc_id, index }) =>
    [index - 1, index + 1].flatMap((other) => known.get(key(doc_id, other)) ?? [])
  )
}

/** What each says about the question, by itself and with what stands beside it. */
const relevance = (question: ReadonlyArray<Word>, found: ReadonlyArray<Parsed>): ReadonlyArray<number> => {
  const average = found.reduce((sum, each) => sum + each.length, 0) / found.length || 1
  const beside = besideOf(found)
  return found.map((each, place) => {
    const half = SATURATION * (1 - LENGTH + (LENGTH * each.length) / average)
    const worth = (count: number) => (count === 0 ? 0 : (count * (SATURATION + 1)) / (count + half))
    const near = beside[place] ?? []
    let score = 0
    for (const [index, { stem, tells, word }] of question.entries()) {
      const count = each.counts.get(stem) ?? 0
      score += tells * (worth(count) + EXACT * worth(each.forms.get(word) ?? 0))
      if (count === 0) score += BESIDE * tells * Math.max(0, ...near.map(({ counts }) => worth(counts.get(stem) ?? 0)))
      const next = question[index + 1]
      if (next === undefined) continue
      const together = closeness(each.places.get(stem) ?? [], each.places.get(next.stem) ?? [])
      score += PAIR * Math.min(tells, next.tells) * worth(together)
    }
    return score
  })
}

/** A text as a direction: its stems, by number, each by how few of the found have it. */
interface Direction {
  readonly stems: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
  readonly norm: number
}

/** Stems are numbered, because arrays of numbers are many times faster than maps of texts, and this is most of a ranking. */
const directionsOf = (found: ReadonlyArray<Parsed>): ReadonlyArray<Direction> => {
  const numbers = new Map<string, number>()
  const having: Array<number> = []
  const numberOf = (stem: string): number => {
    const known = numbers.get(stem)
    if (known !== undefined) return known
    numbers.set(stem, having.length)
    return having.push(0) - 1
  }
  const numbered = found.map(({ stems }) => Array.from(stems.keys(), numberOf))
  for (const stems of numbered) for (const stem of stems) having[stem] = (having[stem] ?? 0) + 1
  const rare = having.map((count) => Math.log(found.length / count))
  return found.map((each, place) => {
    const stems = numbered[place] ?? []
    const counts = [...each.stems.values()]
    const weights = stems.map((stem, index) => (1 + Math.log(Math.max(1, counts[index] ?? 1))) * (rare[stem] ?? 0))
    return { stems, weights, norm: Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0)) || 1 }
  })
}

/** How much others resemble one: from 0, in nothing, to 1, in everything. */
const likenessTo = (one: Direction) => {
  const own: Array<number> = []
  for (const [index, stem] of one.stems.entries()) own[stem] = one.weights[index] ?? 0
  return (other: Direction): number => {
    let sum = 0
    for (let index = 0; index < other.stems.length; index++) {
      sum += (own[other.stems[index] ?? -1] ?? 0) * (other.weights[index] ?? 0)
    }
    return sum / (one.norm * other.norm)
  }
}

/** What each gains from the best ones that it resembles: texts about one thing answer the same questions. */
const kinship = (scores: ReadonlyArray<number>, found: ReadonlyArray<Parsed>): ReadonlyArray<number> => {
  const directions = directionsOf(found)
  const best = directions
    .map((direction, place) => ({ direction, doc_id: found[place]?.doc_id, score: scores[place] ?? 0 }))
    .sort((one, other) => other.score - one.score)
    .slice(0, BEST)
    .map(({ direction, ...lead }) => ({ ...lead, likeness: likenessTo(direction) }))
  return directions.map((direction, place) => {
    let sum = 0
    for (const { doc_id, likeness, score } of best) {
      if (doc_id !== found[place]?.doc_id) sum += score * likeness(direction)
    }
    return (KINSHIP * sum) / BEST
  })
}

/**
 * The passages that a search for some words found, best first; of equals, the one that was found first. `score` says how
 * much one says of the question, better ones more: about 1 where it has every word once, 0 where it has none.
 */
export const rank = (asked: ReadonlyArray<Asked>, { having, items, rows }: Hits<Passage>): ReadonlyArray<Passage> => {
  if (items.length === 0) return []
  const tells = tellsOf(rows, having)
  const question = asked.map((word, index) => ({ ...word, tells: tells[index] ?? 0 }))
  const find = findIn(asked)
  const parsed = items.map((item) => parse(item, find))
  const own = relevance(question, parsed)
  const kin = kinship(own, parsed)
  const whole = question.reduce((sum, { tells }) => sum + tells * (1 + EXACT), 0) || 1
  return items
    .map((item, place) => ({ ...item, score: ((own[place] ?? 0) + (kin[place] ?? 0)) / whole }))
    .sort((one, other) => other.score - one.score)
}
