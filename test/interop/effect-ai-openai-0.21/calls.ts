/**
 * Calls of `@effect/ai-openai` 0.21, which speaks chat completions. In this folder its imports lead to the `effect` of its
 * time, beside that of the engine.
 */
import { createRequire } from "node:module"
import * as AiEmbeddingModel from "@effect/ai/AiEmbeddingModel"
import * as AiInput from "@effect/ai/AiInput"
import * as AiLanguageModel from "@effect/ai/AiLanguageModel"
import * as AiTool from "@effect/ai/AiTool"
import * as AiToolkit from "@effect/ai/AiToolkit"
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

/** This line's client sets `content-length`, which the fetch of newer versions of Node refuses. */
const fetchWithoutLength: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers)
  headers.delete("content-length")
  return fetch(input, { ...init, headers })
}

const http = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetchWithoutLength))

const run = async <A, E>(
  program: Effect.Effect<A, E, OpenAiClient.OpenAiClient>,
  { apiKey, baseURL }: End
): Promise<A> => {
  const client = OpenAiClient.layer({ apiKey: Redacted.make(apiKey), apiUrl: baseURL })
  const provided = Effect.provide(program, Layer.provide(client, http))
  const exit = await Effect.runPromiseExit(provided)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

export const version: string = createRequire(import.meta.url)("@effect/ai-openai/package.json").version

const prompt = "Where is the Alma?"

const lookup = AiTool.make("lookup", {
  description: "Finds a ship",
  parameters: { ship: Schema.String, depth: Schema.Int },
  success: Schema.Struct({ at: Schema.String })
})

const toolkit = AiToolkit.make(lookup)

const handlers = toolkit.toLayer({ lookup: ({ ship }) => Effect.succeed({ at: `sea, as ${ship}` }) })

const Place = Schema.Struct({ name: Schema.String, seas: Schema.Array(Schema.Literal("north", "south")) })

const model =
  <A, E>(program: Effect.Effect<A, E, AiLanguageModel.AiLanguageModel>, name = "echo"): Call<End> =>
  (end) =>
    run(Effect.provide(program, OpenAiLanguageModel.layer({ model: name })), end)

const client =
  <A, E>(use: (client: OpenAiClient.OpenAiClient.Service) => Effect.Effect<A, E>): Call<End> =>
  (end) =>
    run(Effect.flatMap(OpenAiClient.OpenAiClient, use), end)

const embed =
  (name: string): Call<End> =>
  (end) => {
    const layer = OpenAiEmbeddingModel.layerBatched({ model: name, config: { dimensions: 4 } })
    const program = Effect.flatMap(AiEmbeddingModel.AiEmbeddingModel, ({ embed }) => embed("tea"))
    return run(Effect.provide(program, layer), end)
  }

const response = AiLanguageModel.generateText({ prompt })
const parts = collect(AiLanguageModel.streamText({ prompt }))
const messages = [{ role: "user", content: prompt }] as const

/** Calls that the engine also answers offline. */
export const offline = {
  generateText: model(response),
  "generateText: a toolkit": model(
    Effect.provide(AiLanguageModel.generateText({ prompt, toolkit, toolChoice: "required" }), handlers)
  ),
  generateObject: model(AiLanguageModel.generateObject({ prompt, schema: Place, toolCallId: "place" })),
  streamText: model(parts),
  "streamText: a toolkit": model(
    Effect.provide(collect(AiLanguageModel.streamText({ prompt, toolkit, toolChoice: "required" })), handlers)
  ),
  createChatCompletion: client(({ client }) => client.createChatCompletion({ model: "echo", messages })),
  createCompletion: client(({ client }) => client.createCompletion({ model: "echo", prompt: "Once" })),
  listModels: client(({ client }) => client.listModels())
} satisfies Record<string, Call<End>>

export const calls = {
  succeed: {
    ...offline,
    "generateText: a conversation": model(
      AiLanguageModel.generateText({
        prompt: [
          new AiInput.UserMessage({ parts: [new AiInput.TextPart({ text: "Hello" })] }),
          new AiInput.AssistantMessage({ parts: [new AiInput.TextPart({ text: "Hello." })] }),
          new AiInput.UserMessage({ parts: [new AiInput.TextPart({ text: "And now?" })] })
        ],
        system: "Be brief."
      })
    ),
    "generateText: two calls": model(
      Effect.provide(AiLanguageModel.generateText({ prompt, toolkit }), handlers),
      "two-calls"
    ),
    "generateText: an answer that is cut short": model(response, "length"),
    "generateText: settings": model(
      OpenAiLanguageModel.withConfigOverride(response, {
        temperature: 0.2,
        top_p: 0.9,
        seed: 7,
        metadata: { run: "7" },
        service_tier: "default"
      })
    ),
    retrieveModel: client(({ client }) => client.retrieveModel("echo")),
    embed: embed("embed")
  },
  fail: {
    ...Object.fromEntries(failing.map((name) => [`generateText: ${name}`, model(response, name)])),
    ...Object.fromEntries(failingInKind.map((name) => [`streamText: ${name}`, model(parts, name)])),
    "createCompletion: fault-404": client(({ client }) => client.createCompletion({ model: "fault-404", prompt: "?" })),
    "retrieveModel: an unknown model": client(({ client }) => client.retrieveModel("nothing")),
    "embed: fault-404": embed("fault-404")
  }
} satisfies { succeed: Record<string, Call<End>>; fail: Record<string, Call<End>> }
