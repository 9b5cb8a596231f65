/** OpenAI's responses and embeddings, by `@effect/ai-openai`, as the engine's model and embedder. */
import * as OpenAiClient from "@effect/ai-openai/OpenAiClient"
import * as OpenAiEmbeddingModel from "@effect/ai-openai/OpenAiEmbeddingModel"
import * as OpenAiLanguageModel from "@effect/ai-openai/OpenAiLanguageModel"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { EngineModel } from "../../src/ai/index.js"
import { Embedded } from "../../src/embedded.js"
import { accumulateChat, messageText } from "../../src/index.js"
import { silent } from "../support/languageModels.js"
import { ENDPOINT_KEY, endpoint } from "../support/openai/endpoint.js"
import { PAUSE } from "../support/openai/faults.js"
import { chat, says, scene } from "../support/turns.js"

const clientOf = (origin: string, key = ENDPOINT_KEY) =>
  OpenAiClient.layer({ apiUrl: `${origin}/v1`, apiKey: Redacted.make(key) }).pipe(Layer.provide(FetchHttpClient.layer))

const engineOf = (origin: string, model: string, key?: string) =>
  Embedded.layerMemory({
    model: EngineModel.languageModel(
      OpenAiLanguageModel.layer({ model, config: { strict: false } }).pipe(Layer.provide(clientOf(origin, key))),
      {
        instructable: false,
        settings: EngineModel.settings(OpenAiLanguageModel.Config, {
          temperature: (temperature) => ({ temperature }),
          max_tokens: (max_output_tokens) => ({ max_output_tokens }),
          extra: (extra) => extra
        })
      }
    ),
    embedder: EngineModel.embeddingModel(
      OpenAiEmbeddingModel.layerBatched({ model: "embed" }).pipe(Layer.provide(clientOf(origin, key))),
      { name: "embed" }
    )
  })

const parameters = { type: "object", properties: { order: { type: "string" } }, required: ["order"] }

describe("OpenAI's responses answer chats", () => {
  it.scopedLive("whole and streamed, with settings, thoughts, tools and JSON of a schema", () =>
    Effect.gen(function* () {
      const upstream = yield* endpoint
      yield* Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const reply = yield* chat(session.id, "Hello", { temperature: 0.5, max_tokens: 50 })
        expect(messageText(reply)).toBe("You said: Hello")
        expect(reply.usage?.total_tokens).toBeGreaterThan(0)
        expect(JSON.parse(upstream.received.at(-1)?.body ?? "")).toMatchObject({
          temperature: 0.5,
          max_output_tokens: 50
        })
        const streamed = yield* accumulateChat(julep.sessions.chatStream(session.id, { messages: [says("And now?")] }))
        expect(messageText(streamed)).toContain("And now?")
        const called = yield* chat(session.id, "Refund A-1", {
          tools: [{ type: "function", function: { name: "refund", parameters } }],
          extra: { reasoning: { effort: "low" } }
        })
        expect(called.finish_reason).toBe("tool_calls")
        const [made] = called.response.flat().filter(({ role }) => role === "function_call")
        const { id, name } = JSON.parse(String(made?.content))
        expect(name).toBe("refund")
        const after = yield* julep.sessions.chat(session.id, {
          messages: [{ role: "function", tool_call_id: id, content: "refunded" }]
        })
        expect(messageText(after)).toContain("refunded")
        const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
        const json = yield* chat(session.id, "Where?", { response_format: { type: "json_object", schema } })
        expect(JSON.parse(messageText(json))).toHaveProperty("city")
      }).pipe(Effect.provide(engineOf(upstream.origin, "echo")))
    }).pipe(silent)
  )

  it.scopedLive("and their errors have the status of the API", () =>
    Effect.gen(function* () {
      const upstream = yield* endpoint
      const failing = (model: string, key?: string) =>
        Effect.flatMap(scene(), ({ session }) => Effect.flip(chat(session.id, "Hello"))).pipe(
          Effect.provide(engineOf(upstream.origin, model, key))
        )
      expect(yield* failing("echo", "sk-wrong")).toMatchObject({ _tag: "ServerError", code: "MODEL_UNAUTHORIZED" })
      expect(yield* failing("fault-429")).toMatchObject({ _tag: "RateLimited", retryAfter: PAUSE })
      expect(yield* failing("fault-404")).toMatchObject({ _tag: "BadRequest", code: "UNKNOWN_MODEL" })
      expect(yield* failing("fault-context")).toMatchObject({
        code: "MODEL_REFUSED",
        message: expect.stringContaining("maximum context length")
      })
    }).pipe(silent)
  )
})
