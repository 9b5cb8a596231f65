/** `JulepApi` and `OpenAiApi` are `HttpApi` values with types: the platform's own client of them calls the engine. */
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { JulepApi, OpenAiApi } from "../../src/api.js"
import { Embedded } from "../../src/embedded.js"
import { type Agent, AgentId, NotFound } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"

const nowhere = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) =>
    Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", description: "left the process" }))
  )
)

const engine = Embedded.layerHttpClient({
  storage: "memory",
  name: "scripted",
  model: Scripted.layer(() => Scripted.reply("Hello."))
}).pipe(Layer.provide(nowhere))

describe("HttpApiClient", () => {
  it.effect("of JulepApi decodes paths, queries, payloads, successes and errors", () =>
    Effect.gen(function* () {
      const client = yield* HttpApiClient.make(JulepApi, { baseUrl: Embedded.ORIGIN })
      const { id, created_at } = yield* client.agents.create({ payload: { name: "Ada" } })
      expectTypeOf(id).toEqualTypeOf<AgentId>()
      expect(created_at).toBeInstanceOf(Date)
      const { items } = yield* client.agents.list({ urlParams: { limit: 1, metadata_filter: {} } })
      expectTypeOf(items).toEqualTypeOf<ReadonlyArray<Agent>>()
      expect(items.map(({ name }) => name)).toEqual(["Ada"])
      yield* client.agents.delete({ path: { agent_id: id } })
      const missing = AgentId.make("00000000-0000-4000-8000-000000000000")
      const error = yield* Effect.flip(client.agents.get({ path: { agent_id: missing } }))
      expect(error).toBeInstanceOf(NotFound)
    }).pipe(Effect.provide(engine))
  )

  it.effect("of OpenAiApi answers completions", () =>
    Effect.gen(function* () {
      const client = yield* HttpApiClient.make(OpenAiApi, { baseUrl: Embedded.ORIGIN })
      const messages = [{ role: "user", content: "Hello" }]
      const { choices } = yield* client.chat.create({ payload: { model: "scripted", messages } })
      expect(choices[0]?.message.content).toBe("Hello.")
      const { data } = yield* client.models.list()
      expect(data.length).toBeGreaterThan(0)
    }).pipe(Effect.provide(engine))
  )
})
