/** `/mcp` of a server: which agents a key reaches, with the client of the official SDK. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AgentServer from "../../src/mcp/AgentServer.js"
import { connected } from "../support/mcpHttp.js"
import { ask, KEY, servedPort, withKey } from "../support/serving.js"

const DEVELOPER = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"
const PAGE = "https://app.example.com"

const post = (body: unknown, headers: Record<string, string> = withKey()): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body)
})

const ping = post({ jsonrpc: "2.0", id: 1, method: "ping" })
const pingFrom = (headers: Record<string, string>) => post({ jsonrpc: "2.0", id: 1, method: "ping" }, headers)

/** A server with the agents Ada, who has a doc, and Eve. */
const scene = (cors: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    let loads = 0
    const mcp = Effect.zipRight(
      Effect.sync(() => loads++),
      AgentServer.app
    )
    const port = yield* servedPort({ cors, mcp })
    const create = (path: string, body: unknown, headers?: Record<string, string>) =>
      Effect.map(ask(port, path, post(body, headers)), ({ json }) => (json as { readonly id: string }).id)
    const ada = yield* create("/agents", { name: "Ada", docs: [{ title: "Tea", content: "Tea takes four minutes." }] })
    const eve = yield* create("/agents", { name: "Eve" })
    const sam = yield* create("/users", { name: "Sam", about: "drinks tea" })
    return { ada, create, eve, loads: () => loads, port, sam }
  })

const client = (port: number, query: string, key = KEY) =>
  connected(new URL(`http://127.0.0.1:${port}/mcp${query}`), { authorization: `Bearer ${key}` })

describe("/mcp", () => {
  it.scopedLive("serves the agent that its query names, for the official client", () =>
    Effect.gen(function* () {
      const { ada, loads, port, sam } = yield* scene()
      expect(loads()).toBe(0)
      const named = yield* client(port, "?agent=Ada&user=Sam")
      const { tools } = yield* Effect.promise(() => named.listTools())
      expect(tools.map(({ name }) => name).sort()).toEqual(["chat", "recall", "remember", "search_docs"])
      const found = yield* Effect.promise(() => named.callTool({ name: "search_docs", arguments: { query: "tea" } }))
      expect(JSON.stringify(found.content)).toContain("four minutes")
      const byId = yield* client(port, `?agent=${ada.toUpperCase()}&user=${sam}`)
      const { resources } = yield* Effect.promise(() => byId.listResources())
      expect(resources.map(({ name }) => name)).toEqual(["Tea"])
      expect(loads()).toBe(1)
    })
  )

  it.scopedLive("goes on in one session of an agent and a user, or in one that is given", () =>
    Effect.gen(function* () {
      const { ada, create, port, sam } = yield* scene()
      const chat = (query: string) =>
        Effect.flatMap(client(port, query), (client) =>
          Effect.promise(() => client.callTool({ name: "chat", arguments: { message: "Hello" } }))
        )
      const sessions = Effect.map(ask(port, "/sessions", { headers: withKey() }), ({ json }) =>
        (json as { readonly items: ReadonlyArray<{ readonly user_id?: string | null }> }).items.map(
          ({ user_id }) => user_id ?? null
        )
      )
      yield* chat("?agent=Ada&user=Sam")
      yield* chat(`?agent=${ada}&user=${sam}`)
      expect(yield* sessions).toEqual([sam])
      yield* chat("?agent=Ada")
      expect(yield* sessions).toEqual([null, sam])
      // A chat of another user does not end the session of this one.
      yield* chat("?agent=Ada&user=Sam")
      expect(yield* sessions).toEqual([null, sam])
      const session = yield* create("/sessions", { agent_id: ada })
      yield* chat(`?agent=Ada&session=${session}`)
      const history = yield* ask(port, `/sessions/${session}/history`, { headers: withKey() })
      expect(history.text).toContain("Hello")
      expect((yield* sessions).length).toBe(3)
    })
  )

  it.scopedLive("needs a key, and reaches the agents of its developer alone", () =>
    Effect.gen(function* () {
      const { ada, create, port } = yield* scene()
      expect((yield* ask(port, "/mcp?agent=Ada", pingFrom({}))).status).toBe(403)
      const made = yield* ask(port, "/admin/keys", post({ name: "other", developer_id: DEVELOPER }))
      const { key } = made.json as { readonly key: string }
      const others = pingFrom({ authorization: `Bearer ${key}` })
      for (const query of [`?agent=${ada}`, "?agent=Ada"]) {
        expect([query, (yield* ask(port, `/mcp${query}`, others)).status]).toEqual([query, 404])
      }
      // The only agent of a developer need not be named.
      yield* create("/agents", { name: "Zoe" }, { authorization: `Bearer ${key}` })
      expect((yield* ask(port, "/mcp", others)).json).toEqual({ jsonrpc: "2.0", id: 1, result: {} })
    })
  )

  it.scopedLive("fault: queries that name no agent of the developer", () =>
    Effect.gen(function* () {
      const { ada, create, port, sam } = yield* scene()
      yield* create("/agents", { name: "Eve" })
      const session = yield* create("/sessions", { agent_id: ada, user_id: sam })
      const cases = [
        ["", 400, "The agent is missing"],
        ["?agent=Bob", 404, 'There is no agent with the id, key or name \\"Bob\\"'],
        ["?agent=Eve", 400, "Several agents"],
        [`?agent=${sam}`, 404, ""],
        ["?agent=Ada&user=Kim", 404, "There is no user"],
        ["?agent=Ada&session=1", 400, "session must be the id"],
        [`?agent=Ada&session=${session}`, 400, "is not of this agent and this user"],
        ["?agent_id=Ada", 400, 'not \\"agent_id\\"']
      ] as const
      for (const [query, status, text] of cases) {
        const answer = yield* ask(port, `/mcp${query}`, ping)
        expect([query, answer.status, answer.text]).toEqual([query, status, expect.stringContaining(text)])
      }
      const read = yield* ask(port, "/mcp?agent=Ada", { headers: withKey() })
      expect([read.status, read.headers.get("allow")]).toEqual([405, "POST"])
    })
  )

  it.scopedLive("refuses pages whose origin is not listed, and those of this machine, too", () =>
    Effect.gen(function* () {
      const { port } = yield* scene([PAGE])
      for (const [origin, status] of [
        [PAGE, 200],
        ["https://evil.example", 403],
        ["http://localhost:5173", 403],
        ["null", 403]
      ] as const) {
        const answer = yield* ask(port, "/mcp?agent=Ada", pingFrom(withKey({ origin })))
        expect([origin, answer.status]).toEqual([origin, status])
      }
      const asked = yield* ask(port, "/mcp?agent=Ada", {
        method: "OPTIONS",
        headers: { origin: PAGE, "access-control-request-method": "POST" }
      })
      expect(asked.headers.get("access-control-allow-headers")).toContain("Mcp-Protocol-Version")
    })
  )

  it.scopedLive("is not found where the server has none", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      expect((yield* ask(port, "/mcp", ping)).status).toBe(404)
    })
  )
})
