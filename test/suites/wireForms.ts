import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Method, send, type Wired } from "../support/wire.js"

const INSTANT = "1970-01-01T00:00:00.000Z"
const anId = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)

/** The wire format that old clients rely on: statuses, envelopes, absent members, instants and ids. */
export const wireForms = (mode: Wired) =>
  describe("wire forms", () => {
    const made = Effect.fnUntraced(function* (path: string, json: unknown) {
      const answered = yield* send("POST", path, { json })
      expect(answered).toMatchObject({ status: 201, body: { id: anId, created_at: INSTANT, jobs: [] } })
      return (answered.body as { readonly id: string }).id
    })
    const ok = Effect.fnUntraced(function* (method: Method, path: string, json?: unknown) {
      const { body, status } = yield* send(method, path, json === undefined ? {} : { json })
      return { status, body }
    })

    it.effect("creates are 201, updates and reads 200, deletes 202, each with the identity of what it is about", () =>
      Effect.gen(function* () {
        const agent = yield* made("/agents", { name: "Ada" })
        const user = yield* made("/users", {})
        const session = yield* made("/sessions", { agent_id: agent, user_id: user })
        const tool = yield* made(`/agents/${agent}/tools`, {
          type: "function",
          function: { name: "f", parameters: {} }
        })
        const updates: ReadonlyArray<readonly [Method, string, string, unknown]> = [
          ["PATCH", `/agents/${agent}`, agent, {}],
          ["PUT", `/agents/${agent}`, agent, { name: "Ada", about: "" }],
          ["PATCH", `/users/${user}`, user, {}],
          ["PUT", `/users/${user}`, user, { name: "Sam", about: "" }],
          ["PATCH", `/sessions/${session}`, session, {}],
          ["PUT", `/sessions/${session}`, session, { situation: "" }],
          ["PATCH", `/agents/${agent}/tools/${tool}`, tool, { function: {} }],
          ["PUT", `/agents/${agent}/tools/${tool}`, tool, { function: { name: "f", parameters: {} } }]
        ]
        for (const [method, path, id, json] of updates) {
          const updated = { status: 200, body: { id, updated_at: INSTANT, jobs: [] } }
          expect([method, path, yield* ok(method, path, json)]).toEqual([method, path, updated])
        }
        const deletes = [
          [`/agents/${agent}/tools/${tool}`, tool],
          [`/sessions/${session}/history`, session],
          [`/sessions/${session}`, session],
          [`/users/${user}`, user],
          [`/agents/${agent}`, agent]
        ] as const
        for (const [path, id] of deletes) {
          const deleted = { status: 202, body: { id, deleted_at: INSTANT, jobs: [] } }
          expect([path, yield* ok("DELETE", path)]).toEqual([path, deleted])
        }
        // Again, when all are gone: only an agent is missing then.
        for (const [path] of deletes) {
          const { status } = yield* ok("DELETE", path)
          expect([path, status]).toEqual([path, path === `/agents/${agent}` ? 404 : 202])
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("every member of an entity that has a value is there; lists are in their envelope", () =>
      Effect.gen(function* () {
        const agent = yield* made("/agents", { name: "Ada" })
        const session = yield* made("/sessions", { agent_id: agent })
        const one = {
          id: session,
          agent_id: agent,
          situation: "",
          metadata: {},
          render_templates: false,
          created_at: INSTANT,
          updated_at: INSTANT
        }
        expect(yield* ok("GET", `/sessions/${session}`)).toEqual({ status: 200, body: one })
        expect(yield* ok("GET", "/sessions")).toEqual({ status: 200, body: { items: [one] } })
        for (const path of [
          "/users",
          `/agents/${agent}/docs`,
          `/agents/${agent}/tools`,
          `/sessions/${session}/history`
        ]) {
          expect([path, yield* ok("GET", path)]).toEqual([path, { status: 200, body: { items: [] } }])
        }
        const { body } = yield* ok("GET", "/agents")
        expect(body).toMatchObject({ items: [{ default_settings: { temperature: 0.75 } }] })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a cursor begins a page of its own list in its own order, and is a 422 in any other", () =>
      Effect.gen(function* () {
        const agents = [yield* made("/agents", { name: "Ada" }), yield* made("/agents", { name: "Bea" })]
        const lists = ["/agents", "/agents?order=asc", "/agents?sort_by=updated_at", "/users", "/users?order=asc"]
        for (const agent of agents) {
          const user_id = yield* made("/users", { name: "Sam" })
          const session = yield* made("/sessions", { agent_id: agent })
          yield* send("POST", `/agents/${agent}/docs`, { json: { title: "T", content: "C" } })
          yield* made(`/agents/${agent}/tools`, { type: "function", function: { name: "f", parameters: {} } })
          yield* made(`/agents/${agent}/memories`, { content: "Sam keeps bees.", user_id })
          yield* send("POST", `/sessions/${session}/chat`, { json: { messages: [{ role: "user", content: "Hello" }] } })
          const owned = ["docs", "tools", "memories"].map((list) => `/agents/${agent}/${list}`)
          lists.push(...owned, `/sessions/${session}/history`, `/sessions/${session}/history?order=desc`)
        }
        lists.push("/sessions")
        const read = (list: string, cursor = "") =>
          send("GET", `${list}${list.includes("?") ? "&" : "?"}limit=1${cursor === "" ? "" : `&after=${cursor}`}`)
        for (const list of lists) {
          const { body } = yield* read(list)
          const { next } = body as { readonly next: string }
          expect([list, next]).toEqual([list, expect.stringMatching(/^[\w-]{16,}$/)])
          for (const other of lists) {
            const { status } = yield* read(other, next)
            expect([list, other, status]).toEqual([list, other, list === other ? 200 : 422])
          }
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("null in a body means absent: in creates, in PATCH, and in PUT where a member may be left out", () =>
      Effect.gen(function* () {
        const nulls = { about: null, instructions: null, model: null, default_settings: null, metadata: null }
        const settings = { temperature: 0.5 }
        const agent = yield* made("/agents", { name: "Ada", docs: null, tools: null, ...nulls })
        yield* ok("PATCH", `/agents/${agent}`, {
          about: "a",
          instructions: ["i"],
          model: "m",
          default_settings: settings,
          metadata: { a: 1 }
        })
        const before = yield* ok("GET", `/agents/${agent}`)
        expect((yield* ok("PATCH", `/agents/${agent}`, { name: null, ...nulls })).status).toBe(200)
        expect(yield* ok("GET", `/agents/${agent}`)).toEqual(before)
        expect((yield* ok("PUT", `/agents/${agent}`, { name: "Ada", ...nulls, about: "" })).status).toBe(200)
        const emptied = { about: "", instructions: [], metadata: {}, default_settings: { temperature: 0.75 } }
        expect(yield* ok("GET", `/agents/${agent}`)).toMatchObject({ body: emptied })
        expect((yield* ok("PUT", `/agents/${agent}`, { name: "Ada", about: null })).status).toBe(422)

        const user = yield* made("/users", { name: null, about: null, docs: null, metadata: null })
        expect((yield* ok("PATCH", `/users/${user}`, { name: null, about: null, metadata: null })).status).toBe(200)
        expect(yield* ok("GET", `/users/${user}`)).toMatchObject({ body: { name: "User", about: "", metadata: {} } })

        const of = { agent_id: agent, user_id: null, situation: null, metadata: null, render_templates: null }
        const session = yield* made("/sessions", of)
        yield* ok("PATCH", `/sessions/${session}`, { situation: "Calm.", metadata: { a: null } })
        yield* ok("PATCH", `/sessions/${session}`, { situation: null, metadata: null })
        const kept = { situation: "Calm.", metadata: { a: null } }
        expect(yield* ok("GET", `/sessions/${session}`)).toMatchObject({ body: kept })
        yield* ok("PUT", `/sessions/${session}`, { situation: "Calm.", metadata: null })
        expect(yield* ok("GET", `/sessions/${session}`)).toMatchObject({ body: kept })
      }).pipe(Effect.provide(mode()))
    )
  })

/** A server with a key refuses requests without it. */
export const keys = (mode: Wired) =>
  describe("keys", () => {
    it.effect("a wrong key is a 403 with the API's body on every route", () =>
      Effect.gen(function* () {
        for (const path of ["/agents", "/api/agents", "/v1/models"]) {
          for (const authorization of ["Bearer wrong", "wrong", "Bearer "]) {
            expect(yield* send("GET", path, { headers: { authorization } })).toMatchObject({
              status: 403,
              body: { error: { code: "UNAUTHORIZED" }, detail: expect.any(String) }
            })
          }
        }
      }).pipe(Effect.provide(mode()))
    )
  })
