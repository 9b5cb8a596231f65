/** An `EmbeddingModel` of `@effect/ai` as the engine's embedder. */
import * as AiError from "@effect/ai/AiError"
import * as EmbeddingModel from "@effect/ai/EmbeddingModel"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { EngineModel } from "../../src/ai/index.js"
import { Embedded } from "../../src/embedded.js"
import { TEXTS } from "../../src/engine/usecases/recall/Paraphrases.js"
import { type AgentId, Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { temporaryFile } from "../soak/support/database.js"
import { silent } from "../support/languageModels.js"
import { vectorOf } from "../support/wordVectors.js"

/** A model whose vectors have this many numbers, three times as long as the port demands, and the texts it got. */
const vectors = (length: number) => {
  const embedded: Array<string> = []
  const layer = Layer.effect(
    EmbeddingModel.EmbeddingModel,
    EmbeddingModel.make({
      embedMany: (texts) =>
        Effect.sync(() => {
          embedded.push(...texts)
          return texts.map((text, index) => ({
            index,
            embeddings: [...vectorOf(text, length)].map((each) => each * 3)
          }))
        })
    })
  )
  return { embedded, layer }
}

const doc = { title: "", content: ["automobiles for sale", "trains to Lisbon"] } as const

const recalled = (agent_id: AgentId) =>
  Effect.gen(function* () {
    const { sessions } = yield* Julep
    const session = yield* sessions.create({ agent_id })
    const reply = yield* sessions.chat(session.id, {
      messages: [{ role: "user", content: "car" }],
      recall: { threshold: 0.2 }
    })
    return reply.recalled?.snippets.map(({ content }) => content)
  })

const written = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  const created = yield* julep.docs.create({ agent_id: agent.id, doc })
  yield* Effect.forEach(created.jobs, (id) => julep.jobs.await(id))
  return agent.id
})

const model = Scripted.layer(() => Scripted.reply("ok"))

describe("an EmbeddingModel is the engine's embedder", () => {
  it.scopedLive("docs are found by meaning, and another name or length is refused until the store is reindexed", () =>
    Effect.gen(function* () {
      const storage = { file: yield* temporaryFile }
      const fake = vectors(256)
      const embedder = (name: string, length = 256) => EngineModel.embeddingModel(vectors(length).layer, { name })
      const on = (embedder: Embedded.EmbedderOption) => Effect.provide(Embedded.layer({ storage, model, embedder }))
      const agent = yield* Effect.tap(written, (id) =>
        Effect.map(recalled(id), (found) => expect(found).toEqual(["automobiles for sale"]))
      ).pipe(on(EngineModel.embeddingModel(fake.layer, { name: "words", dimensions: 256 })))
      // The job of the chat embeds its messages behind them.
      expect(fake.embedded.slice(0, TEXTS.length + 3)).toEqual([...doc.content, ...TEXTS, "car"])

      for (const other of [embedder("others"), embedder("words", 64)]) {
        const refusal = String(yield* Effect.flip(recalled(agent).pipe(on(other))))
        expect(refusal).toContain('"words" (256 dimensions)')
        expect(refusal).toContain("Embedded.reindex")
      }
      expect(yield* Embedded.reindex({ storage, embedder: embedder("others", 64) })).toBe(1)
      expect(yield* recalled(agent).pipe(on(embedder("others", 64)))).toEqual(["automobiles for sale"])
    }).pipe(silent)
  )

  it.effect("a length that is not the configured one is an error, not a vector", () =>
    Effect.gen(function* () {
      const service = yield* Effect.provide(
        Embedded.Embedder,
        EngineModel.embeddingModel(vectors(8).layer, { name: "words", dimensions: 16 })
      )
      const error = yield* Effect.flip(Effect.flatMap(service, ({ embed }) => embed(["a"])))
      expect(error).toMatchObject({ message: "The embedding model words returned a vector of 8 numbers, not 16." })
    })
  )

  it.effect("vectors have the length 1, and a failure of the provider is one of the embedder", () =>
    Effect.gen(function* () {
      const service = yield* Effect.flatten(
        Effect.provide(Embedded.Embedder, EngineModel.embeddingModel(vectors(8).layer, { name: "words" }))
      )
      const [vector] = yield* service.embed(["automobiles"])
      expect(Math.hypot(...(vector ?? []))).toBeCloseTo(1)
      const layer = Layer.effect(
        EmbeddingModel.EmbeddingModel,
        EmbeddingModel.make({
          embedMany: () =>
            Effect.fail(new AiError.UnknownError({ module: "Fake", method: "embed", description: "odd" }))
        })
      )
      const failing = yield* Effect.flatten(
        Effect.provide(Embedded.Embedder, EngineModel.embeddingModel(layer, { name: "words" }))
      )
      expect(yield* Effect.flip(failing.embed(["a"]))).toMatchObject({ _tag: "ModelError", reason: "unavailable" })
    })
  )

  it.effect("an embedding of docs that takes longer than the timeout is an error, with its limit", () =>
    Effect.gen(function* () {
      const embedMany = () => Effect.never
      const layer = Layer.effect(EmbeddingModel.EmbeddingModel, EmbeddingModel.make({ embedMany }))
      for (const [options, limit] of [
        [{}, "5m"],
        [{ timeout: "10 seconds" }, "10s"]
      ] as const) {
        const service = yield* Effect.flatten(
          Effect.provide(Embedded.Embedder, EngineModel.embeddingModel(layer, { name: "words", ...options }))
        )
        const embedding = yield* Effect.fork(Effect.flip(service.embed(["a"])))
        yield* TestClock.adjust("5 minutes")
        expect(yield* Fiber.poll(embedding).pipe(Effect.map(Option.isSome))).toBe(true)
        expect(yield* Fiber.join(embedding)).toMatchObject({
          reason: "unavailable",
          message: `The model's provider did not answer within ${limit}. Raise the option timeout if it may take that long.`
        })
      }
    })
  )

  for (const options of [
    { name: " " },
    { name: "words", dimensions: 0.5 },
    { name: "words", timeout: "soon" as "1 second" }
  ]) {
    it.effect(`the options ${JSON.stringify(options)} are refused`, () =>
      Effect.gen(function* () {
        const embedder = EngineModel.embeddingModel(vectors(8).layer, options)
        const error = yield* Effect.flip(Effect.provide(Julep, Embedded.layerMemory({ model, embedder })))
        expect(error._tag).toBe("JulepConfigError")
      })
    )
  }
})
