/** Clients of others against the engine's own offline model, whose answers must have what their schemas require. */
import OpenAI from "openai"
import { describe, expect, it } from "vitest"
import { type Call, type End, useServer } from "../support/openai/bothWays.js"
import { outcomeOf } from "../support/openai/outcome.js"
import { calls as aiSdk, provider } from "./calls/aiSdk.js"
import { typed } from "./calls/effectAiOpenai.js"
import { calls as langchain, models } from "./calls/langchain.js"
import { chats } from "./calls/openai.js"
import { streams } from "./calls/openaiStreams.js"
import { offline } from "./effect-ai-openai-0.21/calls.js"

/** Calls by name, each with what its outcome has to contain. */
type Expected = Readonly<Record<string, RegExp>>

const answers = <Client>(
  title: string,
  make: (end: End) => Client,
  calls: Readonly<Record<string, Call<Client>>>,
  expected: Expected
) =>
  describe(title, () => {
    const server = useServer({ model: "offline" })
    it.each(Object.entries(expected))("%s", async (name, pattern) => {
      const call = calls[name]
      if (call === undefined) throw new Error(`there is no call named ${name}`)
      const end = server()
      const outcome = await outcomeOf(async () => call(make(end), end), [])
      expect(outcome).toEqual({ value: expect.anything() })
      expect(JSON.stringify(outcome)).toMatch(pattern)
    })
  })

const text = /"content":"[^"]+.*"total_tokens":[1-9]/
const place = /\{"name":"[^"]+","seas":\["(north|south)"\]/

answers(
  "openai",
  (end) => new OpenAI({ ...end, maxRetries: 0 }),
  { ...chats, ...streams },
  {
    "chat: text": text,
    "chat: a tool is called": /"name":"lookup"/,
    "chat: JSON mode": /"content":"\{/,
    "chat.parse: an object": /"parsed":\{"name":/,
    "stream: usage on a chunk of its own": /"choices":\[\],.*"total_tokens":[1-9]/,
    "helper: an object": /"parsed":\{"name":/
  }
)

answers("the AI SDK", provider, aiSdk.succeed, {
  generateText: /"type":"text","text":"[^"]+/,
  "generateText: a tool is chosen by its name": /"toolName":"other"/,
  "generateText: a tool without execution": /"toolName":"find"/,
  "generateText: an object as output": place,
  generateObject: place,
  streamText: /"type":"text-delta"/,
  streamObject: place,
  completionModel: /"text":"[^"]+/
})

answers("LangChain", models, langchain.succeed, {
  invoke: /"content":"[^"]+/,
  "bindTools: a choice": /"name":"lookup"/,
  "withStructuredOutput: a schema": place,
  "withStructuredOutput: a function": place,
  "withStructuredOutput: the raw message, too": place,
  stream: /"content":"[^"]+/,
  "OpenAI: invoke": /"value":"[^"]+/
})

answers("the typed client of @effect/ai-openai 0.41", (end) => end, typed, {
  createChatCompletion: text,
  "createChatCompletion: a tool is called": /"name":"lookup"/,
  createCompletion: /"text":"[^"]+.*"total_tokens":[1-9]/,
  "createCompletion: two texts": /"index":0,.*"index":1,/,
  listModels: /"object":"model"/
})

answers("@effect/ai-openai 0.21", (end) => end, offline, {
  generateText: /"text":"[^"]+","_tag":"TextPart"/,
  "generateText: a toolkit": /"at":"sea, as /,
  generateObject: place,
  streamText: /"_tag":"TextPart".*"_tag":"FinishPart"/,
  "streamText: a toolkit": /"at":"sea, as /,
  createChatCompletion: text,
  createCompletion: /"text":"[^"]+.*"total_tokens":[1-9]/,
  listModels: /"object":"model"/
})
