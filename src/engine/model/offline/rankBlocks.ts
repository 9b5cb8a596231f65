import type { Block } from "./blocks.js"
import type { Quotable } from "./conversation.js"
import { type Indexed, matchStrengths, topicOf } from "./indexing.js"
import type { Query } from "./question.js"
import { WEAK } from "./stems.js"
import { specificity, suitability, trust } from "./suitability.js"

/** A block and its score. `own` and `covered` are the strengths of the terms: in the block alone, and with its surroundings. */
export interface Ranked {
  readonly indexed: Indexed
  readonly score: number
  readonly coverage: number
  readonly own: ReadonlyArray<number>
  readonly covered: ReadonlyArray<number>
}

interface Hit {
  readonly at: number
  readonly term: number
  readonly strength: number
}

const hitsOf = (query: Query, words: ReadonlyArray<string>): ReadonlyArray<Hit> => {
  const hits: Array<Hit> = []
  for (let at = 0; at < words.length; at++) {
    const matches = query.matches.get(words[at] ?? "")
    if (matches !== undefined) for (const [term, strength] of matches) hits.push({ at, term, strength })
  }
  return hits
}

/** The bonus for neighbouring terms of the question that are close together in the words. */
const proximity = (hits: ReadonlyArray<Hit>, worth: ReadonlyArray<number>): number => {
  if (hits.length < 2) return 0
  const last = worth.map(() => -1000)
  const best = worth.map(() => 0)
  for (const { at, term } of hits) {
    for (const beside of [term - 1, term + 1]) {
      const distance = at - (last[beside] ?? -1000)
      const bonus = distance <= 2 ? 0.4 : distance <= 5 ? 0.15 : 0
      const pair = Math.min(term, beside)
      if (bonus > 0) best[pair] = Math.max(best[pair] ?? 0, bonus * Math.min(worth[term] ?? 0, worth[beside] ?? 0))
    }
    last[term] = at
  }
  return sum(best)
}

export const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, one) => total + one, 0)

const greatest = (left: ReadonlyArray<number>, right: ReadonlyArray<number>): Array<number> =>
  left.map((one, index) => Math.max(one, right[index] ?? 0))

const scaled = (numbers: ReadonlyArray<number>, factor: number): Array<number> => numbers.map((one) => one * factor)

/**
 * Ranks blocks by BM25 over their own words, with the words around them (headings, title, lead, the rest of the section)
 * as weaker evidence, a bonus for neighbouring terms, and factors for the kind of question.
 */
export const rank = (indexed: ReadonlyArray<Indexed>, query: Query): Array<Ranked> => {
  const hits = indexed.map((one) => hitsOf(query, one.words))
  const none = query.terms.map(() => 0)
  const owns = hits.map((some) => {
    const own = [...none]
    for (const { strength, term } of some) own[term] = Math.max(own[term] ?? 0, strength)
    return own
  })
  const found = hits.map((some) => {
    const counts = [...none]
    for (const { strength, term } of some) counts[term] = (counts[term] ?? 0) + strength
    return counts
  })
  const average = sum(indexed.map((one) => one.words.length)) / Math.max(1, indexed.length)
  // Smoothing: ten imaginary blocks keep a handful of candidates from deciding which terms are rare.
  const total = indexed.length + 10
  const worth = query.terms.map(({ weight }, term) => {
    const having = found.filter((one) => (one[term] ?? 0) > 0).length
    return weight * Math.log(1 + (total - having + 0.5) / (having + 0.5))
  })
  const weigh = (met: ReadonlyArray<number>) => sum(met.map((one, term) => one * (worth[term] ?? 0)))
  const hasSubject = query.terms.some(({ weight }) => weight > WEAK)
  const subject = worth.map((one, term) => (hasSubject && (query.terms[term]?.weight ?? 0) <= WEAK ? one / 2 : one))
  const weighSubject = (met: ReadonlyArray<number>) => sum(met.map((one, term) => one * (subject[term] ?? 0)))
  const subjectWeight = sum(subject)

  const sections = new Map<Quotable, Map<number, Array<number>>>()
  const withCode = new Set<Block | undefined>()
  const leading = new Set<Block | undefined>()
  indexed.forEach(({ block }, index) => {
    const ofPassage = sections.get(block.passage) ?? new Map<number, Array<number>>()
    sections.set(block.passage, ofPassage)
    const own = owns[index] ?? []
    leading.add(block.lead)
    if (block.kind === "code") withCode.add(block.lead)
    ofPassage.set(block.section, greatest(own, ofPassage.get(block.section) ?? []))
  })

  const met = new Map<ReadonlyArray<string>, Array<number>>()
  const meetOnce = (words: ReadonlyArray<string>): Array<number> => {
    const known = met.get(words) ?? matchStrengths(query, words)
    met.set(words, known)
    return known
  }
  const strong = query.terms.flatMap(({ weight }, term) => (weight > 0.5 ? [term] : []))
  const rarest = worth.indexOf(Math.max(...worth))

  // The engine lists the most relevant passages first.
  const order = new Map<Quotable, number>()
  for (const { block } of indexed) if (!order.has(block.passage)) order.set(block.passage, order.size)
  const prior = (passage: Quotable): number =>
    1 + (passage.origin === "doc" ? 0.15 / (1 + (order.get(passage) ?? 0)) : 0)

  let previous: Block | undefined
  return indexed.map((one, index): Ranked => {
    const { block } = one
    const own = owns[index] ?? []
    const inner = meetOnce(topicOf(one))
    const outer = one.headings.slice(0, -1).map(meetOnce).reduce(greatest, none)
    const lead = meetOnce(one.lead)
    const section = sections.get(block.passage)?.get(block.section) ?? []
    const around = [scaled(inner, 0.75), scaled(outer, 0.5), scaled(lead, 0.6), scaled(section, 0.25)]
    const context = around.reduce(greatest)
    const length = 0.6 + 0.4 * (one.words.length / Math.max(1, average))
    const frequency = (found[index] ?? []).map(
      (count, term) => ((own[term] ?? 0) * (count * 1.7)) / (count + 0.7 * length)
    )
    const both = frequency.map((value, term) =>
      value > 0 ? value + 0.4 * (context[term] ?? 0) : 0.8 * (context[term] ?? 0)
    )
    const above = greatest(inner, outer)
    const opens = previous?.passage !== block.passage || previous.section !== block.section
    previous = block
    const standing = {
      opens,
      code: withCode.has(block),
      anything: leading.has(block),
      heading: strong.length > 0 && strong.every((term) => (above[term] ?? 0) > 0.5) ? specificity(one, query) : 0,
      first: query.matches.get(one.words[0] ?? "")?.some(([term]) => term === rarest) ?? false
    }
    const near = proximity(hits[index] ?? [], worth) + 0.6 * proximity(hitsOf(query, topicOf(one)), worth)
    const score = weigh(both) + near + (opens ? 0.25 * weigh(inner) : 0)
    const covered = [own, scaled(inner, 0.95), scaled(outer, 0.8), scaled(lead, 0.9), scaled(section, 0.6)]
    const coveredTerms = covered.reduce(greatest)
    const coverage = subjectWeight === 0 ? 0 : weighSubject(coveredTerms) / subjectWeight
    return {
      indexed: one,
      own,
      covered: coveredTerms,
      coverage,
      score:
        score *
        prior(block.passage) *
        (0.4 + 0.6 * coverage) *
        suitability(one, query, standing) *
        trust(block.passage.origin, query)
    }
  })
}
