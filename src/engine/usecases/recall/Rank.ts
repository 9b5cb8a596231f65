/**
 * The order of the passages that a search of the index found: BM25 over stems, more for a word in the form it was asked
 * for, for words that stand together as in the question, for a title, for what stands in the passages before and after,
 * and for what is about the same as the best ones.
 */
import type { Passage } from "../../ports/Storage.js"
import type { Asked } from "../../text/Words.js"
import { forgetStems, type Tokens, tokensOf, type Uses } from "./Terms.js"
import { tellsOf } from "./TurnSearch.js"

/** How soon more of the same word stops counting. */
const SATURATION = 2
/** How much a long text must say to count as much as a short one: from 0, as much as that, to 1. */
const LENGTH = 0.8
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

/** A word of the question, and how much it tells. */
interface Word extends Asked {
  readonly tells: number
}

/** How a word of the question is used in a passage: any form of it, and the very form that was asked for. */
interface Use {
  readonly count: number
  readonly exact: number
  readonly places: ReadonlyArray<number>
}

const unused: Use = { count: 0, exact: 0, places: [] }

/** A passage as a question sees it. */
interface Parsed {
  readonly doc_id: string
  readonly index: number
  readonly tokens: Tokens
  /** Of each word of the question. */
  readonly uses: ReadonlyArray<Use>
}

/** The stems of a text that words of the question mean: their own, or those that begin with one and are no other word. */
const meantBy = (asked: ReadonlyArray<Asked>) => {
  const words = new Set(asked.map(({ stem }) => stem))
  const beginnings = asked.filter(({ begins }) => begins).map(({ stem }) => stem)
  return (tokens: Tokens) => {
    const more = new Map<string, Array<Uses>>()
    for (const [stem, uses] of beginnings.length === 0 ? [] : tokens.stems) {
      if (words.has(stem)) continue
      const beginning = beginnings.find((each) => stem.startsWith(each))
      if (beginning === undefined) continue
      const known = more.get(beginning)
      if (known === undefined) more.set(beginning, [uses])
      else known.push(uses)
    }
    return (word: Asked): ReadonlyArray<Uses> => {
      const own = tokens.stems.get(word.stem)
      return [...(own === undefined ? [] : [own]), ...(more.get(word.stem) ?? [])]
    }
  }
}

const parse = (passage: Passage, asked: ReadonlyArray<Asked>, meant: ReturnType<typeof meantBy>): Parsed => {
  const { doc_id, index } = passage
  const tokens = tokensOf(passage)
  const usesOf = meant(tokens)
  const uses = asked.map((word): Use => {
    const [first, ...more] = usesOf(word)
    if (first === undefined) return unused
    const places =
      more.length === 0
        ? first.places
        : [first, ...more].flatMap(({ places }) => places).sort((one, other) => one - other)
    let exact = tokens.title.get(word.word) ?? 0
    for (const place of places) if (tokens.words[place] === word.word) exact++
    return {
      count: more.reduce((sum, { count }) => sum + count, first.count),
      exact,
      places: places.length <= PLACES ? places : places.slice(0, PLACES)
    }
  })
  return { doc_id, index, tokens, uses }
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
  const average = found.reduce((sum, { tokens }) => sum + tokens.length, 0) / found.length || 1
  const beside = besideOf(found)
  return found.map(({ tokens, uses }, place) => {
    const half = SATURATION * (1 - LENGTH + (LENGTH * tokens.length) / average)
    const worth = (count: number) => (count === 0 ? 0 : (count * (SATURATION + 1)) / (count + half))
    const near = beside[place] ?? []
    let score = 0
    for (const [index, { tells }] of question.entries()) {
      const { count, exact, places } = uses[index] ?? unused
      score += tells * (worth(count) + EXACT * worth(exact))
      if (count === 0) {
        score += BESIDE * tells * Math.max(0, ...near.map(({ uses }) => worth(uses[index]?.count ?? 0)))
        continue
      }
      const next = question[index + 1]
      if (next === undefined) continue
      const together = closeness(places, (uses[index + 1] ?? unused).places)
      score += PAIR * Math.min(tells, next.tells) * worth(together)
    }
    return score
  })
}

let rankings = 0

/** A text as a direction: its stems, by number, each by how few of the found have it. */
interface Direction {
  readonly stems: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
  readonly norm: number
}

/**
 * The directions of texts, and how much others resemble one: from 0, in nothing, to 1, in everything. This is most of a
 * ranking: loops over lists of numbers take half the time of anything else.
 */
const directionsOf = (found: ReadonlyArray<Parsed>) => {
  const ranking = ++rankings
  const having: Array<number> = []
  for (const { tokens } of found) {
    for (const { stem } of tokens.voices) {
      if (stem.ranking !== ranking) {
        stem.ranking = ranking
        stem.number = having.push(0) - 1
      }
      having[stem.number] = (having[stem.number] ?? 0) + 1
    }
  }
  const rare = having.map((count) => Math.log(found.length / count))
  const directions = found.map(({ tokens: { loudness, voices } }): Direction => {
    const stems: Array<number> = []
    const weights: Array<number> = []
    let squares = 0
    for (let index = 0; index < voices.length; index++) {
      const number = voices[index]?.stem.number ?? 0
      const weight = (loudness[index] ?? 0) * (rare[number] ?? 0)
      stems.push(number)
      weights.push(weight)
      squares += weight * weight
    }
    return { stems, weights, norm: Math.sqrt(squares) || 1 }
  })
  const likenessTo = (one: Direction) => {
    const own = new Array<number>(having.length).fill(0)
    for (let index = 0; index < one.stems.length; index++) own[one.stems[index] ?? 0] = one.weights[index] ?? 0
    return ({ norm, stems, weights }: Direction): number => {
      let sum = 0
      for (let index = 0; index < stems.length; index++) sum += (own[stems[index] ?? 0] ?? 0) * (weights[index] ?? 0)
      return sum / (one.norm * norm)
    }
  }
  return { directions, likenessTo }
}

/** What each gains from the best ones that it resembles: texts about one thing answer the same questions. */
const kinship = (scores: ReadonlyArray<number>, found: ReadonlyArray<Parsed>): ReadonlyArray<number> => {
  const { directions, likenessTo } = directionsOf(found)
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

/** Passages that have some of the words of a question. */
export interface Found {
  readonly items: ReadonlyArray<Passage>
  /** How many passages there are. */
  readonly rows: number
  /** How many of them have each word, in order. */
  readonly having: ReadonlyArray<number>
}

/** A passage and how much it says of the question: about 1 where it has every word once, 0 where it has none. */
export interface RankedPassage extends Passage {
  readonly score: number
}

/** The passages that a search for some words found, best first; of equals, the one that was found first. */
export const rank = (asked: ReadonlyArray<Asked>, { having, items, rows }: Found): ReadonlyArray<RankedPassage> => {
  if (items.length === 0) return []
  forgetStems()
  const tells = tellsOf(rows, having)
  const question = asked.map((word, index) => ({ ...word, tells: tells[index] ?? 0 }))
  const meant = meantBy(asked)
  const parsed = items.map((item) => parse(item, asked, meant))
  const own = relevance(question, parsed)
  const kin = kinship(own, parsed)
  const whole = question.reduce((sum, { tells }) => sum + tells * (1 + EXACT), 0) || 1
  return items
    .map((item, place) => ({ ...item, score: ((own[place] ?? 0) + (kin[place] ?? 0)) / whole }))
    .sort((one, other) => other.score - one.score)
}
