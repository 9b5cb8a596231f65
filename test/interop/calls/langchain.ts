/** Calls of LangChain's models of OpenAI. */
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages"
import { ChatPromptTemplate } from "@langchain/core/prompts"
import { tool } from "@langchain/core/tools"
import { ChatOpenAI, type ChatOpenAIFields, OpenAI, OpenAIEmbeddings } from "@langchain/openai"
import * as z from "zod"
import type { Call, End } from "../../support/openai/bothWays.js"
import { failing, failingInKind } from "../../support/openai/faults.js"

const place = z.object({ name: z.string(), seas: z.array(z.enum(["north", "south"])), deep: z.boolean().nullable() })

const lookup = tool(async (input) => JSON.stringify({ at: "sea", input }), {
  name: "lookup",
  description: "Finds a ship",
  schema: z.object({ ship: z.string(), depth: z.number().int() })
})

const connection = ({ apiKey, baseURL }: End) => ({ apiKey, maxRetries: 0, configuration: { baseURL } })

/** What builds the models of one end. */
export const models = (end: End) => ({
  chat: (fields: ChatOpenAIFields = {}) => new ChatOpenAI({ model: "echo", ...connection(end), ...fields }),
  text: (fields: ConstructorParameters<typeof OpenAI>[0] = {}) =>
    new OpenAI({ model: "echo", ...connection(end), ...fields }),
  embeddings: (fields: ConstructorParameters<typeof OpenAIEmbeddings>[0] = {}) =>
    new OpenAIEmbeddings({ model: "embed", ...connection(end), ...fields })
})

type Models = ReturnType<typeof models>

const QUESTION = "Where is the Alma?"

/** In place of the id that LangChain makes up for a run. */
const runId = "00000000-0000-4000-8000-000000000000"

const items = async <A>(stream: AsyncIterable<A> | PromiseLike<AsyncIterable<A>>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const item of await stream) all.push(item)
  return all
}

const invoked =
  (fields: ChatOpenAIFields, input: Parameters<ChatOpenAI["invoke"]>[0] = QUESTION): Call<Models> =>
  ({ chat }) =>
    chat(fields).invoke(input)

const streamed =
  (fields: ChatOpenAIFields): Call<Models> =>
  ({ chat }) =>
    items(chat(fields).stream(QUESTION))

const called = new AIMessage({
  content: "",
  tool_calls: [{ type: "tool_call", id: "call_1", name: "lookup", args: { ship: "Alma", depth: 1 } }]
})

export const calls = {
  succeed: {
    invoke: invoked({}),
    "invoke: every setting": invoked({
      temperature: 0.2,
      topP: 0.9,
      presencePenalty: 0.1,
      frequencyPenalty: 0.1,
      stop: ["END"],
      maxTokens: 90,
      user: "u-1",
      seed: 7,
      service_tier: "flex",
      modelKwargs: { metadata: { run: "7" } }
    } as ChatOpenAIFields),
    "invoke: messages of each role": invoked({}, [
      new SystemMessage("Be brief."),
      new HumanMessage({ content: "Hello", name: "ann" }),
      new AIMessage("Hello."),
      new HumanMessage("And now?")
    ]),
    "invoke: images": invoked({}, [
      new HumanMessage({
        content: [
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }
        ]
      })
    ]),
    "invoke: audio and files": invoked({}, [
      new HumanMessage({
        content: [
          { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
          { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA==" } }
        ]
      })
    ]),
    "invoke: log probabilities": invoked({ logprobs: true, topLogprobs: 2 }),
    "invoke: a refusal": invoked({ model: "refuse" }),
    "invoke: reasoning": invoked({ model: "vendor/think" }),
    "invoke: an answer that is cut short": invoked({ model: "length" }),
    "invoke: a rate limit is waited for": ({ chat }) => chat({ model: "flaky-429", maxRetries: 1 }).invoke(QUESTION),
    "generate: three choices": ({ chat }) => chat({ n: 3 }).generate([[new HumanMessage(QUESTION)]]),
    batch: ({ chat }) => chat({ maxConcurrency: 1 }).batch([QUESTION, "And the Bert?"]),
    bindTools: ({ chat }) => chat().bindTools([lookup], { strict: true }).invoke(QUESTION),
    "bindTools: two calls": ({ chat }) => chat({ model: "two-calls" }).bindTools([lookup]).invoke(QUESTION),
    "bindTools: a choice": ({ chat }) => chat().bindTools([lookup], { tool_choice: "lookup" }).invoke(QUESTION),
    "a call and its result": invoked({}, [new HumanMessage(QUESTION), called, new ToolMessage("at sea", "call_1")]),
    "withStructuredOutput: a schema": ({ chat }) => chat().withStructuredOutput(place).invoke(QUESTION),
    "withStructuredOutput: a function": ({ chat }) =>
      chat().withStructuredOutput(place, { method: "functionCalling", name: "place" }).invoke(QUESTION),
    "withStructuredOutput: the raw message, too": ({ chat }) =>
      chat().withStructuredOutput(place, { includeRaw: true, method: "jsonSchema" }).invoke(QUESTION),
    "withStructuredOutput: JSON mode": ({ chat }) =>
      chat()
        .withStructuredOutput(z.object({ said: z.string() }), { method: "jsonMode" })
        .invoke("Answer in JSON"),
    "a chain of a template and a model": ({ chat }) =>
      ChatPromptTemplate.fromMessages([
        ["system", "Be {how}."],
        ["human", "{question}"]
      ])
        .pipe(chat())
        .invoke({ how: "brief", question: QUESTION }),
    stream: streamed({}),
    "stream: without usage": streamed({ streamUsage: false }),
    "stream: log probabilities": streamed({ logprobs: true }),
    "stream: reasoning": streamed({ model: "vendor/think" }),
    "stream: tools": ({ chat }) => items(chat().bindTools([lookup]).stream(QUESTION)),
    streamEvents: ({ chat }) => items(chat().streamEvents(QUESTION, { version: "v2", runId })),
    "responses: invoke": invoked({ useResponsesApi: true }),
    "responses: bindTools": ({ chat }) => chat({ useResponsesApi: true }).bindTools([lookup]).invoke(QUESTION),
    "responses: stream": streamed({ useResponsesApi: true }),
    "OpenAI: invoke": ({ text }) => text().invoke(QUESTION),
    "OpenAI: two prompts, two of each": ({ text }) => text({ n: 2, bestOf: 2 }).generate([QUESTION, "And the Bert?"]),
    "OpenAI: stream": ({ text }) => items(text().stream(QUESTION)),
    embedQuery: ({ embeddings }) => embeddings().embedQuery("tea"),
    embedDocuments: ({ embeddings }) => embeddings({ dimensions: 4 }).embedDocuments(["tea", "coffee"])
  },
  fail: {
    ...Object.fromEntries(failing.map((model) => [`invoke: ${model}`, invoked({ model })])),
    ...Object.fromEntries(failingInKind.map((model) => [`stream: ${model}`, streamed({ model })])),
    "stream: an error event": streamed({ model: "stream-error" }),
    "withStructuredOutput: a refusal": ({ chat }) =>
      chat({ model: "refuse" }).withStructuredOutput(place).invoke(QUESTION),
    "OpenAI: fault-404": ({ text }) => text({ model: "fault-404" }).invoke(QUESTION),
    "embedQuery: fault-404": ({ embeddings }) => embeddings({ model: "fault-404" }).embedQuery("?")
  }
} satisfies { succeed: Record<string, Call<Models>>; fail: Record<string, Call<Models>> }
