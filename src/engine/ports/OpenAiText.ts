/** What OpenAI's text completions have beyond chat completions, for whoever answers the ones with the others. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { JsonObject } from "../../schema/Field.js"

/** Members of text completions that no chat has, with a test for the values that ask for something. */
const members: Readonly<Record<string, (value: unknown) => boolean>> = {
  echo: (value) => value !== false,
  suffix: (value) => value !== "",
  best_of: (value) => value !== 1,
  logprobs: () => true
}

/** The first member of a text completion that a chat cannot honour. */
export const textBeyondChat = (request: JsonObject): string | undefined =>
  Object.keys(members).find((name) => Predicate.isNotNullable(request[name]) && members[name]?.(request[name]))

/** Why a prompt has no texts. `tokens`: it is well formed, and a list of tokens. */
export interface PromptIssue {
  readonly message: string
  readonly tokens: boolean
}

const isTokens = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Predicate.isNumber(token))

/** The texts of a prompt: one, or a list of at least one. */
export const promptsOf = (prompt: unknown): Either.Either<ReadonlyArray<string>, PromptIssue> => {
  if (typeof prompt === "string") return Either.right([prompt])
  if (!Array.isArray(prompt) || prompt.length === 0) {
    return Either.left({ message: "must be a string, or a list of at least one string", tokens: false })
  }
  if (prompt.every(Predicate.isString)) return Either.right(prompt)
  return isTokens(prompt) || prompt.every(isTokens)
    ? Either.left({ message: "a chat model reads text, not tokens. Give strings.", tokens: true })
    : Either.left({ message: "must be a string, or a list of strings", tokens: false })
}
