/**
 * The order of what a search of the index found, for passages and turns alike: BM25 over stems, more for a word in the
 * form it was asked for, for words that stand together as in the question, for a title, for what stands beside it,
 * and for what is about the same as the best ones.
 */

import { stemmer } from "stemmer"
import type { Found } from "../ports/Storage.js"

/** What counts for how much. */
export interface Weights {
  /** How soon more of the same word stops counting. */
  readonly saturation: number
  /** How much a long text must say to count as much as a short one: from 0, as much as that, to 1. */
  readonly length: number
  /** A word of the title, against one of the text. */
  readonly title: number
  /** The word itself, beside another form of it. */
  readonly exact: number
  /** Two words that follow each other in the question, and are near each other here. */
  readonly pair: number
  /** A word that stands only in what is before or after. */
  readonly beside: number
  /** What resembles the best ones. */
  readonly kinship: number
}

/** Docs: long passages under a title. */
export const passages: Weights = {
  saturation: 2,
  length: 0.7,
  title: 2,
  exact: 0.5,
  pair: 0.4,
  beside: 0,
  kinship: 2
}

/** Turns are short whatever they say, and an answer is understood with its question. */
export const turns: Weights = {
  saturation: 1.2,
  length: 0.2,
  title: 1,
  exact: 0.5,
  pair: 0.4,
  beside: 0.4,
  kinship: 1
}

/** How far apart two words still are a pair. */
const NEAR = 3
/** How many of the best ones the others are compared with. */
const BEST = 4
/** So many places of one word are looked at for pairs: more would tell no more. */
const PLACES = 50
/** What the index itself thinks counts a little: it decides where nothing here tells two apart. */
const INDEX = 0.1

const stems = new Map<string, string>()
/** Texts repeat their words, and a bounded memory of stems saves most of the work. */
const stemOf = (word: string): string => {
  const known = stems.get(word)
  if (known !== undefined) return known
  if (stems.size >= 50_000) stems.clear()
  const made = stemmer(word)
  stems.set(word, made)
  return made
}

const cjk = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]{2,}$/u

/** A run of CJK letters has no spaces to split it at: its pairs of letters stand for its words. */
const pairsOf = (word: string): ReadonlyArray<string> => {
  const letters = Array.from(word)
  return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`)
}

const accents = /[\u0300-\u036f]+/g
const ascii = /^[\0-\x7f]*$/

/** The words of a text: lower-case, without accents. */
const wordsOf = (text: string): ReadonlyArray<string> => {
  if (ascii.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
  const plain = text.normalize("NFKD").replace(accents, "").normalize("NFC").toLowerCase()
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((word) => (cjk.test(word) ? pairsOf(word) : [word]))
}

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

const takenApart = (title: string, text: string, titleWeight: number): Tokens => {
  const words = wordsOf(text)
  const roots = words.map(stemOf)
  const ofTitle = wordsOf(title)
  const stems = new Map<string, number>()
  for (const root of roots) add(stems, root, 1)
  for (const word of ofTitle) add(stems, stemOf(word), titleWeight)
  return { words, roots, title: ofTitle, stems }
}

/** How many characters of texts are kept taken apart. */
const KEPT = 2_000_000
const tokens = new Map<string, Tokens>()
let kept = 0
/** The same messages and passages are found again and again, and taking them apart is most of the work. */
const tokensOf = (title: string, text: string, titleWeight: number): Tokens => {
  const key = `${titleWeight} ${title}\n${text}`
  const known = tokens.get(key)
  if (known !== undefined) return known
  if (kept > KEPT) {
    tokens.clear()
    kept = 0
  }
  const made = takenApart(title, text, titleWeight)
  tokens.set(key, made)
  kept += key.length
  return made
}

/** What a ranking reads of one of the found. */
export interface View {
  readonly title: string
  readonly text: string
  /** What the index itself thinks of it. */
  readonly score: number
  /** What it is a part of: parts of one whole do not speak for each other. */
  readonly whole: string
  /** The places, in what was found, of what stands before and after it. */
  readonly beside: ReadonlyArray<number>
}

/** A word of the question, and how much it tells. */
interface Word {
  readonly word: string
  readonly stem: string
  readonly tells: number
}

/** A text taken apart; what the question does not ask for is counted only by its stem. */
interface Parsed extends View {
  readonly stems: ReadonlyMap<string, number>
  readonly forms: ReadonlyMap<string, number>
  readonly places: ReadonlyMap<string, ReadonlyArray<number>>
  readonly length: number
}

const questionOf = ({ rows, words }: Pick<Found<unknown>, "rows" | "words">): ReadonlyArray<Word> =>
  words.map(({ rows: having, word: asked }) => {
    const word = wordsOf(asked).join("")
    return { word, stem: stemOf(word), tells: Math.log(1 + Math.max(0, rows - having + 0.5) / (having + 0.5)) }
  })

const parse = (view: View, asked: ReadonlySet<string>, titleWeight: number): Parsed => {
  const { roots, stems, title, words } = tokensOf(view.title, view.text, titleWeight)
  const forms = new Map<string, number>()
  const places = new Map<string, Array<number>>()
  for (const root of asked) if (stems.has(root)) places.set(root, [])
  if (places.size > 0) {
    for (const [place, root] of roots.entries()) {
      const known = places.get(root)
      if (known === undefined) continue
      if (known.length < PLACES) known.push(place)
      add(forms, words[place] ?? "", 1)
    }
    for (const word of title) if (asked.has(stemOf(word))) add(forms, word, titleWeight)
  }
  return { ...view, stems, forms, places, length: words.length + title.length }
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

/** What each says about the question by itself. */
const relevance = (question: ReadonlyArray<Word>, found: ReadonlyArray<Parsed>, weights: Weights) => {
  const { saturation, length } = weights
  const average = found.reduce((sum, each) => sum + each.length, 0) / found.length || 1
  // Two forms of one word in a question are one word.
  const roots = [...new Map(question.map((word) => [word.stem, word])).values()]
  return found.map((each) => {
    const half = saturation * (1 - length + (length * each.length) / average)
    const worth = (count: number) => (count === 0 ? 0 : (count * (saturation + 1)) / (count + half))
    const near = weights.beside === 0 ? [] : each.beside.flatMap((place) => found[place] ?? [])
    let score = INDEX * each.score
    for (const { stem, tells } of roots) {
      let count = each.stems.get(stem) ?? 0
      for (const neighbour of near) count += weights.beside * (neighbour.stems.get(stem) ?? 0)
      score += tells * worth(count)
    }
    for (const [index, { stem, tells, word }] of question.entries()) {
      score += weights.exact * tells * worth(each.forms.get(word) ?? 0)
      const next = question[index + 1]
      if (next === undefined || next.stem === stem) continue
      const together = closeness(each.places.get(stem) ?? [], each.places.get(next.stem) ?? [])
      score += weights.pair * Math.min(tells, next.tells) * worth(together)
    }
    return score
  })
}

/** A text as a direction: its stems by how few of the found have them. */
const directionOf = ({ stems }: Parsed, having: ReadonlyMap<string, number>, all: number) => {
  const direction = new Map<string, number>()
  let square = 0
  for (const [stem, count] of stems) {
    const weight = (1 + Math.log(Math.max(1, count))) * Math.log(all / (having.get(stem) ?? all))
    if (weight === 0) continue
    direction.set(stem, weight)
    square += weight * weight
  }
  return { direction, norm: Math.sqrt(square) || 1 }
}

type Direction = ReturnType<typeof directionOf>

const likeness = (one: Direction, other: Direction): number => {
  let sum = 0
  for (const [stem, weight] of one.direction) sum += weight * (other.direction.get(stem) ?? 0)
  return sum / (one.norm * other.norm)
}

/** What each gains from the best ones that it resembles: texts about one thing answer the same questions. */
const kinship = (
  scores: ReadonlyArray<number>,
  found: ReadonlyArray<Parsed>,
  weight: number
): ReadonlyArray<number> => {
  const having = new Map<string, number>()
  for (const { stems } of found) for (const stem of stems.keys()) add(having, stem, 1)
  const directions = found.map((each) => directionOf(each, having, found.length))
  const best = scores
    .map((score, place) => ({ score, place }))
    .sort((one, other) => other.score - one.score)
    .slice(0, BEST)
  return found.map((each, place) => {
    const own = directions[place]
    let sum = 0
    for (const lead of best) {
      const direction = directions[lead.place]
      if (own === undefined || direction === undefined || found[lead.place]?.whole === each.whole) continue
      sum += lead.score * likeness(direction, own)
    }
    return (weight * sum) / BEST
  })
}

/** One of the found in its place. */
export interface Ranked<A> {
  readonly item: A
  /** How much it says of the question, better ones more: about 1 where it has every word once, 0 where it has none. */
  readonly score: number
}

/** What was found, best first; of equals, the one that was found first. */
export const rank = <A>(found: Found<A>, view: (item: A) => View, weights: Weights): ReadonlyArray<Ranked<A>> => {
  if (found.items.length === 0) return []
  const question = questionOf(found)
  const asked = new Set(question.map(({ stem }) => stem))
  const parsed = found.items.map((item) => parse(view(item), asked, weights.title))
  const own = relevance(question, parsed, weights)
  const kin = kinship(own, parsed, weights.kinship)
  const whole = question.reduce((sum, { tells }) => sum + tells * (1 + weights.exact), 0) || 1
  return found.items
    .map((item, place) => ({ item, score: ((own[place] ?? 0) + (kin[place] ?? 0)) / whole }))
    .sort((one, other) => other.score - one.score)
}
