import { type Block, blocksOf } from "./blocks.js"
import type { Quotable } from "./conversation.js"
import { indexable } from "./markup.js"
import type { Query } from "./question.js"
import type { Words } from "./stems.js"

/** A block with its words and the words around it. */
export interface Indexed {
  readonly block: Block
  readonly words: ReadonlyArray<string>
  readonly lead: ReadonlyArray<string>
  /** The words of the title and of each heading, outermost first. */
  readonly headings: ReadonlyArray<ReadonlyArray<string>>
}

const nothing: ReadonlyArray<string> = []

/** The words of the heading right above a block. */
export const topicOf = ({ headings }: Indexed): ReadonlyArray<string> => headings.at(-1) ?? nothing

/** Cuts passages into blocks and reads the words of each text once. */
export const indexPassages = (passages: ReadonlyArray<Quotable>, words: Words): Array<Indexed> => {
  const known = new Map<Block | string, ReadonlyArray<string>>()
  const wordsOf = (key: Block | string): ReadonlyArray<string> => {
    const before = known.get(key)
    if (before !== undefined) return before
    const made = words.of(typeof key === "string" ? indexable(key) : indexable(key.text, key.kind === "code"))
    known.set(key, made)
    return made
  }
  return passages.flatMap((passage) =>
    blocksOf(passage).map((block) => ({
      block,
      words: wordsOf(block),
      lead: block.lead === undefined ? nothing : wordsOf(block.lead),
      headings: [passage.title, ...block.headings].flatMap((heading) => (heading === "" ? [] : [wordsOf(heading)]))
    }))
  )
}

/** Every word of the texts. */
export const vocabularyOf = (indexed: ReadonlyArray<Indexed>): ReadonlySet<string> => {
  const vocabulary = new Set<string>()
  for (const { headings, words } of indexed) {
    for (const list of [words, ...headings]) for (const word of list) vocabulary.add(word)
  }
  return vocabulary
}

/** For each term of the query, the strength of its best match among the words, or 0. */
export const matchStrengths = (query: Query, words: ReadonlyArray<string>): Array<number> => {
  const met = query.terms.map(() => 0)
  for (const word of words) {
    const matches = query.matches.get(word)
    if (matches === undefined) continue
    for (const [term, strength] of matches) if (strength > (met[term] ?? 0)) met[term] = strength
  }
  return met
}
