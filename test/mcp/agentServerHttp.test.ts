/** What an MCP server over HTTP answers on the wire, whom it admits, and what it starts with. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Julep } from "../../src/index.js"
import * as AgentServer from "../../src/mcp/AgentServer.js"
import { connected, serve } from "../support/mcpHttp.js"
import { embedded } from "../support/modes.js"
import { noAgent, scene, sceneWithUser } from "../support/turns.js"

const ping = { jsonrpc: "2.0", id: "one", method: "ping" }

const post = (url: URL, body: unknown, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body)
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, json: text === "" ? undefined : JSON.parse(text) }
  })

const served = (options: Partial<AgentServer.HttpOptions> = {}) =>
  Effect.flatMap(scene(), ({ agent }) => serve({ agent_id: agent.id, ...options }))

describe("an MCP server over HTTP", () => {
  it.scoped("answers with the id of the request, of any form", () =>
    Effect.gen(function* () {
      const url = yield* served()
      for (const id of ["one", "1", 1, 0, -3]) {
        expect(yield* post(url, { ...ping, id })).toMatchObject({
          status: 200,
          json: { jsonrpc: "2.0", id, result: {} }
        })
      }
      const both = yield* post(url, [ping, { ...ping, id: 2 }])
      expect(both.json).toEqual([
        { jsonrpc: "2.0", id: "one", result: {} },
        { jsonrpc: "2.0", id: 2, result: {} }
      ])
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("accepts notifications without an answer", () =>
    Effect.gen(function* () {
      const url = yield* served()
      for (const method of ["notifications/initialized", "notifications/unknown", "notifications/cancelled"]) {
        const response = yield* post(url, { jsonrpc: "2.0", method, params: { requestId: "gone" } })
        expect([method, response.status, response.json]).toEqual([method, 202, undefined])
      }
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("fault: what is not a request, methods that it does not have, and parameters that do not fit", () =>
    Effect.gen(function* () {
      const url = yield* served()
      const errorOf = (body: unknown) => Effect.map(post(url, body), ({ json }) => [json.id, json.error.code])
      expect(yield* errorOf("{bad")).toEqual([null, -32600])
      expect(yield* errorOf({ jsonrpc: "2.0", id: 7 })).toEqual([7, -32600])
      expect(yield* errorOf({ ...ping, method: "server/discover" })).toEqual(["one", -32601])
      expect(yield* errorOf({ ...ping, method: "tools/call", params: { name: 3 } })).toEqual(["one", -32602])
      expect(yield* errorOf({ ...ping, method: "resources/list", params: { cursor: "x" } })).toEqual(["one", -32602])
      expect(yield* errorOf({ ...ping, method: "resources/list", params: { cursor: 3 } })).toEqual(["one", -32602])
      const { json } = yield* post(url, { ...ping, method: "tools/call", params: { name: 3 } })
      expect(Object.keys(json.error).sort()).toEqual(["code", "message"])
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("opens no streams and ends no sessions: 405", () =>
    Effect.gen(function* () {
      const url = yield* served()
      for (const method of ["GET", "DELETE"]) {
        const response = yield* Effect.promise(() => fetch(url, { method }))
        expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"])
      }
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("answers clients of the newest revision, which ask for it first", () =>
    Effect.gen(function* () {
      const client = yield* connected(yield* served({ path: "/tea" }), {}, "auto")
      expect((yield* Effect.promise(() => client.listTools())).tools.length).toBeGreaterThan(0)
      expect(client.getServerVersion()).toEqual({ name: "effect-julep", version: "1.0.0" })
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("refuses pages of foreign origins, unless they are allowed", () =>
    Effect.gen(function* () {
      const url = yield* served({ allowedOrigins: ["https://app.example.com"] })
      const statusFrom = (origin: string) => Effect.map(post(url, ping, { origin }), ({ status }) => status)
      for (const origin of [
        "https://evil.example",
        "http://localhost.evil.example",
        "https://app.example.com.evil.example",
        "null"
      ]) {
        expect([origin, yield* statusFrom(origin)]).toEqual([origin, 403])
      }
      for (const origin of [
        "https://app.example.com",
        "http://localhost:6274",
        "http://127.0.0.1",
        "http://[::1]:80"
      ]) {
        expect([origin, yield* statusFrom(origin)]).toEqual([origin, 200])
      }
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("requires its key", () =>
    Effect.gen(function* () {
      const url = yield* served({ apiKey: Redacted.make("secret") })
      const without = yield* post(url, ping)
      expect([without.status, without.headers.get("www-authenticate")]).toEqual([401, "Bearer"])
      expect((yield* post(url, ping, { authorization: "Bearer secre" })).status).toBe(401)
      const client = yield* connected(url, { authorization: "Bearer secret" })
      expect((yield* Effect.promise(() => client.listTools())).tools.length).toBeGreaterThan(0)
    }).pipe(Effect.provide(embedded()))
  )
})

describe("what an MCP server is bound to", () => {
  const building = (options: AgentServer.HttpOptions) =>
    Effect.flatMap(Julep, (julep) =>
      Effect.flip(Layer.build(AgentServer.layerHttp(options).pipe(Layer.provide(Layer.succeed(Julep, julep)))))
    )

  it.scoped("must exist", () =>
    Effect.gen(function* () {
      expect(yield* building({ agent_id: noAgent })).toMatchObject({ _tag: "NotFound", resource: "agent" })
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("is a session of this agent and this user", () =>
    Effect.gen(function* () {
      const { agent, julep, session, user } = yield* sceneWithUser()
      const refused = { _tag: "InvalidRequest", issues: [{ path: "session_id" }] }
      expect(yield* building({ agent_id: agent.id, session_id: session.id })).toMatchObject(refused)
      const other = yield* julep.agents.create({ name: "Eve" })
      expect(yield* building({ agent_id: other.id, user_id: user.id, session_id: session.id })).toMatchObject(refused)
      const client = yield* connected(yield* serve({ agent_id: agent.id, user_id: user.id, session_id: session.id }))
      yield* Effect.promise(() => client.callTool({ name: "chat", arguments: { message: "Hello" } }))
      expect((yield* julep.sessions.history(session.id)).length).toBe(2)
      expect((yield* julep.sessions.list()).length).toBe(1)
    }).pipe(Effect.provide(embedded()))
  )
})
