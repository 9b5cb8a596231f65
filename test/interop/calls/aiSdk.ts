/** Calls of the AI SDK with `@ai-sdk/openai-compatible`. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import {
  embed,
  embedMany,
  extractReasoningMiddleware,
  generateObject,
  generateText,
  jsonSchema,
  Output,
  stepCountIs,
  streamObject,
  streamText,
  tool,
  wrapLanguageModel
} from "ai"
import * as z from "zod"
import type { Call, End } from "../../support/openai/bothWays.js"
import { failing, failingInKind } from "../../support/openai/faults.js"

export const provider = ({ apiKey, baseURL }: End) =>
  createOpenAICompatible({
    name: "endpoint",
    apiKey,
    baseURL,
    includeUsage: true,
    supportsStructuredOutputs: true
  })

type Provider = ReturnType<typeof provider>
type Text = Parameters<typeof generateText>[0]
type Streamed = Parameters<typeof streamText>[0]

const place = z.object({ name: z.string(), seas: z.array(z.enum(["north", "south"])), deep: z.boolean().nullable() })

const lookup = tool({
  description: "Finds a ship",
  inputSchema: z.object({ ship: z.string(), depth: z.number().int() }),
  execute: async (input) => ({ at: "sea", input })
})

const asked = { prompt: "Where is the Alma?", maxRetries: 0 }

const conversation: NonNullable<Text["messages"]> = [
  { role: "system", content: "Be brief." },
  { role: "user", content: [{ type: "text", text: "Hello" }] },
  {
    role: "assistant",
    content: [
      { type: "reasoning", text: "A greeting." },
      { type: "text", text: "Let me look." },
      { type: "tool-call", toolCallId: "call_1", toolName: "lookup", input: { ship: "Alma", depth: 1 } }
    ]
  },
  {
    role: "tool",
    content: [
      { type: "tool-result", toolCallId: "call_1", toolName: "lookup", output: { type: "json", value: { at: "sea" } } }
    ]
  },
  { role: "user", content: "And now?" }
]

/** What a program reads of a result; the rest repeats it. */
const text =
  (params: Partial<Text> & { readonly name?: string }): Call<Provider> =>
  async (endpoint) => {
    const { name = "echo", ...rest } = params
    // The SDK takes a prompt or messages, and the spread of both kinds has lost which.
    const result = await generateText({ ...asked, model: endpoint(name), ...rest } as Text)
    const { content, finishReason, request, response, steps, totalUsage, usage, warnings } = result
    return { content, finishReason, request, response, steps: steps.length, totalUsage, usage, warnings }
  }

/** Every event of a stream, and what it came to. An error event fails the call, as a program would have it. */
const streamed =
  (params: Partial<Streamed> & { readonly name?: string }): Call<Provider> =>
  async (endpoint) => {
    const { name = "echo", ...rest } = params
    const onError = () => {}
    // As above.
    const result = streamText({ ...asked, onError, model: endpoint(name), ...rest } as Streamed)
    const parts: Array<unknown> = []
    for await (const part of result.fullStream) {
      if (part.type === "error") throw Object.assign(new Error("the stream failed"), { parts, cause: part.error })
      parts.push(part)
    }
    return { parts, text: await result.text, usage: await result.totalUsage, reason: await result.finishReason }
  }

const items = async <A>(stream: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const item of stream) all.push(item)
  return all
}

export const calls = {
  succeed: {
    generateText: text({}),
    "generateText: every setting": text({
      system: "Be brief.",
      temperature: 0.2,
      topP: 0.9,
      seed: 7,
      stopSequences: ["END"],
      maxOutputTokens: 90,
      presencePenalty: 0.1,
      frequencyPenalty: 0.1,
      providerOptions: { endpoint: { user: "u-1", reasoningEffort: "low", service_tier: "flex", store: true } }
    }),
    "generateText: members of a vendor": text({
      name: "vendor/think",
      providerOptions: { endpoint: { chat_template_kwargs: { thinking: true } } }
    }),
    "generateText: reasoning": text({ name: "vendor/think" }),
    "generateText: a conversation with a call": text({
      name: "vendor/think",
      prompt: undefined as never,
      messages: conversation,
      tools: { lookup }
    }),
    "generateText: an image": text({
      prompt: undefined as never,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image", image: new Uint8Array([0x89, 0x50, 0x4e, 0x47]), mediaType: "image/png" }
          ]
        }
      ]
    }),
    "generateText: PDF and audio files": text({
      prompt: undefined as never,
      messages: [
        {
          role: "user",
          content: [
            { type: "file", data: new Uint8Array([1, 2]), mediaType: "application/pdf", filename: "a.pdf" },
            { type: "file", data: new Uint8Array([1, 2]), mediaType: "audio/wav" },
            { type: "text", text: "What do they say?" }
          ]
        }
      ]
    }),
    "generateText: a refusal": text({ name: "refuse" }),
    "generateText: an answer that is cut short": text({ name: "length" }),
    "generateText: an answer that a filter ends": text({ name: "filter" }),
    "generateText: a tool without execution": text({
      tools: { find: tool({ inputSchema: z.object({ ship: z.string() }) }) },
      toolChoice: "required"
    }),
    "generateText: two calls": text({ name: "two-calls", tools: { lookup } }),
    "generateText: a tool is called, and its result sent": text({ tools: { lookup }, stopWhen: stepCountIs(3) }),
    "generateText: a tool is chosen by its name": text({
      tools: { lookup, other: tool({ inputSchema: z.object({ x: z.number() }) }) },
      toolChoice: { type: "tool", toolName: "other" }
    }),
    "generateText: an object as output": async (endpoint) => {
      const output = Output.object({ schema: place })
      return (await generateText({ ...asked, model: endpoint("echo"), output })).output
    },
    "generateText: a list as output": async (endpoint) => {
      const output = Output.array({ element: place })
      return (await generateText({ ...asked, model: endpoint("echo"), output })).output
    },
    "generateText: a middleware that extracts reasoning": async (endpoint) => {
      const model = wrapLanguageModel({
        model: endpoint("echo"),
        middleware: extractReasoningMiddleware({ tagName: "think" })
      })
      const { reasoningText, text } = await generateText({ ...asked, model, prompt: "<think>Hm.</think>Yes." })
      return { reasoningText, text }
    },
    "generateText: a rate limit is waited for": text({ name: "flaky-429", maxRetries: 2 }),
    "generateText: an overloaded server is waited for": text({ name: "flaky-503", maxRetries: 2 }),
    generateObject: async (endpoint) => {
      const { finishReason, object, usage } = await generateObject({ ...asked, model: endpoint("echo"), schema: place })
      return { finishReason, object, usage }
    },
    "generateObject: an enum": async (endpoint) =>
      (await generateObject({ ...asked, model: endpoint("echo"), output: "enum", enum: ["north", "south"] })).object,
    "generateObject: a JSON schema": async (endpoint) => {
      const schema = jsonSchema({ type: "object", properties: { name: { type: "string" } }, required: ["name"] })
      return (await generateObject({ ...asked, model: endpoint("echo"), schema })).object
    },
    "generateObject: JSON mode": async (endpoint) =>
      (await generateObject({ ...asked, model: endpoint("echo"), output: "no-schema", prompt: "Answer in JSON" }))
        .object,
    streamText: streamed({}),
    "streamText: reasoning": streamed({ name: "vendor/think" }),
    "streamText: a tool is called, and its result sent": streamed({ tools: { lookup }, stopWhen: stepCountIs(3) }),
    "streamText: two calls": streamed({ name: "two-calls", tools: { lookup } }),
    "streamText: a refusal": streamed({ name: "refuse" }),
    "streamText: an answer that is cut short": streamed({ name: "length" }),
    "streamText: a rate limit is waited for": streamed({ name: "flaky-429", maxRetries: 2 }),
    "streamText: an object as output": async (endpoint) => {
      const result = streamText({ ...asked, model: endpoint("echo"), output: Output.object({ schema: place }) })
      return { partial: await items(result.partialOutputStream), output: await result.output }
    },
    "streamText: raw chunks": async (endpoint) => {
      const result = streamText({ ...asked, model: endpoint("vendor/think"), includeRawChunks: true })
      return (await items(result.fullStream)).filter(({ type }) => type === "raw")
    },
    streamObject: async (endpoint) => {
      const result = streamObject({ ...asked, model: endpoint("echo"), schema: place })
      return {
        partial: await items(result.partialObjectStream),
        object: await result.object,
        usage: await result.usage
      }
    },
    completionModel: async (endpoint) => {
      const { finishReason, text, usage } = await generateText({ ...asked, model: endpoint.completionModel("echo") })
      return { finishReason, text, usage }
    },
    "completionModel, streamed": async (endpoint) => {
      const result = streamText({ ...asked, model: endpoint.completionModel("echo") })
      return { text: await items(result.textStream), usage: await result.usage }
    },
    embed: (endpoint) => embed({ model: endpoint.embeddingModel("embed"), value: "tea" }),
    embedMany: (endpoint) =>
      embedMany({
        model: endpoint.embeddingModel("embed"),
        values: ["tea", "coffee"],
        providerOptions: { endpoint: { dimensions: 4, user: "u-1" } }
      })
  },
  fail: {
    ...Object.fromEntries(failing.map((name) => [`generateText: ${name}`, text({ name })])),
    ...Object.fromEntries(failingInKind.map((name) => [`streamText: ${name}`, streamed({ name })])),
    "generateText: retries are used up": text({ name: "fault-429", maxRetries: 2 }),
    "streamText: an error event": streamed({ name: "stream-error" }),
    "generateObject: a refusal": (endpoint) => generateObject({ ...asked, model: endpoint("refuse"), schema: place }),
    "completionModel: fault-404": (endpoint) =>
      generateText({ ...asked, model: endpoint.completionModel("fault-404") }),
    "embed: fault-404": (endpoint) => embed({ model: endpoint.embeddingModel("fault-404"), value: "?", maxRetries: 0 })
  }
} satisfies { succeed: Record<string, Call<Provider>>; fail: Record<string, Call<Provider>> }
