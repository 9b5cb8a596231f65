/** An engine with a reranker: its requests, its variables, and what a search does with its scores. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { temporaryFile } from "../soak/support/database.js"
import { stub } from "../support/stubClient.js"
import { says } from "../support/turns.js"

/** Prefers the texts that stand last. */
const endpoint = () =>
  stub(({ body }) => {
    const { documents, texts = documents } = Object(body)
    const results = Array.from(texts, (_text, index) => ({ index, score: index, relevance_score: index }))
    return { body: documents === undefined ? results : { results } }
  })

const model = Scripted.layer(() => Scripted.reply("ok"))
const url = "https://rerank.test"
const content = ["tea", "tea leaf", "tea leaf water"]

/** What a search and a chat find about tea. */
const found = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada", docs: [{ title: "", content }] })
  const session = yield* julep.sessions.create({ agent_id: agent.id })
  const reply = yield* julep.sessions.chat(session.id, { messages: [says("tea")], recall: { passages: 2 } })
  return reply.recalled?.snippets ?? []
})

const on = (layer: ReturnType<typeof Embedded.layerMemory>, http: ReturnType<typeof stub>, variables = {}) =>
  Effect.provide(found, layer).pipe(
    Effect.provideService(Embedded.Outbound, http.client),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))),
    Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none))
  )

describe("an engine with a reranker", () => {
  it.scopedLive("recalls in its order, and the scores are those of the search", () =>
    Effect.gen(function* () {
      const plain = yield* on(Embedded.layerMemory({ model }), endpoint())
      expect(plain.map(({ content }) => content)).toEqual(["tea", "tea leaf"])
      const http = endpoint()
      const reranked = yield* on(Embedded.layerMemory({ model, rerank: { url } }), http)
      expect(reranked.map(({ content }) => content)).toEqual(["tea leaf water", "tea leaf"])
      expect(reranked.map(({ score }) => score)).toEqual(plain.map(({ score }) => score))
      expect(http.requests.map(({ body, path }) => [path, body])).toEqual([
        ["/rerank", { query: "tea", texts: content, truncate: true }]
      ])
    })
  )

  it.scopedLive("is named by the environment, and memory reads nothing of it", () =>
    Effect.gen(function* () {
      const variables = { RERANK_SERVICE_URL: `${url}/v1/rerank`, RERANK_MODEL_ID: "m", RERANK_API_KEY: "secret" }
      const http = endpoint()
      yield* on(Embedded.layerMemory({ model }), http, variables)
      const file = yield* temporaryFile
      yield* on(Embedded.layer({ storage: { file }, model, rerank: "none" }), http, variables)
      expect(http.requests).toEqual([])
      yield* on(Embedded.layer({ storage: { file }, model }), http, variables)
      expect(http.last()).toMatchObject({ path: "/v1/rerank", body: { model: "m", query: "tea", documents: content } })
      expect(http.last().headers["authorization"]).toBe("Bearer secret")
    })
  )
})
