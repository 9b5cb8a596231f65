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
export const unsupportedByChat = (request: JsonObject): string | undefined =>
  Object.keys(members).find((name) => Predicate.isNotNullable(request[name]) && members[name]?.(request[name]))

/** Why a prompt has no texts. `tokens`: it is well formed, and a list of tokens. */
export interface PromptIssue {
  readonly message: string
  readonly tokens: boolean
}

const isTokens = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Predicate.isNumber(token))

/** How many choices a text completion may have, as each prompt is a call of the model. */
const CHOICES = 2048

/** The texts of the prompt of a text completion: one, or a list of at least one. */
export const promptsOf = ({ n, prompt }: JsonObject): Either.Either<ReadonlyArray<string>, PromptIssue> => {
  const count = (Array.isArray(prompt) ? prompt.length : 1) * (Predicate.isNumber(n) ? Math.max(n, 1) : 1)
  const bounded = (texts: ReadonlyArray<string>): Either.Either<ReadonlyArray<string>, PromptIssue> =>
    count <= CHOICES
      ? Either.right(texts)
      : Either.left({ message: `must be at most ${CHOICES} prompts times n, not ${count}`, tokens: false })
  if (typeof prompt === "string") return bounded([prompt])
  if (!Array.isArray(prompt) || prompt.length === 0) {
    return Either.left({ message: "must be a string, or a list of at least one string", tokens: false })
  }
  if (prompt.every(Predicate.isString)) return bounded(prompt)
  return isTokens(prompt) || prompt.every(isTokens)
    ? Either.left({ message: "a chat model reads text, not tokens. Give strings.", tokens: true })
    : Either.left({ message: "must be a string, or a list of strings", tokens: false })
}
