/** Models and embedders of Effect in the client with promises, whose types show none of them. */
import * as EmbeddingModel from "@effect/ai/EmbeddingModel"
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { EngineModel } from "../../src/ai/index.js"
import { Client, JulepConfigError, messageText } from "../../src/promise/index.js"

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
const end = { type: "finish", reason: "stop", usage } as const

const greeter = Layer.effect(
  LanguageModel.LanguageModel,
  LanguageModel.make({
    generateText: () => Effect.succeed([{ type: "text", text: "Good morning." }, end]),
    streamText: () => Stream.empty
  })
)
const embedder = Layer.effect(
  EmbeddingModel.EmbeddingModel,
  EmbeddingModel.make({
    embedMany: (texts) => Effect.succeed(texts.map((_text, index) => ({ index, embeddings: [1, 0] })))
  })
)

describe("Client.embedded", () => {
  it("answers with a LanguageModel and embeds with an EmbeddingModel", async () => {
    await using client = Client.embedded({
      storage: "memory",
      model: EngineModel.languageModel(greeter, { name: "greeter" }),
      embedder: EngineModel.embeddingModel(embedder, { name: "flat" })
    })
    const agent = await client.agents.create({ name: "Ada", docs: [{ title: "Tea", content: "Tea takes 4 minutes." }] })
    const session = await client.sessions.create({ agent_id: agent.id })
    expect(messageText(await client.sessions.chat(session.id, "Hello"))).toBe("Good morning.")
  })

  it("refuses what only looks like a layer", async () => {
    await using client = Client.embedded({ storage: "memory", model: { pipe: () => undefined } })
    const call = client.agents.list()
    await expect(call).rejects.toBeInstanceOf(JulepConfigError)
    await expect(call).rejects.toThrow("or a layer of Embedded.Model, not { pipe }")
  })
})
