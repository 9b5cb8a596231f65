/** Calls of `@effect/ai-openai` 0.41: its language model, which speaks `/responses`, and its typed client. */
import { createRequire } from "node:module"
import * as EmbeddingModel from "@effect/ai/EmbeddingModel"
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as OpenAiClient from "@effect/ai-openai/OpenAiClient"
import * as OpenAiEmbeddingModel from "@effect/ai-openai/OpenAiEmbeddingModel"
import * as OpenAiLanguageModel from "@effect/ai-openai/OpenAiLanguageModel"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Call, End } from "../../support/openai/bothWays.js"
import { failing, failingInKind } from "../../support/openai/faults.js"

/** Runs a program with a client of one end, and throws what it fails with. */
export const run = async <A, E>(
  program: Effect.Effect<A, E, OpenAiClient.OpenAiClient>,
  { apiKey, baseURL }: End
): Promise<A> => {
  const client = OpenAiClient.layer({ apiKey: Redacted.make(apiKey), apiUrl: baseURL })
  const provided = Effect.provide(program, Layer.provide(client, FetchHttpClient.layer))
  const exit = await Effect.runPromiseExit(provided)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

export const version: string = createRequire(import.meta.url)("@effect/ai-openai/package.json").version

const prompt = "Where is the Alma?"

const lookup = Tool.make("lookup", {
  description: "Finds a ship",
  parameters: { ship: Schema.String, depth: Schema.Int },
  success: Schema.Struct({ at: Schema.String })
})

const toolkit = Toolkit.make(lookup)

const handlers = toolkit.toLayer({ lookup: ({ ship }) => Effect.succeed({ at: `sea, as ${ship}` }) })

const Place = Schema.Struct({ name: Schema.String, seas: Schema.Array(Schema.Literal("north", "south")) })

const model =
  <A, E>(program: Effect.Effect<A, E, LanguageModel.LanguageModel>, name = "echo"): Call<End> =>
  (end) =>
    run(Effect.provide(program, OpenAiLanguageModel.layer({ model: name })), end)

const embeddings =
  <A, E>(program: Effect.Effect<A, E, EmbeddingModel.EmbeddingModel>, name = "embed"): Call<End> =>
  (end) => {
    const layer = OpenAiEmbeddingModel.layerBatched({ model: name, config: { dimensions: 4 } })
    return run(Effect.provide(program, layer), end)
  }

const client =
  <A, E>(use: (client: OpenAiClient.Service) => Effect.Effect<A, E>): Call<End> =>
  (end) =>
    run(Effect.flatMap(OpenAiClient.OpenAiClient, use), end)

const response = LanguageModel.generateText({ prompt })
const parts = collect(LanguageModel.streamText({ prompt }))
const messages = [{ role: "user", content: prompt }] as const

/** Calls of the typed client that the engine also answers offline. */
export const typed = {
  createChatCompletion: client(({ client }) => client.createChatCompletion({ model: "echo", messages })),
  "createChatCompletion: a tool is called": client(({ client }) =>
    client.createChatCompletion({
      model: "echo",
      messages,
      tools: [{ type: "function", function: { name: "lookup", parameters: { type: "object", properties: {} } } }],
      tool_choice: "required"
    })
  ),
  createCompletion: client(({ client }) => client.createCompletion({ model: "echo", prompt: "Once" })),
  "createCompletion: two texts": client(({ client }) =>
    client.createCompletion({ model: "echo", prompt: ["Once", "Twice"] })
  ),
  listModels: client(({ client }) => client.listModels())
} satisfies Record<string, Call<End>>

export const calls = {
  succeed: {
    generateText: model(response),
    "generateText: a toolkit": model(
      Effect.provide(LanguageModel.generateText({ prompt, toolkit, toolChoice: "required" }), handlers)
    ),
    "generateText: a conversation": model(
      LanguageModel.generateText({
        prompt: [
          { role: "system", content: "Be brief." },
          { role: "user", content: [{ type: "text", text: "Hello" }] },
          { role: "assistant", content: [{ type: "text", text: "Hello." }] },
          { role: "user", content: [{ type: "text", text: "And now?" }] }
        ]
      })
    ),
    "generateText: a refusal": model(response, "refuse"),
    "generateText: an answer that is cut short": model(response, "length"),
    "generateText: settings": model(
      OpenAiLanguageModel.withConfigOverride(response, {
        temperature: 0.2,
        top_p: 0.9,
        metadata: { run: "7" },
        reasoning: { effort: "low", summary: "auto" },
        service_tier: "flex"
      })
    ),
    generateObject: model(LanguageModel.generateObject({ prompt, schema: Place })),
    streamText: model(parts),
    "streamText: a toolkit": model(Effect.provide(collect(LanguageModel.streamText({ prompt, toolkit })), handlers)),
    "streamText: reasoning": model(
      OpenAiLanguageModel.withConfigOverride(parts, { reasoning: { effort: "low", summary: "auto" } })
    ),
    embed: embeddings(Effect.flatMap(EmbeddingModel.EmbeddingModel, ({ embed }) => embed("tea"))),
    embedMany: embeddings(Effect.flatMap(EmbeddingModel.EmbeddingModel, ({ embedMany }) => embedMany(["tea", "milk"]))),
    ...typed,
    retrieveModel: client(({ client }) => client.retrieveModel("echo")),
    createEmbedding: client(({ createEmbedding }) => createEmbedding({ model: "embed", input: "tea" })),
    createResponse: client(({ createResponse }) => createResponse({ model: "echo", input: prompt })),
    createResponseStream: client(({ createResponseStream }) =>
      collect(createResponseStream({ model: "echo", input: prompt }))
    )
  },
  fail: {
    ...Object.fromEntries(failing.map((name) => [`generateText: ${name}`, model(response, name)])),
    ...Object.fromEntries(failingInKind.map((name) => [`streamText: ${name}`, model(parts, name)])),
    "createChatCompletion: fault-context": client(({ client }) =>
      client.createChatCompletion({ model: "fault-context", messages })
    ),
    "retrieveModel: an unknown model": client(({ client }) => client.retrieveModel("nothing")),
    "embed: fault-404": embeddings(
      Effect.flatMap(EmbeddingModel.EmbeddingModel, ({ embed }) => embed("?")),
      "fault-404"
    )
  }
} satisfies { succeed: Record<string, Call<End>>; fail: Record<string, Call<End>> }
