/** The client decodes what v0.3 servers send: one test for each row of the table of disagreements. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { messageText } from "../../src/schema/Chat.js"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"
import type { Answer } from "../support/stubClient.js"

const answered = (answer: Answer) => Effect.map(stubbed(answer), ({ julep }) => julep)
const doc = { title: "Tides", content: "High at six." }
const ofAgent = { agent_id: f.agentId }

describe("what the server may send", () => {
  for (const status of [200, 201, 202, 203, 206, 299]) {
    it.effect(`D1: a create answered with ${status}`, () =>
      Effect.gen(function* () {
        const julep = yield* answered({ status, body: f.created })
        expect((yield* julep.docs.create({ ...ofAgent, doc })).id).toBe(f.agentId)
        expect((yield* julep.agents.create({ name: "A" })).created_at).toEqual(new Date(f.created_at))
      })
    )
  }

  for (const answer of [{ status: 200 }, { status: 202 }, { status: 204 }, { status: 200, body: f.deleted }]) {
    it.effect(
      `D2: a delete answered with ${answer.status} and ${answer.body === undefined ? "nothing" : "a body"}`,
      () =>
        Effect.gen(function* () {
          const julep = yield* answered(answer)
          const results = [
            yield* julep.docs.delete({ ...ofAgent, doc_id: f.docId }),
            yield* julep.tools.delete({ ...ofAgent, tool_id: f.toolId }),
            yield* julep.agents.delete(f.agentId),
            yield* julep.sessions.deleteHistory(f.sessionId)
          ]
          expect(results).toEqual([undefined, undefined, undefined, undefined])
        })
    )
  }

  const errorBodies: ReadonlyArray<readonly [string, unknown, string]> = [
    ["detail", { detail: "No lamp here" }, "No lamp here"],
    ["error.message", { error: { message: "No lamp at all" } }, "No lamp at all"],
    ["error as text", { error: "No such lamp" }, "No such lamp"],
    ["flat", { status_code: 404, message: "Lamp is out", data: null }, "Lamp is out"],
    ["our own", { error: { message: "Gone", code: "NOT_FOUND", resource: "agent" }, detail: "Gone" }, "Gone"],
    ["text", "the lamp is a lie", "the lamp is a lie"],
    ["nothing", undefined, ""]
  ]
  for (const [shape, body, said] of errorBodies) {
    it.effect(`D3, D39: an error body of the shape ${shape}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip((yield* answered({ status: 404, body })).agents.get(f.agentId))
        expect(errorFields(error)).toMatchObject({
          _tag: "NotFound",
          status: 404,
          resource: "agent",
          id: f.agentId,
          method: "GET"
        })
        expect(typeof body === "string" ? error : error.message).toSatisfy((it: unknown) =>
          (typeof it === "string" ? it : JSON.stringify(it)).includes(said)
        )
      })
    )
  }

  it.effect("D4: 400 with code NOT_FOUND is NotFound, and names the job", () =>
    Effect.gen(function* () {
      const julep = yield* answered({ status: 400, body: { error: { message: "nothing known", code: "NOT_FOUND" } } })
      const error = yield* Effect.flip(julep.jobs.get(f.jobId))
      expect(errorFields(error)).toMatchObject({ _tag: "NotFound", status: 400, resource: "job", id: f.jobId })
    })
  )

  it.effect("D5: snippets of one doc are one doc; a text stays a text", () =>
    Effect.gen(function* () {
      const snippet = (id: string, content: string) => ({ ...f.doc, id, content })
      const [a, b] = [f.otherId(1), f.otherId(2)]
      const items = [snippet(a, "one"), snippet(b, "alone"), snippet(a, "two"), snippet(a, "three")]
      const julep = yield* answered({ body: { items } })
      const docs = yield* julep.docs.list(ofAgent)
      expect(docs.map(({ id, content }) => [id, content])).toEqual([
        [a, ["one", "two", "three"]],
        [b, "alone"]
      ])
    })
  )

  it.effect("D6: a doc is created without field_0", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: f.created })
      yield* julep.docs.create({ user_id: f.userId, doc })
      expect(http.last().body).toEqual(doc)
    })
  )

  it.effect("D10, D11: contents as text or parts, names absent, null or empty", () =>
    Effect.gen(function* () {
      const parts = [
        { type: "text", text: "Look" },
        { type: "image_url", image_url: { url: "data:image/png;base64,iVBO", detail: "high" } },
        { type: "text", text: "there" },
        { type: "image_url", image_url: { url: "https://img.test/a.png" } }
      ]
      const items = [
        { ...f.message, name: "" },
        { ...f.message, content: parts, name: null },
        { ...f.message, content: [], role: "narrator" }
      ]
      const history = yield* (yield* answered({ body: { items } })).sessions.history(f.sessionId)
      expect(history.map(({ content, name }) => ({ content, name }))).toEqual([
        { content: f.message.content, name: "" },
        { content: parts, name: undefined },
        { content: [], name: undefined }
      ])
      expect(history.map(messageText)).toEqual([f.message.content, "Look\nthere", ""])
      expect(history[2]?.role).toBe("narrator")
    })
  )

  for (const instructions of ["Be brief.", ["Be brief.", "Be kind."], [], null, undefined]) {
    it.effect(`D12: instructions ${JSON.stringify(instructions)}`, () =>
      Effect.gen(function* () {
        const agent = yield* (yield* answered({ body: { ...f.agent, instructions } })).agents.get(f.agentId)
        expect(agent.instructions).toEqual(instructions ?? undefined)
      })
    )
  }

  it.effect("D13, D36: agents without settings, with null in them, with any model", () =>
    Effect.gen(function* () {
      const nulled = { temperature: null, preset: null, top_p: 7 }
      const items = [
        { ...f.agent, default_settings: null },
        { ...f.agent, default_settings: nulled, model: "acme/very-new" },
        { id: f.agentId, name: "bare", model: "" }
      ]
      const agents = yield* (yield* answered({ body: { items } })).agents.list()
      expect(agents[0]).not.toHaveProperty("default_settings")
      expect(agents[1]).toMatchObject({ model: "acme/very-new" })
      expect(agents[1]?.default_settings).toStrictEqual({ top_p: 7 })
      expect(agents[2]).toStrictEqual({ id: f.agentId, name: "bare", about: "", model: "" })
    })
  )

  it.effect("D14, D34, D41: sessions without user, summary, situation or times", () =>
    Effect.gen(function* () {
      const bare = { id: f.sessionId, agent_id: f.agentId }
      const nulls = { user_id: null, summary: null, situation: null, metadata: null, render_templates: false }
      const sessions = yield* (yield* answered({ body: { items: [bare, { ...bare, ...nulls }] } })).sessions.list()
      const filled = { ...bare, situation: "" }
      expect(sessions).toStrictEqual([filled, { ...filled, render_templates: false }])
      const { julep, http } = yield* stubbed({ body: f.created })
      yield* julep.sessions.create({ agent_id: f.agentId })
      expect(http.last().body).toEqual({ agent_id: f.agentId })
    })
  )

  for (const jobs of [undefined, null, [], [f.jobId]]) {
    it.effect(`D15: jobs ${JSON.stringify(jobs)}`, () =>
      Effect.gen(function* () {
        const julep = yield* answered({ body: { id: f.agentId, created_at: f.created_at, jobs } })
        expect((yield* julep.users.create({})).jobs).toEqual(jobs ?? [])
        const replying = yield* answered({ body: { ...f.chatResponse, jobs } })
        const reply = yield* replying.sessions.chat(f.sessionId, { messages: [{ role: "user", content: "Ahoy" }] })
        expect(reply.jobs).toEqual(jobs ?? [])
      })
    )
  }

  for (const metadata of [undefined, null, {}, f.agent.metadata, { __proto__: null, "": [{ "a.b": {} }] }]) {
    it.effect(`D16: metadata ${JSON.stringify(metadata)}`, () =>
      Effect.gen(function* () {
        const user = yield* (yield* answered({ body: { ...f.user, metadata } })).users.get(f.userId)
        expect(JSON.stringify(user.metadata)).toBe(JSON.stringify(metadata ?? undefined))
      })
    )
  }

  it.effect("D17, D18: memories that are not served, and memories with and without a type", () =>
    Effect.gen(function* () {
      const missing = yield* answered({ status: 404, body: { detail: "Not Found" } })
      expect(errorFields(yield* Effect.flip(missing.memories.list(ofAgent)))).toMatchObject({
        _tag: "NotFound",
        status: 404
      })
      const bare = { id: f.memoryId, agent_id: f.agentId, content: "tea", created_at: f.created_at }
      const items = [bare, { ...bare, type: "belief", user_id: null, entities: null, timestamp: f.created_at }]
      const memories = yield* (yield* answered({ body: { items } })).memories.list(ofAgent)
      expect(memories.map(({ type }) => type)).toEqual([undefined, "belief"])
      expect(memories[1]?.timestamp).toEqual(new Date(f.created_at))
    })
  )

  it.effect("D35: deleting an absent resource succeeds if the server says so", () =>
    Effect.gen(function* () {
      const julep = yield* answered({ status: 202, body: { ...f.deleted, id: f.otherId(9) } })
      expect(yield* julep.users.delete(f.userId)).toBeUndefined()
    })
  )

  for (const status of [401, 403]) {
    it.effect(`D40: ${status} is Unauthorized`, () =>
      Effect.gen(function* () {
        const julep = yield* answered({ status, body: { detail: "Could not validate" } })
        expect(errorFields(yield* Effect.flip(julep.agents.list()))).toMatchObject({ _tag: "Unauthorized", status })
      })
    )
  }

  it.effect("D42, D44: a create sends at least {}, a read and a delete send no body", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed((sent) => ({ body: sent.method === "POST" ? f.created : { items: [] } }))
      yield* julep.users.create({})
      yield* julep.docs.list(ofAgent)
      yield* julep.tools.list(f.agentId)
      expect(http.requests.map(({ text }) => text)).toEqual(["{}", undefined, undefined])
    })
  )

  for (const version of ["1", "3", "4", "5", "7"]) {
    it.effect(`D43: a version ${version} id, in capitals too`, () =>
      Effect.gen(function* () {
        const id = `0190AAAA-BBBB-${version}CCC-8DDD-0123456789AB`
        const user = yield* (yield* answered({ body: { id } })).users.get(f.userId)
        expect(user.id).toBe(id.toLowerCase())
      })
    )
  }

  it.effect("D47: the docs of an unknown owner are empty or NotFound, as the server says", () =>
    Effect.gen(function* () {
      expect(yield* (yield* answered({ body: { items: [] } })).docs.list(ofAgent)).toEqual([])
      const julep = yield* answered({ status: 404, body: { error: { message: "User not found for developer " } } })
      const error = yield* Effect.flip(julep.docs.list({ user_id: f.userId }))
      expect(errorFields(error)).toMatchObject({ _tag: "NotFound", resource: "user", id: f.userId })
    })
  )

  it.effect("D48: tools of any kind", () =>
    Effect.gen(function* () {
      const bare = { ...f.tool, function: { name: "a name with spaces", description: null, parameters: {} } }
      const items = [bare, { ...bare, type: "webhook" }, { ...bare, type: "system" }]
      const tools = yield* (yield* answered({ body: { items } })).tools.list(f.agentId)
      const { description: _, ...named } = bare.function
      expect(tools).toStrictEqual(items.map((tool) => ({ ...tool, function: named })))
    })
  )
})
