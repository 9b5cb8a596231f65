import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ModelError } from "../../src/engine/ports/Model.js"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { ErrorBody } from "../../src/schema/ErrorBody.js"
import { scene, UNKNOWN_ID } from "../support/turns.js"
import { type Method, type Raw, send, type Wired } from "../support/wire.js"

/** A refusal: `{id}` in the path is the scene's agent, `{session}` its session. */
type Refusal = readonly [what: string, method: Method, path: string, raw: Raw, paths: ReadonlyArray<string>]

const agentBody = (more: object): Raw => ({ json: { name: "Bob", ...more } })
const turn = (more: object): Raw => ({ json: { messages: [{ role: "user", content: "Hi" }], ...more } })
const doc = { title: "T", content: "C" }
const tool = { type: "function", function: { name: "f", parameters: {} } }

const numbers = Array.from({ length: 10_001 }, (_, index) => index)

const manyKeys = JSON.stringify(Object.fromEntries(numbers.slice(0, 101).map((key) => [`k${key}`, key])))

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })

/** The requests that are refused with 422, and the paths of their issues. */
const refusals: ReadonlyArray<Refusal> = [
  ["no body", "POST", "/agents", {}, [""]],
  ["a body that is not JSON", "POST", "/agents", { text: "{not" }, [""]],
  ["half a body", "POST", "/agents", { text: '{"name": "Bob"' }, [""]],
  ["JSON that is not an object", "POST", "/agents", { text: "[]" }, [""]],
  ["a form", "POST", "/agents", { text: "name=Bob", type: "application/x-www-form-urlencoded" }, [""]],
  ["JSON under another type", "POST", "/agents", { text: '{"name":"Bob"}', type: "text/plain" }, [""]],
  ["a missing name", "POST", "/agents", { json: {} }, ["name"]],
  ["names that are not texts", "POST", "/agents", { json: { name: 1, about: 2 } }, ["name", "about"]],
  ["metadata that is not an object", "POST", "/agents", agentBody({ metadata: [1] }), ["metadata"]],
  ["metadata that is a text", "POST", "/users", { json: { metadata: "x" } }, ["metadata"]],
  ["a bad doc in a list", "POST", "/agents", agentBody({ docs: [doc, { title: "T" }] }), ["docs[1].content"]],
  ["a doc of no chunks", "POST", "/agents", agentBody({ docs: [{ title: "T", content: [] }] }), ["docs[0].content"]],
  [
    "a bad tool in a list",
    "POST",
    "/agents",
    agentBody({ tools: [{ type: "x", function: {} }] }),
    ["tools[0].type", "tools[0].function.name", "tools[0].function.parameters"]
  ],
  [
    "a setting out of range",
    "POST",
    "/agents",
    agentBody({ default_settings: { temperature: 3.1 } }),
    ["default_settings.temperature"]
  ],
  ["min_p of 1", "POST", "/agents", agentBody({ default_settings: { min_p: 1 } }), ["default_settings.min_p"]],
  [
    "an unknown preset",
    "POST",
    "/agents",
    agentBody({ default_settings: { preset: "x" } }),
    ["default_settings.preset"]
  ],
  ["PUT without about", "PUT", "/agents/{id}", { json: { name: "Bob" } }, ["about"]],
  ["PUT of a session without a situation", "PUT", "/sessions/{session}", { json: {} }, ["situation"]],
  ["a session of a non-UUID agent", "POST", "/sessions", { json: { agent_id: "x" } }, ["agent_id"]],
  ["a session of no agent", "POST", "/sessions", { json: {} }, ["agent_id"]],
  ["an id that is not a UUID", "GET", "/agents/not-a-uuid", {}, ["agent_id"]],
  ["an id with too much", "GET", `/sessions/${UNKNOWN_ID}0`, {}, ["session_id"]],
  ["a doc id that is not a UUID", "DELETE", "/agents/{id}/docs/1", {}, ["doc_id"]],
  [
    "a memory of nothing",
    "POST",
    "/agents/{id}/memories",
    { json: { content: " \n", user_id: UNKNOWN_ID } },
    ["content"]
  ],
  [
    "a long memory",
    "POST",
    "/agents/{id}/memories",
    { json: { content: "x".repeat(2001), user_id: UNKNOWN_ID } },
    ["content"]
  ],
  [
    "a memory with everything wrong",
    "POST",
    "/agents/{id}/memories",
    { json: { content: 1, user_id: "x", entities: {}, sentiment: 2, timestamp: "soon" } },
    ["content", "user_id", "entities", "sentiment", "timestamp"]
  ],
  ["an agent without a key", "PUT", "/agents", { json: { name: "Bob" } }, ["key"]],
  ["an agent with a wrong key", "PUT", "/agents", { json: { key: "", name: "Bob" } }, ["key"]],
  ["a key that is not a text", "PUT", "/agents", { json: { key: 1, name: "Bob", docs: {} } }, ["key", "docs"]],
  [
    "two tools of a name",
    "PUT",
    "/agents",
    { json: { key: "k", name: "Bob", tools: [tool, tool] } },
    ["tools[1].function.name"]
  ],
  ["two docs of a key", "PUT", "/agents/{id}/docs", { json: { docs: [doc, doc] } }, ["docs[1].key"]],
  [
    "a doc with a long key",
    "PUT",
    "/agents/{id}/docs",
    { json: { docs: [{ ...doc, key: "x".repeat(201) }] } },
    ["docs[0].key"]
  ],
  ["docs to sync without docs", "PUT", "/agents/{id}/docs", { json: {} }, ["docs"]],
  [
    "501 docs to sync",
    "PUT",
    "/agents/{id}/docs",
    { json: { docs: numbers.slice(0, 501).map((n) => ({ ...doc, key: `${n}` })) } },
    ["docs"]
  ],
  [
    "docs that are all pruned but unknown ones",
    "PUT",
    "/agents/{id}/docs",
    { json: { docs: [], keep: ["nope"], prune: true } },
    ["prune"]
  ],
  [
    "a memory about no user, of too many entities",
    "POST",
    "/agents/{id}/memories",
    { json: { content: "Tea.", entities: Array.from({ length: 101 }, () => ({})) } },
    ["user_id", "entities"]
  ],
  ["docs that are all pruned", "PUT", "/agents/{id}/docs", { json: { docs: [], prune: true } }, ["prune"]],
  [
    "sync with everything wrong",
    "PUT",
    "/agents/{id}/docs",
    { json: { docs: [{}], prune: 1, keep: [""], allow_empty: "x" } },
    ["docs[0].title", "docs[0].content", "prune", "keep[0]", "allow_empty"]
  ],
  ["a job id that is not a UUID", "GET", "/jobs/1", {}, ["job_id"]],
  ["a negative limit", "GET", "/agents?limit=-1", {}, ["limit"]],
  ["a limit of 10001", "GET", "/sessions/{session}/history?limit=10001", {}, ["limit"]],
  ["a limit that is not a number", "GET", "/agents/{id}/docs?limit=ten", {}, ["limit"]],
  ["half a limit", "GET", "/agents/{id}/tools?limit=1.5", {}, ["limit"]],
  ["a negative offset", "GET", "/users?offset=-1", {}, ["offset"]],
  ["a cursor of no list", "GET", "/agents?after=x", {}, ["after"]],
  ["a cursor beside a query", "GET", "/agents/{id}/memories?query=tea&after=x", {}, ["after"]],
  ["a cursor of no history", "GET", "/sessions/{session}/history?after=1-x", {}, ["after"]],
  ["an unknown order", "GET", "/agents?order=up", {}, ["order"]],
  ["an unknown sort_by", "GET", "/sessions?sort_by=name", {}, ["sort_by"]],
  ["a user_id that is not a UUID", "GET", "/agents/{id}/memories?query=x&user_id=1", {}, ["user_id"]],
  ["no messages", "POST", "/sessions/{session}/chat", { json: {} }, ["messages"]],
  ["empty messages", "POST", "/sessions/{session}/chat", { json: { messages: [] } }, ["messages"]],
  [
    "an unknown role",
    "POST",
    "/sessions/{session}/chat",
    turn({ messages: [{ role: "x", content: "" }] }),
    ["messages[0].role"]
  ],
  ["a temperature out of range", "POST", "/sessions/{session}/chat", turn({ temperature: 2.5 }), ["temperature"]],
  ["top_p of 0", "POST", "/sessions/{session}/chat", turn({ top_p: 0 }), ["top_p"]],
  ["max_tokens of 0", "POST", "/sessions/{session}/chat", turn({ max_tokens: 0 }), ["max_tokens"]],
  ["half a token", "POST", "/sessions/{session}/chat", turn({ max_tokens: 1.5 }), ["max_tokens"]],
  ["a seed out of range", "POST", "/sessions/{session}/chat", turn({ seed: 10_000 }), ["seed"]],
  [
    "a penalty out of range",
    "POST",
    "/sessions/{session}/chat",
    turn({ presence_penalty: -1.5 }),
    ["presence_penalty"]
  ],
  ["five stops", "POST", "/sessions/{session}/chat", turn({ stop: ["a", "b", "c", "d", "e"] }), ["stop"]],
  [
    "a bias that is not an integer",
    "POST",
    "/sessions/{session}/chat",
    turn({ logit_bias: { a: 0.5 } }),
    ["logit_bias.a"]
  ],
  [
    "a function without a name",
    "POST",
    "/agents/{id}/tools",
    { json: { type: "function", function: { parameters: {} } } },
    ["function.name"]
  ],
  [
    "a situation that is not a template",
    "POST",
    "/sessions",
    { json: { agent_id: "{id}", render_templates: true, situation: "{% if" } },
    ["situation"]
  ],
  ["U+0000", "POST", "/agents", agentBody({ about: "a\u0000b" }), [""]],
  ["U+0000 in a key", "POST", "/agents", agentBody({ metadata: { "a\u0000b": 1 } }), [""]],
  ["a body nested too deep", "POST", "/agents", agentBody({ metadata: nested(70) }), [""]],
  ["metadata of too many values", "PATCH", "/agents/{id}", { json: { metadata: { list: numbers } } }, ["metadata"]],
  [
    "metadata of too many values in a doc",
    "POST",
    "/agents",
    agentBody({ docs: [{ title: "", content: "", metadata: { list: numbers } }] }),
    ["docs[0].metadata"]
  ]
]

/** The one body, with no other member. */
const isErrorBody = Schema.is(ErrorBody, { onExcessProperty: "error" })

const refused = new ModelError({ reason: "unknown_model", message: "no such model" })

/** Failures below the managers: malformed requests, the body of every error, and that a failure writes nothing. */
export const errors = (mode: Wired) =>
  describe("errors", () => {
    it.effect("every malformed request is a 422 that names its path, and writes nothing", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* scene()
        const fill = (text: string) => text.replaceAll("{id}", agent.id).replaceAll("{session}", session.id)
        const found: Record<string, unknown> = {}
        for (const [what, method, path, raw] of refusals) {
          const filled: Raw = raw.json === undefined ? raw : { json: JSON.parse(fill(JSON.stringify(raw.json))) }
          const { body, status } = yield* send(method, fill(path), filled)
          if (!isErrorBody(body)) found[what] = { status, body }
          else found[what] = [status, body.error.issues?.map((issue) => issue.path), body.detail === body.error.message]
        }
        expect(found).toEqual(Object.fromEntries(refusals.map(([what, , , , paths]) => [what, [422, paths, true]])))
        expect(yield* julep.agents.list()).toMatchObject([{ id: agent.id, name: "Ada", about: "" }])
        expect(yield* julep.users.list()).toEqual([])
        expect(yield* julep.sessions.list()).toMatchObject([{ id: session.id }])
        expect(yield* julep.sessions.history(session.id)).toEqual([])
        expect(yield* julep.tools.list(agent.id)).toEqual([])
        expect(yield* (yield* Scripted.Scripted).requests).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("all faults are reported at once, five at most, each in one line", () =>
      Effect.gen(function* () {
        const docs = Array.from({ length: 9 }, () => ({ title: 1, content: 2 }))
        const { body, status } = yield* send("POST", "/agents", { json: { about: 1, docs } })
        expect(status).toBe(422)
        if (!isErrorBody(body)) return expect(body).toEqual("an error body")
        expect(body.error.issues).toHaveLength(5)
        for (const { message } of body.error.issues ?? []) expect(message.length).toBeLessThanOrEqual(201)
        expect(body.detail).toContain("name")
        expect(body.detail).toContain("about")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a metadata_filter that is not a JSON object, or has more than 100 keys, is a 400", () =>
      Effect.gen(function* () {
        const { agent } = yield* scene()
        for (const filter of ["{", "[]", "1", '"x"', "null", "{'a':1}", "", manyKeys]) {
          for (const path of ["/agents", "/users", "/sessions", `/agents/${agent.id}/docs`]) {
            const { body, status } = yield* send("GET", `${path}?metadata_filter=${encodeURIComponent(filter)}`)
            expect([filter, path, status]).toEqual([filter, path, 400])
            expect(isErrorBody(body)).toBe(true)
          }
        }
        const search = { query: "tea", metadata_filter: JSON.parse(manyKeys) }
        expect(yield* send("POST", `/agents/${agent.id}/docs/search`, { json: search })).toMatchObject({ status: 400 })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a body that is not a JSON object is refused in words that say what it must be", () =>
      Effect.gen(function* () {
        const told: Record<string, string> = {}
        const bodies: Readonly<Record<string, Raw>> = {
          none: {},
          blanks: { text: " \n" },
          "half an object": { text: '{"name": "Bob"' },
          "a list": { json: [{ name: "Bob" }] },
          null: { json: null },
          "a text": { json: "Bob" },
          "a number": { json: 7 },
          "a form": { text: "name=Bob", type: "application/x-www-form-urlencoded" }
        }
        for (const [what, raw] of Object.entries(bodies)) {
          const { body, status } = yield* send("POST", "/agents", raw)
          expect(status).toBe(422)
          if (!isErrorBody(body)) return expect(body).toEqual("an error body")
          told[what] = body.error.message
        }
        expect(told).toEqual({
          none: "The body is missing. Send a JSON object.",
          blanks: "The body is missing. Send a JSON object.",
          "half an object": "The body is not valid JSON. Send a JSON object.",
          "a list": "The body must be a JSON object, not an array.",
          null: "The body must be a JSON object, not null.",
          "a text": "The body must be a JSON object, not a string.",
          "a number": "The body must be a JSON object, not a number.",
          "a form": "The content-type of the body must be application/json, not application/x-www-form-urlencoded."
        })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("an unknown route is a 404 with a body, which names no resource", () =>
      Effect.gen(function* () {
        const routes: ReadonlyArray<readonly [Method, string]> = [
          ["GET", "/nothing"],
          ["GET", "/api/nothing?a=1"],
          ["DELETE", "/agents"],
          ["POST", `/agents/${UNKNOWN_ID}`],
          ["GET", "/v1/nothing"]
        ]
        for (const [method, path] of routes) {
          const { body, status } = yield* send(method, path, method === "POST" ? { json: {} } : {})
          expect([path, status]).toEqual([path, 404])
          const openAi = path.startsWith("/v1/") ? { type: "invalid_request_error", param: null } : {}
          expect(body).toEqual({
            error: { message: expect.stringContaining(method), code: "NO_ROUTE", ...openAi },
            detail: expect.stringMatching(/^There is no .*\. GET \/openapi\.json lists the paths\.$/)
          })
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a path of OpenAI's without its /v1 is a 404 that says where the API is", () =>
      Effect.gen(function* () {
        for (const [method, path] of [
          ["POST", "/chat/completions"],
          ["POST", "/api/chat/completions"],
          ["GET", "/models"],
          ["GET", "/models/a?b=c"],
          ["POST", "/embeddings"]
        ] as const) {
          const { body, status } = yield* send(method, path, method === "POST" ? { json: {} } : {})
          expect([path, status]).toEqual([path, 404])
          expect(body).toMatchObject({
            error: { code: "NO_ROUTE" },
            detail: expect.stringContaining("OpenAI's API is at /v1: let the base URL of the client end in /v1.")
          })
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("every kind of failure has the one body", () =>
      Effect.gen(function* () {
        const { agent, session } = yield* scene()
        const failures = [
          [404, yield* send("GET", `/agents/${UNKNOWN_ID}`)],
          [404, yield* send("GET", `/jobs/${UNKNOWN_ID}`)],
          [404, yield* send("DELETE", `/agents/${agent.id}/memories/${UNKNOWN_ID}`)],
          [422, yield* send("GET", `/agents/${agent.id}`, { headers: { "x-developer-id": "me" } })],
          [400, yield* send("POST", `/sessions/${session.id}/chat`, turn({}))]
        ] as const
        for (const [status, answered] of failures) {
          expect(answered.status).toBe(status)
          expect(answered.headers["content-type"]).toMatch(/^application\/json/)
          if (!isErrorBody(answered.body)) return expect(answered.body).toEqual("an error body")
          expect(answered.body.detail).toBe(answered.body.error.message)
        }
      }).pipe(Effect.provide(mode([() => Effect.fail(refused)])))
    )

    it.effect(
      "v0.3 fault: no X-Developer-Id is the nil developer, in either case of its letters; a malformed one is 422",
      () =>
        Effect.gen(function* () {
          const julep = yield* Julep
          const headers = { "x-developer-id": "00000000-0000-0000-0000-000000000000" }
          yield* send("POST", "/agents", { json: { name: "of nobody" }, headers })
          expect(yield* julep.agents.list()).toMatchObject([{ name: "of nobody" }])
          const upper = { "X-Developer-Id": "ABCDEFAB-1111-4111-8111-111111111111" }
          yield* send("POST", "/users", { json: {}, headers: upper })
          const same = { "x-developer-id": "abcdefab-1111-4111-8111-111111111111" }
          expect((yield* send("GET", "/users", { headers: same })).body).toMatchObject({ items: [{ name: "User" }] })
          for (const developer of ["me", "", "00000000-0000-0000-0000-00000000000g"]) {
            const answered = yield* send("GET", "/agents", { headers: { "x-developer-id": developer } })
            expect([developer, answered.status]).toEqual([developer, 422])
            expect(answered.body).toMatchObject({ error: { issues: [{ path: "X-Developer-Id" }] } })
          }
        }).pipe(Effect.provide(mode()))
    )

    it.effect("ids are UUIDs of any version, in either case of their letters; unknown members are ignored", () =>
      Effect.gen(function* () {
        const { agent } = yield* scene()
        const upper = yield* send("GET", `/agents/${agent.id.toUpperCase()}`)
        expect(upper).toMatchObject({ status: 200, body: { id: agent.id } })
        expect((yield* send("GET", "/agents/c232ab00-9414-11ec-b3c8-9f6bdeced846")).status).toBe(404)
        const odd = yield* send("PATCH", `/agents/${agent.id}`, {
          json: { id: UNKNOWN_ID, nonsense: [1], created_at: 0 }
        })
        expect(odd).toMatchObject({ status: 200, body: { id: agent.id } })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a text that only looks like U+0000 is taken", () =>
      Effect.gen(function* () {
        const about = "the escape \\u0000 and \\\\u0000"
        expect((yield* send("POST", "/agents", { json: { name: "Ada", about } })).status).toBe(201)
        const { agents } = yield* Julep
        expect(yield* agents.list()).toMatchObject([{ about }])
      }).pipe(Effect.provide(mode()))
    )
  })
