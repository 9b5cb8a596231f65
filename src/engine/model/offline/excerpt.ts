import type { Block } from "./blocks.js"
import { matchStrengths, topicOf } from "./indexing.js"
import { indexable } from "./markup.js"
import type { Query } from "./question.js"
import { type Ranked, sum } from "./rankBlocks.js"
import { sentences } from "./sentences.js"
import type { Words } from "./stems.js"

const SHORT = 280
const MAX_LIST = 1200
const MAX_SECTION = 600

const leansBack = /^(?:it|this|that|these|those|they|he|she|however|but|so|then|otherwise|also|instead|in this case)\b/i
const leansOn = /^(?:it|this|that|these|those|they|he|she|to do|for example|if|use|run|instead|otherwise)\b/i

const worthOf = (query: Query, met: ReadonlyArray<number>): number =>
  sum(met.map((one, term) => one * (query.terms[term]?.weight ?? 0)))

/** The one to three sentences of a paragraph that answer best, in their order. */
export const bestSentences = (text: string, query: Query, words: Words): string => {
  const all = sentences(text)
  if (all.length <= 2 || text.length <= SHORT) return text
  const scores = all.map((sentence) => worthOf(query, matchStrengths(query, words.of(indexable(sentence)))))
  const best = scores.indexOf(Math.max(...scores))
  const score = (index: number) => scores[index] ?? 0
  const sentence = (index: number) => all[index] ?? ""
  let [first, last] = [best, best]
  if (best > 0 && (leansBack.test(sentence(best)) || score(best - 1) >= 0.6 * score(best))) first--
  const goesOn =
    /[?:]$/.test(sentence(best)) || leansOn.test(sentence(best + 1)) || score(best + 1) >= 0.5 * score(best)
  if (best + 1 < all.length && goesOn) last++
  return all.slice(first, last + 1).join(" ")
}

const bullet = (block: Block): string => (block.kind === "code" ? block.text : block.marker + block.text)

/** The first blocks of a list, as many as fit, so that a long table does not become the answer. */
const listed = (blocks: ReadonlyArray<Block>): Array<string> => {
  const lines: Array<string> = []
  let length = 0
  for (const block of blocks) {
    length += block.text.length
    if (lines.length > 0 && length > MAX_LIST) break
    lines.push(bullet(block))
  }
  return lines
}

/** A block with those under the same heading. */
interface Place {
  readonly best: Ranked
  readonly query: Query
  readonly words: Words
  readonly siblings: ReadonlyArray<Ranked>
  readonly here: ReadonlyArray<Block>
}

const isCode = (block: Block): boolean => block.kind === "code"

const led = (here: ReadonlyArray<Block>, by: Block, isKind: (block: Block) => boolean): ReadonlyArray<Block> =>
  here.filter((one) => one.lead === by && isKind(one))

/** The code of a block: the code that it introduces. For a how-to question, else the nearest code under its heading. */
const codeFor = ({ here, query }: Place, block: Block): ReadonlyArray<string> => {
  const own = led(here, block, isCode)[0]
  const at = here.indexOf(block)
  const near = query.answerType.howTo
    ? (here.slice(at + 1).find(isCode) ?? here.slice(0, at).findLast(isCode))
    : undefined
  const found = own ?? near
  return found === undefined ? [] : [found.text]
}

/** The sentence that introduces a block. */
const introduction = (lead: Block | undefined): ReadonlyArray<string> => {
  if (lead === undefined) return []
  return [lead.text.length <= 200 ? lead.text : (sentences(lead.text).at(-1) ?? "")]
}

/** Whether the heading covers more of the question than the block itself. */
const answersByHeading = ({ best, query }: Place): boolean => {
  const heading = worthOf(query, matchStrengths(query, topicOf(best.indexed)))
  const own = worthOf(query, best.own)
  const whole = query.terms.reduce((total, { weight }) => total + weight, 0)
  return heading > 0 && own < 0.85 * heading && (heading >= 0.85 * whole || own < 0.5 * heading)
}

/** The first blocks below a heading, as many as fit. */
const fromSection = ({ here, query }: Place): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let length = 0
  let hasCode = false
  for (const one of here) {
    const fits = length + one.text.length <= MAX_SECTION || (query.answerType.howTo && isCode(one) && !hasCode)
    if (parts.length > 0 && !fits) break
    hasCode ||= isCode(one)
    length += one.text.length
    parts.push(one.kind === "text" || isCode(one) ? one.text : bullet(one))
  }
  return parts
}

const fromParagraph = (place: Place, block: Block): ReadonlyArray<string> => {
  const { here, query, words } = place
  const colon = block.text.endsWith(":")
  return [
    colon ? block.text : bestSentences(block.text, query, words),
    ...(colon || query.answerType.list
      ? listed(led(here, block, (one) => one.kind === "item" || one.kind === "row"))
      : []),
    ...(colon || query.answerType.howTo ? codeFor(place, block) : [])
  ]
}

const fromList = (place: Place, block: Block): ReadonlyArray<string> => {
  const { best, query, siblings } = place
  const rivals = siblings.filter(
    ({ indexed, score }) =>
      indexed.block.kind === block.kind && indexed.block.lead === block.lead && score >= 0.75 * best.score
  )
  const chosen = rivals.length <= 3 || query.answerType.list ? rivals.map(({ indexed }) => indexed.block) : [block]
  const intro = block.lead?.text.endsWith(":") ? introduction(block.lead) : []
  return [
    ...intro,
    ...(intro.length === 0 && chosen.length === 1 ? [block.text] : listed(chosen)),
    ...(query.answerType.howTo || block.text.endsWith(":") ? codeFor(place, block) : [])
  ]
}

const joined = (parts: ReadonlyArray<string>): string =>
  parts.reduce((text, part) => {
    if (text === "") return part
    const gap = /^(?:-|\d{1,3}[.)]) /.test(part) ? "\n" : part.startsWith("```") || text.endsWith("```") ? "\n\n" : " "
    return text + gap + part
  }, "")

/** A block as an answer: with its introduction, its code and its list. */
export const excerpt = (best: Ranked, all: ReadonlyArray<Ranked>, query: Query, words: Words): string => {
  const { block } = best.indexed
  const siblings = all.filter(
    ({ indexed }) => indexed.block.passage === block.passage && indexed.block.section === block.section
  )
  const place = { best, query, words, siblings, here: siblings.map(({ indexed }) => indexed.block) }
  if (isCode(block)) return joined([...introduction(block.lead), block.text])
  if (answersByHeading(place)) return joined(fromSection(place))
  return joined(block.kind === "text" ? fromParagraph(place, block) : fromList(place, block))
}
