import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Content } from "../../schema/Message.js"

/** Counts the tokens of a text: an integer, 0 for the empty text. */
export type Count = (text: string) => number

/** Most texts have none, and a regular expression finds that out faster than a loop over the characters. */
const surrogate = /[\ud800-\udbff]/

/** The length in code points: a surrogate pair is one. */
const characters = (text: string): number => {
  if (!surrogate.test(text)) return text.length
  let pairs = 0
  for (let index = 0; index < text.length - 1; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0xd800 || unit > 0xdbff) continue
    const next = text.charCodeAt(index + 1)
    if (next >= 0xdc00 && next <= 0xdfff) pairs++
  }
  return text.length - pairs
}

/** Most texts have no such character, and a test finds that out faster than a replacement. */
const beyondLetters = /[\u0900-\uffff]/
/**
 * Characters of scripts that tokenizers cut into single characters: those of India, Southeast Asia and Ethiopia, Chinese,
 * Japanese and Korean.
 */
const dense =
  /[\u0900-\u109f\u1200-\u139f\u1780-\u18af\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[\ud840-\ud88f][\udc00-\udfff]/g

/**
 * The estimate of tokens: characters / 3.5, rounded down, as the API documents it. Chinese, Japanese, Korean, Thai and
 * scripts like them count one token a character, and two if the character is rare.
 */
export const estimateTokens = (text: string): number => {
  if (!beyondLetters.test(text)) return Math.floor(text.length / 3.5)
  const rest = text.replace(dense, "")
  return Math.floor(characters(rest) / 3.5) + text.length - rest.length
}

/** The tokens of a message's content: its text parts counted as one text, images as nothing. */
export const countContent = (content: Content, count: Count = estimateTokens): number =>
  count(typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "")).join(""))

/** Counts tokens for a model. */
export class Tokenizer extends Context.Tag("effect-julep/engine/Tokenizer")<Tokenizer, Tokenizer.Service>() {
  /** The API's documented estimate, good enough for budgets and the same on every machine. */
  static readonly layer: Layer.Layer<Tokenizer> = Layer.succeed(Tokenizer, {
    of: () => Effect.succeed(estimateTokens)
  })
}

export declare namespace Tokenizer {
  interface Service {
    /** The counter for a model, by its name. The first one of a kind may have to be loaded. */
    readonly of: (model: string) => Effect.Effect<Count>
  }
}
