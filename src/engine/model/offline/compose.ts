import type { Conversation, Quotable } from "./conversation.js"
import { bestSentences, excerpt } from "./excerpt.js"
import { indexPassages, vocabularyOf } from "./indexing.js"
import { queryOf } from "./question.js"
import { type Ranked, rank } from "./rankBlocks.js"
import { WEAK, type Words } from "./stems.js"

/** An answer, and the titles of the docs and the names of the tools that it quotes. */
export interface QuotedAnswer {
  readonly text: string
  readonly sources: ReadonlyArray<string>
}

/** Code and lists begin on a line of their own. */
const closest = (found: string): string =>
  `The closest I found:${/^\s*(```|~~~|[-*+] |\d+[.)] |\|)/.test(found) ? "\n\n" : " "}`

/** A block that covers a smaller share of the question is about something else. */
const NOTHING = 0.3
/** A block that covers a smaller share is offered as the closest one. */
const UNSURE = 0.55
/** A block that covers a larger share leaves nothing open. */
const COMPLETE = 0.8
/** The share of the question that a second block must add. */
const WORTH_ADDING = 0.25

const quoted = (text: string): string => `"${text}"`

/** A text with its source, in words that suit the source. */
export const attributed = (passage: Quotable, text: string): string => {
  switch (passage.origin) {
    case "doc": {
      const source = passage.title === "" ? "" : `(from ${quoted(passage.title)})`
      return source === "" ? text : `${text}${text.endsWith("```") ? "\n\n" : " "}${source}`
    }
    case "memory":
      return `I remember: ${quoted(text)}`
    case "turn":
      return `${passage.title} said: ${quoted(text)}`
    case "said":
      return `You said: ${quoted(text)}`
    case "user":
      return `About you I was told: ${quoted(text)}`
    case "agent":
      return `About me I was told: ${quoted(text)}`
    case "situation":
    case "instruction":
      return `I was instructed: ${quoted(text)}`
    case "replied":
      return `I said: ${quoted(text)}`
    case "given":
    case "result":
      return text
  }
}

/** The block that covers most of what the first one leaves open, if it covers enough. */
const second = (first: Ranked, ranked: ReadonlyArray<Ranked>, weights: ReadonlyArray<number>): Ranked | undefined => {
  const total = weights.reduce((sum, one) => sum + one, 0)
  let best: { readonly ranked: Ranked; readonly worth: number } | undefined
  for (const one of ranked) {
    if (one.score < 0.25 * first.score || one.indexed.block.text.endsWith(":")) continue
    const gain = weights.reduce((sum, weight, term) => {
      const missing = (first.covered[term] ?? 0) < 0.5
      return sum + (missing ? weight * (one.own[term] ?? 0) : 0)
    }, 0)
    const worth = gain * one.score
    if (gain >= WORTH_ADDING * total && worth > (best?.worth ?? 0)) best = { ranked: one, worth }
  }
  return best?.ranked
}

/** Answers a question from passages, with the best excerpt and a second one for what the first leaves open. */
export const answerFrom = (
  conversation: Pick<Conversation, "question" | "earlier">,
  passages: ReadonlyArray<Quotable>,
  words: Words
): QuotedAnswer | undefined => {
  const indexed = indexPassages(passages, words)
  const query = queryOf(conversation.question, conversation.earlier[0] ?? "", vocabularyOf(indexed), words)
  const ranked = rank(indexed, query)
  const best = ranked.reduce<Ranked | undefined>((top, one) => (one.score > (top?.score ?? 0) ? one : top), undefined)
  if (best === undefined || best.coverage < NOTHING) return undefined
  // Words such as "use" or "work" occur everywhere, so a match of these alone proves nothing.
  const isMet = (weight: number, term: number) => weight > WEAK && (best.covered[term] ?? 0) >= 0.5
  if (!query.terms.some((term, index) => isMet(term.weight, index)) && best.coverage < 0.9) return undefined
  const { passage } = best.indexed.block
  // The result of a tool need not repeat the question.
  const unsure = best.coverage < UNSURE && passage.origin !== "result"
  // A doc that hardly matches does not answer a question about the user.
  if (unsure && query.answerType.personal && passage.origin === "doc") return undefined
  const main = excerpt(best, ranked, query, words)
  const parts = [attributed(passage, main)]
  const sources = [passage]
  const other =
    best.coverage > COMPLETE
      ? undefined
      : second(
          best,
          ranked.filter((one) => !main.includes(one.indexed.block.text)),
          query.terms.map((term) => term.weight)
        )
  if (other !== undefined) {
    const { block } = other.indexed
    parts.push(attributed(block.passage, block.kind === "text" ? bestSentences(block.text, query, words) : block.text))
    sources.push(block.passage)
  }
  const titles = sources.flatMap(({ origin, title }) =>
    title !== "" && (origin === "doc" || origin === "result") ? [title] : []
  )
  return {
    text: `${unsure ? closest(parts[0] ?? "") : ""}${parts.join("\n\n")}`,
    sources: [...new Set(titles)]
  }
}
