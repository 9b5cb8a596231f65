/** Counts tokens of OpenAI's models with the package `gpt-tokenizer`, or estimates them if it is not installed. */
import { createRequire } from "node:module"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Count, estimateTokens, Tokenizer } from "../ports/Tokenizer.js"
import { Bounded } from "../text/Bounded.js"

/** The part of the package that is used. Special tokens in a text are counted as plain text. */
interface Encoding {
  readonly countTokens: (
    text: string,
    options: { readonly allowedSpecial: ReadonlySet<string>; readonly disallowedSpecial: ReadonlySet<string> }
  ) => number
}

type Load = () => Encoding

const load = (encoding: string): Encoding => createRequire(import.meta.url)(`gpt-tokenizer/encoding/${encoding}`)
const newer: Load = () => load("o200k_base")
const older: Load = () => load("cl100k_base")

/** The encodings of models, by the prefix of their names. */
const encodings: ReadonlyArray<readonly [RegExp, Load]> = [
  [/^(gpt-4o|chatgpt-4o|gpt-4\.1|gpt-5|gpt-oss|o[134])/, newer],
  [/^(gpt-4|gpt-3\.5)/, older]
]

const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }

/** Characters. Counting a run without a space takes quadratic time, so longer texts are counted in pieces. */
const PIECE = 4000
const pieces = new RegExp(`[\\s\\S]{1,${PIECE}}(?=\\s|$)|[\\s\\S]{1,${PIECE}}`, "g")

/** The capacity of the cache of counts, in characters: each turn counts the texts of its conversation again. */
const CACHED_CHARACTERS = 4_000_000

const counting = ({ countTokens }: Encoding): Count => {
  const known = new Bounded<string, number>(CACHED_CHARACTERS, (_, text) => text.length)
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const tokens = (text.match(pieces) ?? []).reduce((sum, piece) => sum + countTokens(piece, asText), 0)
    known.set(text, tokens)
    return tokens
  }
}

/** Counts with the tokenizer of the model if it is known and installed. An encoding is loaded when it is first used. */
export const layer: Layer.Layer<Tokenizer> = Layer.effect(
  Tokenizer,
  Effect.sync(() => {
    const loaded = new Map<Load, Count>()
    const counted = (load: Load): Count => {
      try {
        return counting(load())
      } catch {
        // The package is optional.
        return estimateTokens
      }
    }
    const countOf = (load: Load): Count => {
      const count = loaded.get(load) ?? counted(load)
      loaded.set(load, count)
      return count
    }
    return {
      of: (model) => {
        const name = model.slice(model.lastIndexOf("/") + 1)
        const load = encodings.find(([pattern]) => pattern.test(name))?.[1]
        return load === undefined ? estimateTokens : countOf(load)
      }
    }
  })
)
