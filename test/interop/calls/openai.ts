/** Calls of the `openai` package whose answers come whole. */
import type OpenAI from "openai"
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod"
import * as z from "zod"
import type { Call } from "../../support/openai/bothWays.js"

export const asked = { model: "echo", messages: [{ role: "user" as const, content: "Where is the Alma?" }] }

export const lookup = {
  type: "function" as const,
  function: {
    name: "lookup",
    description: "Finds a ship",
    strict: true,
    parameters: {
      type: "object",
      properties: {
        ship: { type: "string" },
        depth: { type: "integer" },
        tags: { type: "array", items: { enum: ["a"] } }
      },
      required: ["ship", "depth", "tags"],
      additionalProperties: false
    }
  }
}

export const place = z.object({
  name: z.string(),
  seas: z.array(z.enum(["north", "south"])),
  deep: z.boolean().nullable()
})

/** A tool that `runTools` calls. */
export const tool = {
  type: "function" as const,
  function: {
    ...lookup.function,
    parse: (text: string): unknown => JSON.parse(text),
    function: (args: unknown) => ({ at: "sea", args })
  }
}

const calledOnce = [
  ...asked.messages,
  {
    role: "assistant" as const,
    content: null,
    tool_calls: [{ id: "call_1", type: "function" as const, function: { name: "lookup", arguments: "{}" } }]
  },
  { role: "tool" as const, tool_call_id: "call_1", content: '{"at":"sea"}' }
]

type Chat = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "model" | "messages"> &
  Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>

const chat =
  (params: Chat): Call<OpenAI> =>
  (client) =>
    client.chat.completions.create({ ...asked, ...params })

const text =
  (params: Partial<OpenAI.CompletionCreateParamsNonStreaming>): Call<OpenAI> =>
  (client) =>
    client.completions.create({ model: "echo", prompt: "Once", ...params })

const response =
  (params: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>): Call<OpenAI> =>
  (client) =>
    client.responses.create({ model: "echo", input: "Where is the Alma?", ...params })

const responseTool = { type: "function" as const, ...lookup.function }

export const chats: Readonly<Record<string, Call<OpenAI>>> = {
  "chat: text": chat({}),
  "chat: every sampling setting": chat({
    temperature: 0.2,
    top_p: 0.9,
    seed: 7,
    stop: ["END", "STOP"],
    user: "u-1",
    presence_penalty: 0.1,
    frequency_penalty: 0.1,
    logit_bias: { "50256": -100 },
    max_completion_tokens: 90,
    reasoning_effort: "low",
    service_tier: "flex",
    store: true,
    metadata: { run: "7" },
    prompt_cache_key: "k"
  }),
  "chat: system, developer, named and assistant messages": chat({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "developer", content: [{ type: "text", text: "Be kind." }] },
      { role: "user", name: "ann", content: "Hello" },
      { role: "assistant", content: "Hello." },
      { role: "user", content: "Again" },
      { role: "user", content: "And again" }
    ]
  }),
  "chat: a refusal among the messages": chat({
    messages: [
      { role: "user", content: "a" },
      { role: "assistant", content: null, refusal: "no" },
      { role: "user", content: "c" }
    ]
  }),
  "chat: image parts": chat({
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "low" } },
          { type: "image_url", image_url: { url: "https://example.com/a.png" } }
        ]
      }
    ]
  }),
  "chat: audio and file parts": chat({
    messages: [
      {
        role: "user",
        content: [
          { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
          { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" } },
          { type: "text", text: "What do they say?" }
        ]
      }
    ]
  }),
  "chat: an answer as audio": chat({ modalities: ["text", "audio"], audio: { voice: "alloy", format: "wav" } }),
  "chat: a tool is called": chat({ tools: [lookup], tool_choice: "required" }),
  "chat: two calls in parallel": chat({ model: "two-calls", tools: [lookup], parallel_tool_calls: true }),
  "chat: a tool is chosen by its name": chat({
    tools: [lookup, { type: "function", function: { name: "other" } }],
    tool_choice: { type: "function", function: { name: "other" } }
  }),
  "chat: a custom tool": chat({ tools: [{ type: "custom", custom: { name: "sql", description: "Runs SQL" } }] }),
  "chat: the result of a call": chat({ messages: calledOnce, tools: [lookup] }),
  "chat: a function of the older API": chat({
    functions: [{ name: "lookup", parameters: lookup.function.parameters }],
    function_call: "auto"
  }),
  "chat: the result of an older function": chat({
    messages: [
      ...asked.messages,
      { role: "assistant", content: null, function_call: { name: "lookup", arguments: "{}" } },
      { role: "function", name: "lookup", content: '{"at":"sea"}' }
    ],
    functions: [{ name: "lookup" }]
  }),
  "chat: JSON mode": chat({
    messages: [{ role: "user", content: "Answer in JSON" }],
    response_format: { type: "json_object" }
  }),
  "chat: three choices": chat({ n: 3 }),
  "chat: log probabilities": chat({ logprobs: true, top_logprobs: 2 }),
  "chat: a refusal": chat({ model: "refuse" }),
  "chat: an answer that is cut short": chat({ model: "length" }),
  "chat: an answer that a filter ends": chat({ model: "filter" }),
  "chat: annotations": chat({ web_search_options: {} }),
  "chat: thoughts, and members that a vendor adds": chat({
    model: "vendor/think",
    messages: [
      { role: "user", content: [{ type: "text", text: "Hm?", cache_control: { type: "ephemeral" } } as never] },
      { role: "assistant", content: "Hm.", reasoning_content: "Let me see." } as never,
      { role: "user", content: "Well?" }
    ],
    ...{ min_p: 0.1, chat_template_kwargs: { thinking: true } }
  }),
  "chat: a compressed answer": chat({ model: "gzip" }),
  "chat: text of every script, and of no character": chat({
    messages: [{ role: "user", content: "w\u00f6rld 🚢 漢字 \u0000 \u2028 \ud83d" }]
  }),
  "chat: an image of 4 MB": chat({
    messages: [
      {
        role: "user",
        content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(2 ** 22)}` } }]
      }
    ],
    response_format: { type: "json_schema", json_schema: { name: "seen", schema: { type: "boolean" } } }
  }),
  "chat.parse: an object": (client) =>
    client.chat.completions.parse({ ...asked, response_format: zodResponseFormat(place, "place") }),
  "chat.parse: arguments of a tool": (client) => client.chat.completions.parse({ ...asked, tools: [lookup] }),
  "chat.parse: a refusal": (client) =>
    client.chat.completions.parse({ ...asked, model: "refuse", response_format: zodResponseFormat(place, "place") }),
  "chat: the raw response": async (client) => {
    const { data, request_id, response } = await client.chat.completions.create(asked).withResponse()
    return {
      data,
      id: typeof request_id,
      response,
      same: (await client.chat.completions.create(asked).asResponse()).status
    }
  },
  runTools: async (client) => {
    const runner = client.chat.completions.runTools({ ...asked, tools: [tool] })
    return { content: await runner.finalContent(), messages: runner.messages, usage: await runner.totalUsage() }
  },
  "a rate limit is waited for": (client) =>
    client.withOptions({ maxRetries: 2 }).chat.completions.create({ ...asked, model: "flaky-429" }),
  "an overloaded server is waited for": (client) =>
    client.withOptions({ maxRetries: 2 }).chat.completions.create({ ...asked, model: "flaky-503" })
}

export const others: Readonly<Record<string, Call<OpenAI>>> = {
  "completions: a text": text({}),
  "completions: a list of texts, two of each": text({ prompt: ["Once", "Twice"], n: 2 }),
  "completions: tokens": text({ prompt: [1, 2, 3] }),
  "completions: lists of tokens": text({ prompt: [[1, 2], [3]] }),
  "completions: echo, suffix, best_of and log probabilities": text({
    echo: true,
    suffix: ".",
    best_of: 2,
    logprobs: 2
  }),
  "embeddings: a text": (client) => client.embeddings.create({ model: "embed", input: "tea" }),
  "embeddings: texts, as numbers, shorter": (client) =>
    client.embeddings.create({ model: "embed", input: ["tea", "coffee"], encoding_format: "float", dimensions: 4 }),
  "embeddings: tokens": (client) => client.embeddings.create({ model: "embed", input: [[1, 2], [3]], user: "u-1" }),
  "models.list": async (client) => {
    const models = []
    for await (const model of client.models.list()) models.push(model)
    return models
  },
  "models.retrieve": (client) => client.models.retrieve("echo"),
  "models.retrieve: an id with a slash": (client) => client.models.retrieve("vendor/think"),
  "responses: text": response({ instructions: "Be brief.", temperature: 0.5, metadata: { run: "7" } }),
  "responses: items": response({
    input: [
      { role: "user", content: [{ type: "input_text", text: "What is this?" }] },
      { role: "assistant", content: "A ship." },
      { role: "user", content: "Which?" }
    ],
    previous_response_id: "resp_1",
    store: false,
    include: ["reasoning.encrypted_content"]
  }),
  "responses: a tool is called": response({ tools: [responseTool], tool_choice: "required" }),
  "responses: the result of a call": response({
    input: [
      { type: "function_call", call_id: "call_1", name: "lookup", arguments: "{}" },
      { type: "function_call_output", call_id: "call_1", output: "at sea" }
    ],
    tools: [responseTool]
  }),
  "responses: thoughts": response({ reasoning: { effort: "low", summary: "auto" } }),
  "responses: an answer that is cut short": response({ model: "length", max_output_tokens: 16 }),
  "responses: a refusal": response({ model: "refuse" }),
  "responses.parse": (client) =>
    client.responses.parse({ model: "echo", input: "Where?", text: { format: zodTextFormat(place, "place") } })
}
