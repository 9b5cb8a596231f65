/** What the fake endpoint answers to text completions, embeddings and requests for its models. */
import type OpenAI from "openai"
import { CREATED } from "./chat.js"
import { unknownModel } from "./faults.js"
import { idOf, words } from "./sample.js"

/** The prompts of a request: one text, one list of tokens, or a list of either. */
const promptsOf = (given: unknown): ReadonlyArray<string> => {
  if (!Array.isArray(given)) return [String(given ?? "")]
  if (given.every((token) => typeof token === "number")) return [`<${given.length} tokens>`]
  return given.map((each) => (typeof each === "string" ? each : `<${Array.isArray(each) ? each.length : 0} tokens>`))
}

export const textCompletionOf = (request: OpenAI.CompletionCreateParams): OpenAI.Completion => {
  const { echo, logprobs, model, n, prompt, suffix } = request
  const prompts = promptsOf(prompt)
  const choices = prompts.flatMap((each, at) =>
    Array.from({ length: n ?? 1 }, (_, which): OpenAI.CompletionChoice => {
      const text = `${echo ? each : ""} and so on${which === 0 ? "" : ` (${which})`}${suffix ?? ""}`
      const tokens = [...words(text)]
      return {
        index: at * (n ?? 1) + which,
        text,
        logprobs:
          logprobs == null
            ? null
            : {
                tokens,
                token_logprobs: tokens.map((_, index) => -0.5 * (index + 1)),
                top_logprobs: tokens.map((token) => ({ [token]: -0.5 })),
                text_offset: tokens.map((_, index) => index)
              },
        finish_reason: "stop"
      }
    })
  )
  const prompt_tokens = words(prompts.join(" ")).length
  const completion_tokens = words(choices.map(({ text }) => text).join(" ")).length
  return {
    id: idOf("cmpl-", request),
    object: "text_completion",
    created: CREATED,
    model: `${model}-2025-01-01`,
    choices,
    system_fingerprint: "fp_44709d6fcb",
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
  }
}

/** The same answer as events. OpenAI sends events of the same shape as the whole completion. */
export function* textChunksOf(request: OpenAI.CompletionCreateParams): Generator<object> {
  const { choices, usage, ...head } = textCompletionOf(request)
  for (const choice of choices) {
    for (const text of words(choice.text)) yield { ...head, choices: [{ ...choice, text, finish_reason: null }] }
    yield { ...head, choices: [{ ...choice, text: "", logprobs: null }] }
  }
  if (request.stream_options?.include_usage === true && usage !== undefined) yield { ...head, choices: [], usage }
}

/** A vector that depends on the text alone. */
const vectorOf = (text: string, dimensions: number): Array<number> =>
  Array.from({ length: dimensions }, (_, index) => Math.fround(((text.charCodeAt(index % text.length) || 1) % 17) / 17))

export const embeddingsOf = (request: OpenAI.EmbeddingCreateParams) => {
  const inputs = promptsOf(request.input)
  const vectors = inputs.map((input) => vectorOf(input, request.dimensions ?? 8))
  const tokens = words(inputs.join(" ")).length
  return {
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding:
        request.encoding_format === "base64" ? Buffer.from(new Float32Array(vector).buffer).toString("base64") : vector
    })),
    model: request.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens }
  }
}

const models: ReadonlyArray<OpenAI.Model> = ["echo", "two-calls", "vendor/think", "embed"].map((id, index) => ({
  id,
  object: "model",
  created: CREATED + index,
  owned_by: id.includes("/") ? "vendor" : "system"
}))

export const modelList = { object: "list", data: models }

/** A model by its id. */
export const modelOf = (id: string) => models.find((model) => model.id === id) ?? unknownModel(id)
