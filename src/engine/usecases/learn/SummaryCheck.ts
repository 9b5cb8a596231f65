/** Decides whether what a model wrote may replace messages as their summary. */
import * as Either from "effect/Either"
import type { Count } from "../../ports/Tokenizer.js"
import { cut } from "../../text/Sentences.js"

/** A summary is cut first at this many characters for each token of its limit: cheap, and enough for most languages. */
const CHARACTERS_PER_TOKEN = 7
/** A summary has at most this many times the requested tokens, because models count badly. */
const MAX_EXCESS = 2
/** A summary has at least one token for this many of the tokens that it replaces. */
const MAX_COMPRESSION = 1000
/** Even the summary of a few words is more than "ok". */
const MIN_TOKENS = 2
/** A summary has at least this share of the tokens of the one before it, which it continues. */
const MIN_SHARE_OF_PREVIOUS = 0.2

/** How models refuse. Summaries are in the third person, so that none begins like this. */
const refusal = new RegExp(
  `^["'*\\s]*(?:${[
    "(?:i['’]m|i am)(?: \\w+)? (?:sorry|unable|not able)",
    "(?:i )?apologi[sz]e|my apologies|sorry",
    "i (?:can(?:['’]t|not| not)|won['’]t|will not|must decline)",
    "as an (?:ai|artificial intelligence) (?:language )?(?:model|assistant)",
    "unfortunately,? i ",
    "es tut mir leid|leider kann ich|lo siento|(?:je suis )?désolée?|mi dispiace|desculpe|sinto muito|lamento",
    "很?抱歉|对不起|對不起|申し訳|すみません|죄송|к сожалению, я|извините|простите"
  ].join("|")})`,
  "iu"
)

/** The messages that a summary replaces, and its limit. */
export interface Replaced {
  /** The requested limit of its tokens. */
  readonly limit: number
  /** The tokens of the messages that it replaces, as the model was shown them. */
  readonly messages: number
  /** The summary before it, if there was one. */
  readonly previous: string | null
}

/** The start of a text that has at most this many tokens. */
const within = (text: string, most: number, count: Count): string => {
  let start = text
  for (let tokens = count(start); tokens > most; tokens = count(start)) {
    const [shorter = ""] = cut(start, Math.max(1, Math.floor((start.length * most) / (tokens + 1))))
    if (shorter === "" || shorter.length >= start.length) return shorter
    start = shorter
  }
  return start
}

/** The summary in a bounded length, or why it is none. */
export const checked = (
  text: string,
  finish_reason: string,
  { limit, messages, previous }: Replaced,
  count: Count
): Either.Either<string, string> => {
  const [start = ""] = cut(text.trim(), limit * CHARACTERS_PER_TOKEN)
  if (start === "") return Either.left("is empty")
  if (finish_reason === "content_filter" || refusal.test(start)) return Either.left("is a refusal")
  const before = Math.min(limit, previous === null ? 0 : count(previous))
  const least = Math.min(limit, Math.max(MIN_TOKENS, messages / MAX_COMPRESSION, before * MIN_SHARE_OF_PREVIOUS))
  return count(start) < least
    ? Either.left("is too short for what it replaces")
    : Either.right(within(start, limit * MAX_EXCESS, count))
}
