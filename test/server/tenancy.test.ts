/** The key of one developer reaches nothing of another's, in any operation of the OpenAPI document. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Answer, ask, servedPort, withKey } from "../support/serving.js"

const ALICE = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
const BOB = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
const ABSENT = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"

const SECRET = /whale oil|secret/

const doc = { title: "Secret", content: "The secret lighthouse burns whale oil." }
const tool = { type: "function", function: { name: "secret", parameters: {} } }

/** A body for each operation that takes one, by its path without the ids. */
const bodies: Readonly<Record<string, (id: (name: string) => string) => unknown>> = {
  "PUT /agents/{}": () => ({ name: "stolen", about: "" }),
  "PATCH /agents/{}": () => ({ name: "stolen" }),
  "POST /agents/{}/docs": () => ({ title: "Mine", content: "Mine" }),
  "PUT /agents/{}/docs": () => ({ docs: [], prune: true, allow_empty: true }),
  "POST /agents/{}/docs/search": () => ({ query: "lighthouse" }),
  "POST /agents/{}/tools": () => ({ type: "function", function: { name: "mine", parameters: {} } }),
  "PUT /agents/{}/tools/{}": () => ({ function: { name: "stolen", parameters: {} } }),
  "PATCH /agents/{}/tools/{}": () => ({ function: {} }),
  "POST /agents/{}/memories": (id) => ({ content: "Mine", user_id: id("user_id") }),
  "PUT /users/{}": () => ({ name: "stolen", about: "" }),
  "PATCH /users/{}": () => ({ name: "stolen" }),
  "POST /users/{}/docs": () => ({ title: "Mine", content: "Mine" }),
  "PUT /users/{}/docs": () => ({ docs: [], prune: true, allow_empty: true }),
  "POST /users/{}/docs/search": () => ({ query: "lighthouse" }),
  "POST /sessions": (id) => ({ agent_id: id("agent_id"), user_id: id("user_id") }),
  "PUT /sessions/{}": () => ({ situation: "stolen" }),
  "PATCH /sessions/{}": () => ({ situation: "stolen" }),
  "POST /sessions/{}/chat": () => ({ messages: [{ role: "user", content: "Where is the lighthouse?" }] }),
  "POST /sessions/{}/render": () => ({ messages: [{ role: "user", content: "Where is the lighthouse?" }] }),
  "POST /sessions/{}/claims": (id) => ({ message_ids: [id("message_id")] })
}

interface Operation {
  readonly method: string
  readonly path: string
  readonly hasBody: boolean
}

const operationsOf = (document: unknown): ReadonlyArray<Operation> =>
  Object.entries(Object(Object(document).paths)).flatMap(([path, item]) =>
    Object.entries(Object(item)).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      hasBody: Object(operation).requestBody !== undefined
    }))
  )

const nameOf = ({ method, path }: Operation): string => `${method} ${path.replace(/\{\w+\}/g, "{}")}`

/** The operations that take the id of a row, in their path or their body. */
const takesId = (operation: Operation): boolean =>
  /\{\w+\}/.test(operation.path) || nameOf(operation) === "POST /sessions"

/** Where an operation is asked, and with what. */
const requestOf = (operation: Operation, ids: Readonly<Record<string, string>>, headers: Record<string, string>) => {
  const id = (name: string) => ids[name] ?? expect.fail(`the test has no ${name} for ${nameOf(operation)}`)
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => id(name))
  if (!operation.hasBody) return { path, init: { method: operation.method, headers } }
  const body = bodies[nameOf(operation)] ?? expect.fail(`the test has no body for ${nameOf(operation)}`)
  return {
    path,
    init: {
      method: operation.method,
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body(id))
    }
  }
}

/** A response without the ids that were asked for and without times. */
const shownOf = ({ status, text }: Answer, ids: Readonly<Record<string, string>>): string =>
  Object.values(ids)
    .reduce((shown, id) => shown.replaceAll(id, "ID"), `${status} ${text}`)
    .replace(/"deleted_at":"[^"]+"/, '"deleted_at":"TIME"')

const idOf = ({ json }: Answer): string => String(Object(json).id)
const firstOf = ({ json }: Answer): string => String(Object(Object(json).items?.[0]).id)

/** One of everything, made with a key. The names are those of the parameters of the document. */
const seed = (port: number, headers: Record<string, string>) =>
  Effect.gen(function* () {
    const post = (path: string, body: unknown) =>
      ask(port, path, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body)
      })
    const agent_id = idOf(yield* post("/agents", { name: "Ada", about: "secret" }))
    const user_id = idOf(yield* post("/users", { name: "Sam", about: "secret" }))
    const session_id = idOf(yield* post("/sessions", { agent_id, user_id, situation: "secret" }))
    const made = yield* post(`/agents/${agent_id}/docs`, doc)
    const userDoc = idOf(yield* post(`/users/${user_id}/docs`, doc))
    const tool_id = idOf(yield* post(`/agents/${agent_id}/tools`, tool))
    const memory_id = idOf(yield* post(`/agents/${agent_id}/memories`, { content: "The secret lighthouse.", user_id }))
    yield* post(`/sessions/${session_id}/chat`, { messages: [{ role: "user", content: "A secret." }] })
    const message_id = firstOf(yield* ask(port, `/sessions/${session_id}/history`, { headers }))
    const job_id = String(Object(made.json).jobs?.[0])
    return { agent_id, user_id, session_id, tool_id, memory_id, message_id, job_id, doc_id: idOf(made), userDoc }
  })

const served = Effect.gen(function* () {
  const port = yield* servedPort()
  const document = (yield* ask(port, "/openapi.json")).json
  const keyOf = (developer_id: string) =>
    Effect.map(
      ask(port, "/admin/keys", {
        method: "POST",
        headers: withKey({ "content-type": "application/json" }),
        body: JSON.stringify({ name: developer_id, developer_id })
      }),
      ({ json }) => ({ authorization: `Bearer ${Object(json).key}` })
    )
  const [alice, bob] = [yield* keyOf(ALICE), yield* keyOf(BOB)]
  const ids = yield* seed(port, alice)
  const all = operationsOf(document).filter(takesId)
  const operations = all.filter(({ path }) => !path.startsWith("/v1/"))
  const reads = operations.filter(({ method, path }) => method === "GET" && !path.startsWith("/jobs"))
  /** All that Alice can read. */
  const snapshot = Effect.forEach(reads, (operation) => {
    const of = operation.path.startsWith("/users/{user_id}/docs") ? { ...ids, doc_id: ids.userDoc } : ids
    const { init, path } = requestOf(operation, of, alice)
    return Effect.map(
      ask(port, path.endsWith("/memories") ? `${path}?query=lighthouse` : path, init),
      ({ json, status }) => [path, status, json]
    )
  })
  return { alice, bob, ids, operations, port, snapshot }
})

describe("the key of a developer", () => {
  it.scopedLive("finds of another's rows what it finds of rows that were never there, in every operation", () =>
    Effect.gen(function* () {
      const { bob, ids, operations, port, snapshot } = yield* served
      const before = yield* snapshot
      expect(JSON.stringify(before)).toMatch(SECRET)
      const absent = Object.fromEntries(Object.keys(ids).map((name) => [name, ABSENT]))
      const foreign: Readonly<Record<string, string>> = ids
      const prefixes = ["", "/api", "/jwt/api"]
      const differing: Array<string> = []
      for (const [index, operation] of operations.entries()) {
        const prefix = prefixes[index % prefixes.length]
        const asked = (of: Readonly<Record<string, string>>, key: string) => {
          const { init, path } = requestOf(operation, of, { ...bob, "idempotency-key": key })
          return Effect.map(ask(port, `${prefix}${path}`, init), (answer) => shownOf(answer, of))
        }
        const [theirs, none] = [yield* asked(foreign, `a${index}`), yield* asked(absent, `b${index}`)]
        if (theirs !== none || SECRET.test(theirs) || !/^(?:404|202) /.test(theirs)) {
          differing.push(`${nameOf(operation)}: ${theirs} | ${none}`)
        }
      }
      expect(differing).toEqual([])
      expect(operations.length).toBeGreaterThan(30)
      expect(yield* snapshot).toEqual(before)
    })
  )

  it.scopedLive("acts for nobody else, whatever X-Developer-Id says, and the key of the operator neither", () =>
    Effect.gen(function* () {
      const { bob, ids, operations, port, snapshot } = yield* served
      const before = yield* snapshot
      const allowed: Array<string> = []
      const given: ReadonlyArray<readonly [key: Record<string, string>, developer: string]> = [
        [bob, ALICE],
        [bob, ALICE.toUpperCase()],
        // What Node makes of two headers.
        [bob, `${BOB}, ${ALICE}`],
        [bob, `${ALICE}, ${BOB}`],
        [bob, ""],
        [withKey(), ALICE]
      ]
      for (const [index, operation] of operations.entries()) {
        const [key, developer] = given[index % given.length] ?? expect.fail()
        const { init, path } = requestOf(operation, ids, { ...key, "x-developer-id": developer })
        const { json, status } = yield* ask(port, path, init)
        if (status !== 403 || Object(Object(json).error).code !== "WRONG_DEVELOPER") {
          allowed.push(`${nameOf(operation)} for ${JSON.stringify(developer)}: ${status}`)
        }
      }
      expect(allowed).toEqual([])
      expect(yield* snapshot).toEqual(before)
      const own = yield* ask(port, "/agents", { headers: { ...bob, "x-developer-id": BOB.toUpperCase() } })
      expect([own.status, own.json]).toEqual([200, { items: [] }])
    })
  )

  it.scopedLive("has idempotency keys of its own, and none of /admin", () =>
    Effect.gen(function* () {
      const { alice, bob, port } = yield* served
      const create = (key: Record<string, string>) =>
        ask(port, "/agents", {
          method: "POST",
          headers: { ...key, "content-type": "application/json", "idempotency-key": "same" },
          body: '{"name":"Ada"}'
        })
      const [one, again, other] = [yield* create(alice), yield* create(alice), yield* create(bob)]
      expect(idOf(again)).toBe(idOf(one))
      expect([other.status, idOf(other) === idOf(one)]).toEqual([201, false])
      for (const path of ["/admin/keys", "/admin//keys", "/admin/keys;x", "/admin/export", "/admin"]) {
        const { json, status } = yield* ask(port, path, { headers: bob })
        expect([path, status, Object(Object(json).error).code]).toEqual([path, 403, "NOT_OPERATOR"])
      }
      for (const path of ["/api/admin/keys", "/jwt/api/admin/keys", "//admin/keys", "/%61dmin/keys", "/Admin/keys"]) {
        expect([path, (yield* ask(port, path, { headers: withKey() })).status]).toEqual([path, 404])
      }
    })
  )
})
