/** Counts tokens of OpenAI's models with the package `gpt-tokenizer`, or estimates them if it is not installed. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Count, estimateTokens, Tokenizer } from "../ports/Tokenizer.js"
import { Bounded } from "../text/Bounded.js"

/** The part of the package that is used. Special tokens in a text are counted as plain text. */
interface Encoding {
  readonly countTokens: (
    text: string,
    options: { readonly allowedSpecial: Set<string>; readonly disallowedSpecial: Set<string> }
  ) => number
}

type Load = () => Promise<Encoding | undefined>

// The package is optional. Bundlers fail on a package that is missing, except where its name is a literal in a `try`.
const newer: Load = async () => {
  try {
    return await import("gpt-tokenizer/encoding/o200k_base")
  } catch {
    return undefined
  }
}
const older: Load = async () => {
  try {
    return await import("gpt-tokenizer/encoding/cl100k_base")
  } catch {
    return undefined
  }
}

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

const estimate = Effect.succeed(estimateTokens)

/** Counts with the tokenizer of the model if it is known and installed. An encoding is loaded when it is first used. */
export const layer: Layer.Layer<Tokenizer> = Layer.sync(Tokenizer, () => {
  const loaded = new Map<Load, Effect.Effect<Count>>()
  const countOf = (load: Load): Effect.Effect<Count> =>
    loaded.get(load) ??
    Effect.map(Effect.promise(load), (encoding) => {
      const count = encoding === undefined ? estimateTokens : counting(encoding)
      loaded.set(load, Effect.succeed(count))
      return count
    })
  return {
    of: (model) => {
      const name = model.slice(model.lastIndexOf("/") + 1)
      const load = encodings.find(([pattern]) => pattern.test(name))?.[1]
      return load === undefined ? estimate : countOf(load)
    }
  }
})
