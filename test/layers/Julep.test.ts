import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Julep } from "../../src/layers/Julep.js"
import { JulepConfig } from "../../src/layers/JulepConfig.js"
import { Agents } from "../../src/services/Agents.js"
import { Chat } from "../../src/services/Chat.js"
import { Completions } from "../../src/services/Completions.js"
import { Docs } from "../../src/services/Docs.js"
import { Jobs } from "../../src/services/Jobs.js"
import { Memories } from "../../src/services/Memories.js"
import { Sessions } from "../../src/services/Sessions.js"
import { Tools } from "../../src/services/Tools.js"
import { Users } from "../../src/services/Users.js"
import { BASE, clientOver, KEY, stubbed } from "../support/client.js"
import * as f from "../support/fixtures.js"
import { json, serve } from "../support/loopback.js"
import { stub } from "../support/stubClient.js"

const options = { apiKey: KEY, baseUrl: BASE }

describe("Julep", () => {
  it.effect("one layer gives the client and every manager, which are the same", () =>
    Effect.gen(function* () {
      const julep = yield* Julep
      expect(yield* Effect.all([Agents, Users, Sessions, Docs, Memories, Tools, Jobs, Chat, Completions])).toEqual([
        julep.agents,
        julep.users,
        julep.sessions,
        julep.docs,
        julep.memories,
        julep.tools,
        julep.jobs,
        julep.chat,
        julep.completions
      ])
    }).pipe(Effect.provide(Julep.layer(options)), Effect.provide(stub({}).layer))
  )

  it.effect("each manager stands alone over HttpClient and JulepConfig", () => {
    const http = stub({ body: f.agent })
    return Effect.gen(function* () {
      const agents = yield* Agents
      expect((yield* agents.get(f.agentId)).name).toBe("Marguerite")
    }).pipe(Effect.provide(Agents.layer), Effect.provide(JulepConfig.layer(options)), Effect.provide(http.layer))
  })

  it.effect("mocked managers compose into a client", () => {
    const agents = Layer.mock(Agents, {
      get: () => Effect.succeed({ id: f.agentId, name: "Mock", about: "", model: "m" })
    })
    const others = Layer.mergeAll(
      Layer.mock(Users, {}),
      Layer.mock(Sessions, {}),
      Layer.mock(Docs, {}),
      Layer.mock(Memories, {}),
      Layer.mock(Tools, {}),
      Layer.mock(Jobs, {}),
      Layer.mock(Chat, { completions: { create: () => Effect.die("not here"), stream: () => Stream.die("not here") } }),
      Layer.mock(Completions, {})
    )
    return Effect.gen(function* () {
      const julep = yield* Julep
      expect((yield* julep.agents.get(f.agentId)).name).toBe("Mock")
    }).pipe(Effect.provide(Layer.provide(Julep.layerManagers, Layer.merge(agents, others))))
  })

  it.effect("two clients with two keys live in one program", () => {
    const http = stub({ body: { items: [] } })
    return Effect.gen(function* () {
      const one = yield* clientOver(http.client, { apiKey: "key-one", baseUrl: "https://one.test" })
      const two = yield* clientOver(http.client, { apiKey: "key-two", baseUrl: "https://two.test/api/" })
      yield* Effect.all([one.agents.list(), two.agents.list(), one.users.list()], { concurrency: 3 })
      const seen = http.requests.map(({ url, headers }) => `${url} ${headers["authorization"]}`)
      expect(seen.sort()).toEqual([
        "https://one.test/agents Bearer key-one",
        "https://one.test/users Bearer key-one",
        "https://two.test/api/agents Bearer key-two"
      ])
    })
  })

  it.effect("a client cannot be built without a configuration", () =>
    Effect.gen(function* () {
      const http = stub({})
      const error = yield* Julep.make().pipe(
        Effect.provideService(HttpClient.HttpClient, http.client),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map())),
        Effect.flip
      )
      expect(error._tag).toBe("JulepConfigError")
      expect(http.requests).toEqual([])
    })
  )

  it.scopedLive("layerFetch speaks HTTP", () =>
    Effect.gen(function* () {
      const server = yield* serve((_received, response) => json(response, 201, f.created))
      const agent = yield* Effect.flatMap(Julep, ({ agents }) =>
        agents.create({ name: "Ada", metadata: { é: "ü" } })
      ).pipe(Effect.provide(Julep.layerFetch({ apiKey: KEY, baseUrl: `${server.origin}/api` })))
      expect(agent.id).toBe(f.agentId)
      expect(server.received).toHaveLength(1)
      expect(server.received[0]).toMatchObject({ method: "POST", path: "/api/agents" })
      expect(server.received[0]?.headers).toMatchObject({
        authorization: `Bearer ${KEY}`,
        "content-type": "application/json"
      })
      expect(JSON.parse(server.received[0]?.body ?? "")).toEqual({ name: "Ada", metadata: { é: "ü" } })
    })
  )

  it.effect("the base URL may have a path, and /v1 is at its origin", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(
        (sent) => ({ body: sent.path.endsWith("/completions") ? completionOf(sent.path) : { items: [] } }),
        { baseUrl: "https://host.test:8443/deep/api/" }
      )
      yield* julep.agents.list()
      yield* julep.chat.completions.create({ messages: [{ role: "user", content: "Ahoy" }] })
      yield* julep.completions.create({ prompt: "Once" })
      expect(http.requests.map(({ url }) => url.href)).toEqual([
        "https://host.test:8443/deep/api/agents",
        "https://host.test:8443/v1/chat/completions",
        "https://host.test:8443/v1/completions"
      ])
    })
  )
})

const completionOf = (path: string) => (path.includes("/chat/") ? f.chatCompletion : f.completion)
