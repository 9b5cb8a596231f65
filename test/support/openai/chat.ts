/** What the fake endpoint answers to a chat completion: an echo, in every shape that OpenAI's answers have. */
import type OpenAI from "openai"
import { listOf, membersOf } from "./rules.js"
import { fragments, idOf, sampleOf, textOf, words } from "./sample.js"

type Completion = OpenAI.ChatCompletion
type Choice = OpenAI.ChatCompletion.Choice
type Message = OpenAI.ChatCompletionMessage
type Request = OpenAI.ChatCompletionCreateParams

export const CREATED = 1_700_000_000

/** A member that no schema knows. */
const vendor = (model: string) => (model.includes("/") ? { vendor_trace: { shard: 7 } } : {})

/** The message before its text: what is called, refused or thought. */
const callsOf = (request: Request): Partial<Message> | undefined => {
  const { functions = [], messages, model, tool_choice, tools = [] } = request
  const last = messages.at(-1)?.role
  if (last === "tool" || last === "function" || tool_choice === "none") return undefined
  const [declared] = functions
  if (declared !== undefined) {
    return { function_call: { name: declared.name, arguments: JSON.stringify(sampleOf(declared.parameters)) } }
  }
  const chosen = membersOf(tool_choice)
  const wanted = membersOf(chosen[String(chosen["type"])])["name"]
  const named = tools.filter((tool) => wanted === undefined || membersOf(membersOf(tool)[tool.type])["name"] === wanted)
  const called = model === "two-calls" ? [...named, ...named].slice(0, 2) : named.slice(0, 1)
  if (called.length === 0) return undefined
  return {
    tool_calls: called.map((tool, index) => {
      const id = idOf("call_", messages, index)
      return tool.type === "custom"
        ? { id, type: "custom", custom: { name: tool.custom.name, input: "SELECT 1" } }
        : {
            id,
            type: "function",
            function: { name: tool.function.name, arguments: JSON.stringify(sampleOf(tool.function.parameters)) }
          }
    })
  }
}

const contentOf = (request: Request, index: number): string => {
  const format = request.response_format
  const said = textOf(request.messages.at(-1)?.content)
  if (format?.type === "json_schema") return JSON.stringify(sampleOf(format.json_schema.schema))
  if (format?.type === "json_object") return JSON.stringify({ said })
  return `You said: ${said}${index === 0 ? "" : ` (${index})`}`
}

const tokensOf = (content: string, top: number): Array<OpenAI.ChatCompletionTokenLogprob> =>
  words(content).map((token, index) => {
    const entry = { token, logprob: -0.25 * (index + 1), bytes: [...Buffer.from(token)] }
    return { ...entry, top_logprobs: Array.from({ length: top }, () => entry) }
  })

const messageOf = (request: Request, index: number): Message => {
  const { modalities, model, web_search_options } = request
  const calls = callsOf(request)
  if (calls !== undefined) return { role: "assistant", content: null, refusal: null, annotations: [], ...calls }
  if (model === "refuse")
    return { role: "assistant", content: null, refusal: "I cannot help with that.", annotations: [] }
  const content = contentOf(request, index)
  const message: Message = { role: "assistant", content, refusal: null, annotations: [] }
  if (modalities?.includes("audio")) {
    const audio = {
      id: idOf("audio_", request.messages),
      data: "UklGRg==",
      expires_at: CREATED + 60,
      transcript: content
    }
    return { ...message, content: null, audio }
  }
  const citation = { start_index: 0, end_index: 3, title: "A page", url: "https://example.com/page" }
  return {
    ...message,
    ...(web_search_options == null ? {} : { annotations: [{ type: "url_citation", url_citation: citation }] }),
    // What providers of reasoning models send beside the content.
    ...(model.endsWith("think") ? { reasoning_content: "Let me see. Yes." } : {}),
    ...vendor(model)
  }
}

const reasons: Readonly<Record<string, Choice["finish_reason"]>> = { length: "length", filter: "content_filter" }

const choiceOf = (request: Request, index: number): Choice => {
  const message = messageOf(request, index)
  const { content, function_call, tool_calls } = message
  const reason = tool_calls ? "tool_calls" : function_call ? "function_call" : (reasons[request.model] ?? "stop")
  const tokens = request.logprobs && content !== null ? tokensOf(content, request.top_logprobs ?? 0) : undefined
  return {
    index,
    message,
    logprobs: tokens === undefined ? null : { content: tokens, refusal: null },
    finish_reason: reason
  }
}

export const completionOf = (request: Request): Completion => {
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) => choiceOf(request, index))
  const prompt_tokens = words(JSON.stringify(request.messages)).length
  const completion_tokens = words(JSON.stringify(choices)).length
  return {
    id: idOf("chatcmpl-", request),
    object: "chat.completion",
    created: CREATED,
    model: `${request.model}-2025-01-01`,
    choices,
    usage: {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      prompt_tokens_details: { cached_tokens: 3, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 2,
        audio_tokens: 0,
        accepted_prediction_tokens: 1,
        rejected_prediction_tokens: 0
      }
    },
    service_tier: request.service_tier ?? "default",
    system_fingerprint: "fp_44709d6fcb",
    ...vendor(request.model)
  }
}

type Logprobs = Choice["logprobs"]

/** The pieces of a message, each with the log probabilities of its text. */
function* deltasOf({ logprobs, message }: Choice): Generator<[object, Logprobs]> {
  const { annotations = [], content, function_call, refusal, tool_calls = [], ...rest } = message
  const thoughts = membersOf(rest)["reasoning_content"]
  yield [{ role: "assistant", ...(content === null ? { content } : { content: "" }), refusal: null }, null]
  if (typeof thoughts === "string") {
    for (const reasoning_content of words(thoughts)) yield [{ reasoning_content }, null]
  }
  for (const [index, text] of words(content ?? "").entries()) {
    const token = logprobs?.content?.[index]
    yield [{ content: text }, token === undefined ? null : { content: [token], refusal: null }]
  }
  for (const text of words(refusal ?? "")) yield [{ refusal: text }, null]
  if (function_call != null) {
    yield [{ function_call: { name: function_call.name, arguments: "" } }, null]
    for (const text of fragments(function_call.arguments)) yield [{ function_call: { arguments: text } }, null]
  }
  for (const [index, call] of tool_calls.entries()) {
    if (call.type === "custom") {
      const custom = { index, id: call.id, type: "custom", custom: call.custom }
      yield [{ tool_calls: [custom] }, null]
      continue
    }
    const { arguments: text, name } = call.function
    yield [{ tool_calls: [{ index, id: call.id, type: "function", function: { name, arguments: "" } }] }, null]
    for (const piece of fragments(text)) yield [{ tool_calls: [{ index, function: { arguments: piece } }] }, null]
  }
  if (listOf(annotations).length > 0) yield [{ annotations }, null]
}

/** The same answer as events. */
export function* chunksOf(request: Request): Generator<object> {
  const { choices, usage, ...whole } = completionOf(request)
  const asked = request.stream_options?.include_usage === true
  const head = { ...whole, object: "chat.completion.chunk" }
  const chunk = (choices: ReadonlyArray<object>) => ({
    ...head,
    choices,
    ...(asked ? { usage: null } : {})
  })
  for (const choice of choices) {
    for (const [delta, logprobs] of deltasOf(choice)) {
      yield chunk([{ index: choice.index, delta, logprobs, finish_reason: null }])
    }
  }
  for (const { finish_reason, index } of choices) yield chunk([{ index, delta: {}, logprobs: null, finish_reason }])
  if (asked && usage !== undefined) yield { ...head, choices: [], usage }
}
