/** An agent as an MCP server over HTTP, with the client of the official SDK. */
import { describe, expect, it } from "@effect/vitest"
import type { Client } from "@modelcontextprotocol/client"
import * as Effect from "effect/Effect"
import * as Scripted from "../../src/layers/Scripted.js"
import type * as AgentServer from "../../src/mcp/AgentServer.js"
import { connected, serve } from "../support/mcpHttp.js"
import { embedded, remote } from "../support/modes.js"
import { lastRequest, sceneWithUser, UNKNOWN_ID } from "../support/turns.js"

const call = (client: Client, name: string, args: Record<string, unknown> = {}) =>
  Effect.promise(() => client.callTool({ name, arguments: args }))

const textOf = (result: Awaited<ReturnType<Client["callTool"]>>) =>
  result.content.map((part) => (part.type === "text" ? part.text : part.type)).join()

const pour = { type: "function", function: { name: "pour", parameters: { type: "object" } } } as const

/** Two agents and two users with docs and memories; the server is bound to the first of each. */
const world = (options: Partial<AgentServer.HttpOptions> = {}) =>
  Effect.gen(function* () {
    const { agent, julep, session, user } = yield* sceneWithUser({ agent: { tools: [pour] } })
    const other = yield* julep.agents.create({ name: "Eve" })
    const stranger = yield* julep.users.create({ name: "Max" })
    const doc = yield* julep.docs.create({
      agent_id: agent.id,
      doc: { title: "Tea", content: ["Green tea", "three minutes"] }
    })
    const own = yield* julep.docs.create({
      user_id: user.id,
      doc: { title: "Diary", content: "Sam drinks tea at noon." }
    })
    const foreign = yield* julep.docs.create({
      agent_id: other.id,
      doc: { title: "Secret", content: "Tea is poison." }
    })
    const foreignOwn = yield* julep.docs.create({
      user_id: stranger.id,
      doc: { title: "Max", content: "Max hates tea." }
    })
    yield* julep.memories.create({ agent_id: agent.id, user_id: stranger.id, content: "Max hates tea." })
    const url = yield* serve({ agent_id: agent.id, user_id: user.id, ...options })
    return {
      agent,
      client: yield* connected(url),
      doc,
      foreign,
      foreignOwn,
      julep,
      other,
      own,
      session,
      stranger,
      url,
      user
    }
  })

const modes = [
  ["embedded", embedded],
  ["remote", remote]
] as const

describe.each(modes)("an agent as an MCP server, %s", (_, mode) => {
  it.scoped("lists its tools with schemas and hints", () =>
    Effect.gen(function* () {
      const { client } = yield* world()
      const { tools } = yield* Effect.promise(() => client.listTools())
      expect(
        tools.map(({ annotations, name }) => [name, annotations?.readOnlyHint, annotations?.destructiveHint])
      ).toEqual([
        ["search_docs", true, false],
        ["recall", true, false],
        ["remember", false, false],
        ["chat", false, false]
      ])
      for (const { description, inputSchema } of tools) {
        expect(description).toMatch(/Ada/)
        expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false })
        for (const property of Object.values(inputSchema.properties ?? {})) {
          expect(property).toMatchObject({ title: expect.any(String), description: expect.any(String) })
        }
      }
    }).pipe(Effect.provide(mode()))
  )

  it.scoped("searches the docs of its agent and its user alone", () =>
    Effect.gen(function* () {
      const { client, doc, own } = yield* world()
      const result = yield* call(client, "search_docs", { query: "tea" })
      expect(textOf(result)).toMatch(/^Tea \(julep:\/\/docs\/[-\da-f]+\):\nGreen tea/)
      expect(result.structuredContent).toEqual({
        results: [
          { title: "Tea", uri: `julep://docs/${doc.id}`, passage: expect.stringContaining("Green tea") },
          { title: "Diary", uri: `julep://docs/${own.id}`, passage: "Sam drinks tea at noon." },
          { title: "Tea", uri: `julep://docs/${doc.id}`, passage: "three minutes" }
        ]
      })
      const one = yield* call(client, "search_docs", { query: "tea", limit: 1 })
      expect(one.structuredContent).toMatchObject({ results: [{ title: "Tea" }] })
      expect(textOf(yield* call(client, "search_docs", { query: "zeppelin" }))).toBe("No passage matches.")
    }).pipe(Effect.provide(mode()))
  )

  it.scoped("remembers and recalls of its user alone, as text and as JSON", () =>
    Effect.gen(function* () {
      const { agent, client, julep, user } = yield* world()
      const remembered = yield* call(client, "remember", { content: "Sam likes green tea." })
      expect(remembered).toMatchObject({ isError: false, structuredContent: { remembered: "Sam likes green tea." } })
      const recalled = yield* call(client, "recall", { query: "tea" })
      expect(textOf(recalled)).toBe("- Sam likes green tea.")
      expect(recalled.structuredContent).toEqual({
        memories: [{ content: "Sam likes green tea.", created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) }]
      })
      const stored = yield* julep.memories.list({ agent_id: agent.id, user_id: user.id })
      expect(stored.map(({ content }) => content)).toEqual(["Sam likes green tea."])
    }).pipe(Effect.provide(mode()))
  )

  it.scoped("has nothing to remember, and recalls of nobody in particular, where it has no user", () =>
    Effect.gen(function* () {
      const { agent, client, julep } = yield* world({ user_id: undefined })
      const { tools } = yield* Effect.promise(() => client.listTools())
      expect(tools.map(({ name }) => name)).toEqual(["search_docs", "recall", "chat"])
      const { id } = yield* julep.sessions.create({ agent_id: agent.id })
      yield* julep.sessions.chat(id, "I love green tea.")
      expect(textOf(yield* call(client, "recall", { query: "tea" }))).toBe("- I love green tea.")
    }).pipe(Effect.provide(mode()))
  )

  it.scoped("chats in one session, made at the first use, without the agent's tools", () =>
    Effect.gen(function* () {
      const { agent, client, julep, session, user } = yield* world()
      expect(textOf(yield* call(client, "chat", { message: "Hello" }))).toBe("ok")
      yield* call(client, "chat", { message: "Again" })
      expect(yield* lastRequest).toMatchObject({ tool_choice: "none", tools: [{ name: "pour" }] })
      const [made, ...others] = yield* julep.sessions.list()
      expect([made?.agent_id, made?.user_id, others.map(({ id }) => id)]).toEqual([agent.id, user.id, [session.id]])
      if (made === undefined) return
      expect((yield* julep.sessions.history(made.id)).length).toBe(4)
      yield* julep.sessions.delete(made.id)
      expect(yield* call(client, "chat", { message: "Gone?" })).toMatchObject({ isError: true })
      expect(textOf(yield* call(client, "chat", { message: "Hello" }))).toBe("ok")
    }).pipe(Effect.provide(mode()))
  )

  it.scoped("lists and reads the docs of its agent and its user, page by page, and no others", () =>
    Effect.gen(function* () {
      const { agent, client, doc, foreign, foreignOwn, julep, own } = yield* world()
      const read = (id: string) =>
        Effect.tryPromise({ try: () => client.readResource({ uri: `julep://docs/${id}` }), catch: (error) => error })
      expect((yield* read(doc.id)).contents).toMatchObject([
        { mimeType: "text/plain", text: "Green tea\n\nthree minutes" }
      ])
      expect((yield* read(own.id)).contents).toMatchObject([{ text: "Sam drinks tea at noon." }])
      for (const id of [foreign.id, foreignOwn.id, UNKNOWN_ID, "x"]) {
        expect(yield* Effect.flip(read(id))).toMatchObject({
          code: -32602,
          message: expect.stringContaining("no resource")
        })
      }
      const first = yield* Effect.promise(() => client.listResources())
      expect(first.resources.map(({ name, uri }) => [name, uri])).toEqual([
        ["Tea", `julep://docs/${doc.id}`],
        ["Diary", `julep://docs/${own.id}`]
      ])
      // The list is read anew, and has more than one page.
      yield* Effect.forEach(Array.from({ length: 60 }), (_, index) =>
        julep.docs.create({ agent_id: agent.id, doc: { title: `Doc ${index}`, content: "x" } })
      )
      const all = yield* Effect.promise(() => client.listResources())
      expect(all.resources.length).toBe(62)
      const { resourceTemplates } = yield* Effect.promise(() => client.listResourceTemplates())
      expect(resourceTemplates).toMatchObject([{ uriTemplate: "julep://docs/{doc_id}" }])
    }).pipe(Effect.provide(mode()))
  )

  it.scoped("refuses ids and other arguments that a tool does not have", () =>
    Effect.gen(function* () {
      const { agent, client, julep, other, stranger } = yield* world()
      const ids = [
        { agent_id: other.id },
        { user_id: stranger.id },
        { session_id: UNKNOWN_ID },
        { developer_id: UNKNOWN_ID }
      ]
      for (const extra of ids) {
        for (const [name, args] of [
          ["search_docs", { query: "tea" }],
          ["recall", { query: "tea" }],
          ["remember", { content: "Tea is mine." }],
          ["chat", { message: "Hi" }]
        ] as const) {
          const result = yield* call(client, name, { ...args, ...extra })
          expect(result.isError).toBe(true)
          expect(textOf(result)).toMatch(`${Object.keys(extra)[0]}: is unexpected`)
        }
      }
      expect((yield* julep.memories.list({ agent_id: agent.id })).map(({ content }) => content)).toEqual([
        "Max hates tea."
      ])
      expect(yield* julep.memories.list({ agent_id: other.id })).toEqual([])
    }).pipe(Effect.provide(mode()))
  )

  it.scoped("fault: arguments that do not fit, none at all, and unknown tools", () =>
    Effect.gen(function* () {
      const { client } = yield* world()
      expect(textOf(yield* call(client, "recall", { query: "", limit: 51 }))).toMatch(/query: .*limit: /)
      expect(textOf(yield* Effect.promise(() => client.callTool({ name: "recall" })))).toMatch("query: is missing")
      expect(textOf(yield* call(client, "remember", { content: " " }))).toMatch(
        "content: Expected a text that is not blank"
      )
      const unknown = yield* Effect.flip(
        Effect.tryPromise({ try: () => client.callTool({ name: "forget", arguments: {} }), catch: (error) => error })
      )
      expect(unknown).toMatchObject({ code: -32602 })
    }).pipe(Effect.provide(mode()))
  )

  it.scoped("fault: an error of the engine is one of the tool, in words without ids and addresses", () =>
    Effect.gen(function* () {
      const { agent, client, julep } = yield* world()
      expect(textOf(yield* call(client, "chat", { message: "Hello" }))).toBe(
        "The agent's server or its model failed. Try again later."
      )
      yield* julep.agents.delete(agent.id)
      const result = yield* call(client, "recall", { query: "tea" })
      expect(result.isError).toBe(true)
      expect(textOf(result)).toMatch(/^This does not exist here/)
      expect(textOf(result)).not.toMatch(agent.id)
    }).pipe(Effect.provide(mode(() => Scripted.reply(""))))
  )
})
