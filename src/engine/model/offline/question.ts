import { isWeak, synonyms, WEAK, type Words, weightOf } from "./stems.js"

/** The kind of answer that a question asks for. */
export interface AnswerType {
  /** Steps or a command: blocks of code are welcome. */
  readonly howTo: boolean
  readonly figure: boolean
  readonly reason: boolean
  readonly definition: boolean
  /** Several things: a whole list is welcome. */
  readonly list: boolean
  /** About the user. */
  readonly personal: boolean
  /** About the agent. */
  readonly agent: boolean
  /** About earlier replies. */
  readonly replies: boolean
}

/** A question as the ranking reads it. */
export interface Query {
  readonly terms: ReadonlyArray<{ readonly stem: string; readonly weight: number }>
  /** The terms that a stem matches, each with a strength: 1 for the word itself. */
  readonly matches: ReadonlyMap<string, ReadonlyArray<readonly [term: number, strength: number]>>
  readonly answerType: AnswerType
}

const MAX_TERMS = 40

/** The kind of answer that a question asks for, by its wording. */
export const answerTypeOf = (question: string): AnswerType => {
  const asks = (pattern: RegExp) => pattern.test(question)
  const howTo = asks(
    /\bhow (?:do|can|to|would|should|could|does one|must|might)\b|\bcommands?\b|\bsnippet|\bcode\b|\bsyntax\b|\bsteps?\b/i
  )
  return {
    howTo,
    figure: asks(
      /\bhow (?:long|many|much|old|often|far|big|large|fast)\b|\bwhen\b|\bwhat (?:time|date|day|year|version)\b/i
    ),
    reason: asks(/\bwhy\b|\breason/i),
    definition: asks(/\bwhat(?:'s| is| are| does)\b|\bdefin|\bmeaning\b/i),
    list: asks(/\b(?:list|which|all|what (?:are|kinds?|types?|options|other)|options|features|ways)\b/i),
    personal:
      !howTo &&
      asks(/\b(?:my|mine|me)\b|\b(?:am|was|were|did|have|do) i\b(?! (?:need|have to|use|set|get|run|make|install))/i),
    agent: asks(/\byour?(?:self)?\b/i) && !asks(/\b(?:can|could|would|will|do|did) you\b|\byou can\b/i),
    replies: asks(/\b(?:did|have|had) you\b|\byou(?:'ve)? (?:just )?(?:said|say|told|mention|answer)/i)
  }
}

/** Whether one edit turns one word into the other. */
const nearly = (left: string, right: string): boolean => {
  if (Math.abs(left.length - right.length) > 1) return false
  let start = 0
  while (start < left.length && left[start] === right[start]) start++
  let end = 0
  const shared = Math.min(left.length, right.length) - start
  while (end < shared && left.at(-1 - end) === right.at(-1 - end)) end++
  const swapped =
    left.length === right.length &&
    left[start] === right[start + 1] &&
    left[start + 1] === right[start] &&
    start + end + 2 === left.length
  return swapped || Math.max(left.length, right.length) - start - end <= 1
}

/** The strength at which an unknown word of the question matches a word of the texts: as a typo, or as a longer form. */
const resemblance = (word: string, other: string): number => {
  const shorter = Math.min(word.length, other.length)
  if (shorter < 4 || /\d/.test(other)) return 0
  if (shorter >= 5 && (word.startsWith(other) || other.startsWith(word))) return 0.6
  return shorter >= 5 && word[0] === other[0] && nearly(word, other) ? 0.7 : 0
}

/**
 * The terms of a question, each with the words of the texts that match it. `previous` is the question before: a short
 * one ("and how do I turn it off?") refers to it.
 */
export const queryOf = (question: string, previous: string, vocabulary: ReadonlySet<string>, words: Words): Query => {
  const stems = words.of(question).slice(0, MAX_TERMS)
  const matches = new Map<string, Array<readonly [number, number]>>()
  const terms: Array<{ stem: string; weight: number }> = []
  const match = (stem: string, term: number, strength: number) => {
    const all = matches.get(stem)
    if (all === undefined) matches.set(stem, [[term, strength]])
    else if (!all.some(([index]) => index === term)) all.push([term, strength])
  }
  const addTerm = (stem: string, weight: number) => {
    if (terms.some((term) => term.stem === stem)) return
    const index = terms.push({ stem, weight }) - 1
    match(stem, index, 1)
    for (const synonym of synonyms(stem)) match(synonym, index, 0.5)
    if (vocabulary.has(stem)) return
    for (const known of vocabulary) {
      const strength = resemblance(stem, known)
      if (strength > 0) match(known, index, strength)
    }
  }
  // The parts of an identifier weigh less than the identifier itself.
  const parts = new Set(
    [...question.matchAll(/[\p{L}\p{N}]{1,80}/gu)].flatMap(([word]) => {
      const split = words.of(word)
      return split.length > 1 && /[a-z][A-Z]/.test(word) ? split.slice(0, -1) : []
    })
  )
  for (const stem of stems) addTerm(stem, Math.min(weightOf(stem), parts.has(stem) ? 0.4 : 1))
  // "time out" matches "timeout".
  stems.forEach((stem, index) => {
    const compound = stem + (stems[index + 1] ?? "")
    if (compound === stem || !vocabulary.has(compound)) return
    for (const part of [stem, stems[index + 1]]) {
      const term = terms.findIndex((one) => one.stem === part)
      if (term !== -1) match(compound, term, 1)
    }
  })
  const strong = terms.filter((term) => term.weight > WEAK).length
  const leans =
    strong < 2 && /\b(?:it|its|that|those|they|them|one|else)\b|^(?:and|what about|how about)\b/i.test(question)
  if (leans) {
    const before = [...new Set(words.of(previous))].filter((stem) => !isWeak(stem)).slice(0, MAX_TERMS)
    // The previous question helps to distinguish passages, but must not outweigh this one.
    for (const stem of before) addTerm(stem, strong === 0 ? 0.4 : Math.min(0.4, 0.8 / before.length))
  }
  return { terms, matches, answerType: answerTypeOf(question) }
}
