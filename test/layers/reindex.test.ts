/** An engine with an embedder: the requests to its endpoint, a change of it, and its variables. */

import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { Embedded } from "../../src/embedded.js"
import { type JobRow, Storage } from "../../src/engine/ports/Storage.js"
import { passagesOfContent } from "../../src/engine/text/Passages.js"
import { TEXTS } from "../../src/engine/usecases/recall/Paraphrases.js"
import { Julep } from "../../src/index.js"
import * as EngineStorage from "../../src/layers/EngineStorage.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { temporaryFile } from "../soak/support/database.js"
import { agentRow, alice, docRow } from "../support/storage/rows.js"
import { stub } from "../support/stubClient.js"
import { says } from "../support/turns.js"
import { vectorOf, wordVectors } from "../support/wordVectors.js"

/** An endpoint of embeddings whose vectors have as many numbers as its model's name says. */
const endpoint = () =>
  stub(({ body }) => {
    const { input, model } = Object(body)
    const dimensions = Number(String(model).split("-")[1])
    const data = Array.from(input, (text, index) => ({ index, embedding: [...vectorOf(String(text), dimensions)] }))
    return { body: { data } }
  })

const url = "https://vectors.test/v1"
const doc = { title: "", content: ["automobiles for sale", "trains to Lisbon"] } as const
const silent = Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none))

describe("an engine with an embedder", () => {
  it.scopedLive("recalls what is meant, refuses another model by both names, and reindexes", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const storage = { file }
      const http = endpoint()
      const outbound = Effect.provideService(Embedded.Outbound, http.client)
      const on = (name: string) =>
        Embedded.layer({ storage, model: Scripted.layer(() => Scripted.reply("ok")), embedder: { url, name } })
      const asks = (agent_id: Effect.Effect.Success<typeof write>) =>
        Effect.gen(function* () {
          const { sessions } = yield* Julep
          const session = yield* sessions.create({ agent_id })
          const reply = yield* sessions.chat(session.id, { messages: [says("car")], recall: { threshold: 0.2 } })
          return reply.recalled?.snippets.map(({ content }) => content)
        })
      const write = Effect.gen(function* () {
        const julep = yield* Julep
        const agent = yield* julep.agents.create({ name: "Ada" })
        const created = yield* julep.docs.create({ agent_id: agent.id, doc })
        expect(created.jobs).toHaveLength(1)
        for (const job of created.jobs) {
          const reason = expect.stringContaining("2 texts were embedded")
          expect(yield* julep.jobs.await(job)).toMatchObject({ state: "succeeded", reason })
        }
        return agent.id
      })

      const agent = yield* outbound(
        Effect.provide(
          Effect.tap(write, (id) => Effect.map(asks(id), (found) => expect(found).toEqual(["automobiles for sale"]))),
          on("words-256")
        )
      )
      expect(http.requests.map(({ body }) => Object(body).input)).toEqual([
        [...doc.content],
        // The length of the vectors is not configured: two answers must agree on it.
        ["text"],
        [...TEXTS],
        ["car"]
      ])

      const refusal = yield* Effect.flip(outbound(Effect.provide(asks(agent), on("others-64"))))
      expect(String(refusal)).toContain('"words-256" (256 dimensions)')
      expect(String(refusal)).toContain('"others-64"')
      expect(String(refusal)).toContain("Embedded.reindex")

      expect(yield* outbound(Embedded.reindex({ storage, embedder: { url, name: "others-64" } }))).toBe(1)
      expect(yield* outbound(Effect.provide(asks(agent), on("others-64")))).toEqual(["automobiles for sale"])
    }).pipe(silent)
  )

  it.scopedLive("fault: reindexing a path without a store fails and names it, and creates nothing", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const error = yield* Effect.flip(Embedded.reindex({ storage: { file }, embedder: "none" }))
      expect(error).toMatchObject({ _tag: "StorageOpenError", file })
      expect(error.message).toContain(`There is no store to reindex at ${file}`)
      expect(fs.existsSync(file)).toBe(false)
    }).pipe(silent)
  )

  it.scopedLive("fault: reindexing asks an embedder that fails again, as any job does", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const storage = { file }
      const model = Scripted.layer(() => Scripted.reply("ok"))
      yield* Effect.flatMap(Julep, ({ agents }) => agents.create({ name: "Ada", docs: [doc] })).pipe(
        Effect.provide(Embedded.layer({ storage, model, embedder: "none" }))
      )
      const words = wordVectors()
      let failures = 1
      const embed: Embedded.Embedder["Type"] = Option.some({
        ...words.service,
        embed: (texts) =>
          failures-- > 0
            ? Effect.fail(new Embedded.ModelError({ reason: "unavailable", message: "down" }))
            : words.service.embed(texts)
      })
      expect(yield* Embedded.reindex({ storage, embedder: Layer.succeed(Embedded.Embedder, embed) })).toBe(1)
      // A short text shows that it works again.
      expect(words.embedded).toEqual(["text", ...doc.content])
    }).pipe(silent)
  )

  it.scopedLive("reindexing writes the passages that a failed job left out", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const agent = agentRow()
      const content = "A sentence of a long doc. ".repeat(200)
      const doc = docRow({ kind: "agent", id: agent.id }, { content })
      const inStore = <A, E>(use: (storage: Storage.Service) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(Storage, use), EngineStorage.choose({ file }))
      const [first = "", ...rest] = passagesOfContent(content)
      yield* inStore(({ agents, docs }) =>
        Effect.zipRight(agents.insert(alice, agent), docs.insert(alice, doc, [first]))
      )
      expect(yield* Embedded.reindex({ storage: { file }, embedder: "none" })).toBe(1)
      const written = yield* inStore(({ vectors }) => vectors.passages(alice, doc.id, 0, 100))
      expect(written.map(({ text }) => text)).toEqual([first, ...rest])
    }).pipe(silent)
  )

  it.scopedLive("reindexing leaves jobs of other kinds to the engine that caused them", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const summarize: JobRow = {
        id: "11111111-1111-4111-8111-111111111111",
        developer_id: "00000000-0000-0000-0000-000000000000",
        name: "summarize_session",
        payload: { session_id: "22222222-2222-4222-8222-222222222222" },
        lane: null,
        state: "pending",
        reason: null,
        progress: 0,
        attempts: 0,
        created_at: 1,
        updated_at: 1
      }
      const { id, developer_id } = summarize
      const inStore = <A, E>(use: (storage: Storage.Service) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(Storage, use), EngineStorage.choose({ file }))
      yield* inStore(({ jobs }) => jobs.insert(developer_id, summarize))
      expect(yield* Embedded.reindex({ storage: { file }, embedder: "none" })).toBe(0)
      expect(yield* inStore(({ jobs }) => jobs.get(developer_id, id))).toEqual(Option.some(summarize))
    }).pipe(silent)
  )

  it.scopedLive("is named by the environment, and memory reads nothing of it", () =>
    Effect.gen(function* () {
      const http = endpoint()
      const variables = new Map([
        ["EMBEDDING_SERVICE_URL", url],
        ["DOCS_EMBEDDING_MODEL_ID", "words-64"],
        ["EMBEDDING_API_KEY", "secret"]
      ])
      const create = Effect.gen(function* () {
        const julep = yield* Julep
        const agent = yield* julep.agents.create({ name: "Ada" })
        const { jobs } = yield* julep.docs.create({ agent_id: agent.id, doc })
        for (const job of jobs) yield* julep.jobs.await(job)
      })
      const run = (layer: ReturnType<typeof Embedded.layerMemory>) =>
        Effect.provide(create, layer).pipe(
          Effect.provideService(Embedded.Outbound, http.client),
          Effect.withConfigProvider(ConfigProvider.fromMap(variables))
        )
      const model = Scripted.layer(() => Scripted.reply("ok"))
      yield* run(Embedded.layerMemory({ model }))
      yield* run(Embedded.layer({ storage: "memory", model }))
      expect(http.requests).toEqual([])
      yield* run(Embedded.layer({ storage: { file: yield* temporaryFile }, model }))
      expect(http.last()).toMatchObject({ path: "/v1/embeddings", body: { model: "words-64" } })
      expect(http.last().headers["authorization"]).toBe("Bearer secret")
    }).pipe(silent)
  )

  it.effect("whose options cannot work does not start", () =>
    Effect.gen(function* () {
      for (const [embedder, fault] of [
        [{ url: "ftp://x", name: "m" }, "ftp://x"],
        [{ url, name: " " }, "name"],
        [{ url, name: "m", dimensions: 0 }, "dimensions"]
      ] as const) {
        const error = yield* Effect.flip(Effect.provide(Julep, Embedded.layerMemory({ embedder })))
        expect(error._tag).toBe("JulepConfigError")
        expect(error.message).toContain(fault)
      }
    })
  )
})
