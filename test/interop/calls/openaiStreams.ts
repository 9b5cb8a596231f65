/** Calls of the `openai` package whose answers are streamed. */
import type OpenAI from "openai"
import { zodResponseFormat } from "openai/helpers/zod"
import type { Call } from "../../support/openai/bothWays.js"
import { asked, lookup, place, tool } from "./openai.js"

/** Everything that a stream emits. */
const all = async <A>(stream: PromiseLike<AsyncIterable<A>>): Promise<ReadonlyArray<A>> => {
  const items: Array<A> = []
  for await (const item of await stream) items.push(item)
  return items
}

type Streamed = Partial<Omit<OpenAI.ChatCompletionCreateParamsStreaming, "stream">>

const chunks =
  (params: Streamed): Call<OpenAI> =>
  (client) =>
    all(client.chat.completions.create({ ...asked, ...params, stream: true }))

/** The helper's events, in order, and what it gathers. */
const gathered =
  (params: Parameters<OpenAI["chat"]["completions"]["stream"]>[0] | Streamed): Call<OpenAI> =>
  async (client) => {
    const stream = client.chat.completions.stream({ ...asked, ...params })
    const events: Array<unknown> = []
    stream.on("content", (delta, snapshot) => events.push(["content", delta, snapshot]))
    stream.on("refusal.delta", (event) => events.push(["refusal", event.delta]))
    stream.on("tool_calls.function.arguments.delta", (event) => events.push(["arguments", event]))
    stream.on("tool_calls.function.arguments.done", (event) => events.push(["called", event]))
    stream.on("logprobs.content.delta", (event) => events.push(["logprobs", event.content]))
    const completion = await stream.finalChatCompletion()
    return { events, completion, usage: await stream.totalUsage() }
  }

const events =
  (params: Partial<Omit<OpenAI.Responses.ResponseCreateParamsStreaming, "stream">>): Call<OpenAI> =>
  (client) =>
    all(client.responses.create({ model: "echo", input: "Where is the Alma?", ...params, stream: true }))

const responseTool = { type: "function" as const, ...lookup.function }

export const streams: Readonly<Record<string, Call<OpenAI>>> = {
  "stream: text": chunks({}),
  "stream: usage on a chunk of its own": chunks({ stream_options: { include_usage: true } }),
  "stream: three choices": chunks({ n: 3, stream_options: { include_usage: true } }),
  "stream: arguments of a call in pieces": chunks({ tools: [lookup] }),
  "stream: two calls in parallel": chunks({ model: "two-calls", tools: [lookup] }),
  "stream: a custom tool": chunks({ tools: [{ type: "custom", custom: { name: "sql" } }] }),
  "stream: a function of the older API": chunks({
    functions: [{ name: "lookup", parameters: lookup.function.parameters }]
  }),
  "stream: log probabilities": chunks({ logprobs: true, top_logprobs: 1 }),
  "stream: a refusal": chunks({ model: "refuse" }),
  "stream: an answer that is cut short": chunks({ model: "length" }),
  "stream: annotations": chunks({ web_search_options: {} }),
  "stream: thoughts, and members that a vendor adds": chunks({ model: "vendor/think", ...{ min_p: 0.1 } }),
  "stream: comments, CRLF, and pieces that break events and characters": chunks({
    model: "pieces",
    messages: [{ role: "user", content: "wörld 🚢🚢🚢 漢字漢字漢字" }]
  }),
  "stream: no [DONE] at its end": chunks({ model: "no-done" }),
  "stream: the raw response": async (client) => {
    const { data, response } = await client.chat.completions.create({ ...asked, stream: true }).withResponse()
    return { chunks: await all(Promise.resolve(data)), response }
  },
  "stream: both readers of a stream that is split": async (client) => {
    const [left, right] = (await client.chat.completions.create({ ...asked, stream: true })).tee()
    return Promise.all([all(Promise.resolve(left)), all(Promise.resolve(right))])
  },
  "helper: text": gathered({ stream_options: { include_usage: true } }),
  "helper: two calls": gathered({ model: "two-calls", tools: [lookup] }),
  "helper: log probabilities": gathered({ logprobs: true }),
  "helper: a refusal": gathered({ model: "refuse" }),
  "helper: an object": gathered({ response_format: zodResponseFormat(place, "place") }),
  "helper: a refusal of an object": gathered({ model: "refuse", response_format: zodResponseFormat(place, "place") }),
  "helper: runTools": async (client) => {
    const runner = client.chat.completions.runTools({ ...asked, stream: true, tools: [tool] })
    return { content: await runner.finalContent(), messages: runner.messages }
  },
  "completions: streamed": (client) =>
    all(
      client.completions.create({
        model: "echo",
        prompt: ["Once", "Twice"],
        stream: true,
        stream_options: { include_usage: true }
      })
    ),
  "responses: streamed text": events({}),
  "responses: a stream in pieces": events({ model: "pieces" }),
  "responses: streamed calls": events({ tools: [responseTool] }),
  "responses: streamed thoughts": events({ reasoning: { effort: "low", summary: "auto" } }),
  "responses: a streamed refusal": events({ model: "refuse" }),
  "responses: the helper": (client) =>
    client.responses.stream({ model: "echo", input: "Where is the Alma?", tools: [responseTool] }).finalResponse(),
  "a rate limit is waited for before a stream": (client) =>
    all(client.withOptions({ maxRetries: 1 }).chat.completions.create({ ...asked, model: "flaky-429", stream: true }))
}

/** Calls that the endpoint refuses, or that break off. */
export const streamFailures: Readonly<Record<string, Call<OpenAI>>> = {
  "stream: an error event": chunks({ model: "stream-error" }),
  "helper: an error event": gathered({ model: "stream-error" }),
  "stream: an unknown model": chunks({ model: "fault-404" }),
  "stream: a prompt that is too long": chunks({ model: "fault-context" }),
  "stream: a rate limit": chunks({ model: "fault-429" }),
  "stream: an overloaded server": chunks({ model: "fault-503" }),
  "helper: an unknown model": gathered({ model: "fault-404" }),
  "helper: an answer that is cut short, as an object": gathered({
    model: "length",
    response_format: zodResponseFormat(place, "place")
  }),
  "responses: a streamed rate limit": events({ model: "fault-429" })
}
