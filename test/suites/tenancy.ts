import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { type Answered, type Method, type Raw, send, type Wired } from "../support/wire.js"

const ALICE = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
const BOB = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"

const as = (developer: string) => (method: Method, path: string, json?: unknown) => {
  const raw: Raw = { headers: { "x-developer-id": developer } }
  return send(method, path, json === undefined ? raw : { ...raw, json })
}

const idOf = ({ body }: Answered): string => String((body as { readonly id?: unknown }).id)
const itemsOf = ({ body }: Answered) => (body as { readonly items: ReadonlyArray<{ readonly id: string }> }).items

const doc = { title: "Secret", content: "The secret lighthouse burns whale oil." }
const tool = { type: "function", function: { name: "secret", parameters: {} } }
const turn = { messages: [{ role: "user", content: "My secret lighthouse is in Lisbon." }] }

/** One of everything, of one developer. */
const seed = Effect.fnUntraced(function* (developer: string) {
  const own = as(developer)
  const agent = idOf(yield* own("POST", "/agents", { name: "Ada", about: "secret", metadata: { k: "secret" } }))
  const user = idOf(yield* own("POST", "/users", { name: "Sam", about: "secret" }))
  const session = idOf(yield* own("POST", "/sessions", { agent_id: agent, user_id: user, situation: "secret" }))
  const agentDoc = yield* own("POST", `/agents/${agent}/docs`, doc)
  const userDoc = yield* own("POST", `/users/${user}/docs`, doc)
  const aTool = yield* own("POST", `/agents/${agent}/tools`, tool)
  yield* own("POST", `/sessions/${session}/chat`, turn)
  const [memory] = itemsOf(yield* own("GET", `/agents/${agent}/memories?query=lighthouse`))
  const [message] = itemsOf(yield* own("GET", `/sessions/${session}/history`))
  const [job] = (agentDoc.body as { readonly jobs: ReadonlyArray<string> }).jobs
  return {
    agent,
    user,
    session,
    agentDoc: idOf(agentDoc),
    userDoc: idOf(userDoc),
    tool: idOf(aTool),
    memory: memory?.id ?? "",
    message: message?.id ?? "",
    job: job ?? ""
  }
})

/** An answer to a request that finds nothing: 404, or 202 to a delete of what is gone, as v0.3 answered it. */
const findsNothing = (method: Method, path: string, status: number): boolean =>
  status === 404 ||
  (status === 202 && method === "DELETE" && !path.includes("/memories/") && !/^\/agents\/[^/]+$/.test(path))

/** How many mixtures of ids are tried. */
const MIXTURES = Math.min(Number(process.env["SOAK"] ?? 10), 200)

type Seeded = Effect.Effect.Success<ReturnType<typeof seed>>

/** Every request that takes the id of a row. */
const operations = (of: Seeded): ReadonlyArray<readonly [method: Method, path: string, json?: unknown]> => [
  ["GET", `/agents/${of.agent}`],
  ["PUT", `/agents/${of.agent}`, { name: "stolen", about: "" }],
  ["PATCH", `/agents/${of.agent}`, { name: "stolen" }],
  ["DELETE", `/agents/${of.agent}`],
  ["GET", `/agents/${of.agent}/docs`],
  ["POST", `/agents/${of.agent}/docs`, doc],
  ["GET", `/agents/${of.agent}/docs/${of.agentDoc}`],
  ["POST", `/agents/${of.agent}/docs/search`, { query: "lighthouse" }],
  ["PUT", `/agents/${of.agent}/docs`, { docs: [doc], prune: true }],
  ["DELETE", `/agents/${of.agent}/docs/${of.agentDoc}`],
  ["GET", `/agents/${of.agent}/tools`],
  ["POST", `/agents/${of.agent}/tools`, tool],
  ["PUT", `/agents/${of.agent}/tools/${of.tool}`, { function: tool.function }],
  ["PATCH", `/agents/${of.agent}/tools/${of.tool}`, { function: {} }],
  ["DELETE", `/agents/${of.agent}/tools/${of.tool}`],
  ["GET", `/agents/${of.agent}/memories?query=lighthouse`],
  ["GET", `/agents/${of.agent}/memories?query=lighthouse&user_id=${of.user}`],
  ["POST", `/agents/${of.agent}/memories`, { content: "The lighthouse is white.", user_id: of.user }],
  ["DELETE", `/agents/${of.agent}/memories/${of.memory}`],
  ["GET", `/users/${of.user}`],
  ["PUT", `/users/${of.user}`, { name: "stolen", about: "" }],
  ["PATCH", `/users/${of.user}`, { name: "stolen" }],
  ["DELETE", `/users/${of.user}`],
  ["GET", `/users/${of.user}/docs`],
  ["POST", `/users/${of.user}/docs`, doc],
  ["GET", `/users/${of.user}/docs/${of.userDoc}`],
  ["POST", `/users/${of.user}/docs/search`, { query: "lighthouse" }],
  ["PUT", `/users/${of.user}/docs`, { docs: [doc], prune: true }],
  ["DELETE", `/users/${of.user}/docs/${of.userDoc}`],
  ["GET", `/sessions/${of.session}`],
  ["PUT", `/sessions/${of.session}`, { situation: "stolen" }],
  ["PATCH", `/sessions/${of.session}`, { situation: "stolen" }],
  ["DELETE", `/sessions/${of.session}`],
  ["GET", `/sessions/${of.session}/suggestions`],
  ["GET", `/sessions/${of.session}/history`],
  ["DELETE", `/sessions/${of.session}/history`],
  ["POST", `/sessions/${of.session}/chat`, turn],
  ["GET", `/sessions/${of.session}/prompts`],
  ["POST", `/sessions/${of.session}/claims`, { message_ids: [of.message] }],
  ["POST", "/sessions", { agent_id: of.agent }],
  ["POST", "/sessions", { agent_id: of.agent, user_id: of.user }],
  ["GET", `/jobs/${of.job}`]
]

const reads = (of: Seeded) => operations(of).filter(([method]) => method === "GET")

const lists = ["/agents", "/users", "/sessions", `/agents?metadata_filter=${encodeURIComponent('{"k":"secret"}')}`]

/** All readable rows of a developer, except jobs, which change by themselves. */
const snapshot = (developer: string, of: Seeded) =>
  Effect.forEach(
    [
      ...reads(of)
        .filter(([, path]) => !path.startsWith("/jobs"))
        .map(([, path]) => path),
      ...lists
    ],
    (path) => Effect.map(as(developer)("GET", path), ({ body }) => body)
  )

/** Isolation: developers, identified by `X-Developer-Id`, neither see nor change each other's rows. */
export const tenancy = (mode: Wired) =>
  describe("tenancy", () => {
    it.effect("v0.3 fault: every endpoint answers another developer as if nothing existed, and changes nothing", () =>
      Effect.gen(function* () {
        const of = yield* seed(ALICE)
        const before = yield* snapshot(ALICE, of)
        expect(JSON.stringify(before)).toContain("whale oil")
        const found: Array<string> = []
        for (const [method, path, json] of operations(of)) {
          const { body, status } = yield* as(BOB)(method, path, json)
          const text = JSON.stringify(body)
          if (!findsNothing(method, path, status) || /secret|lighthouse|Ada|Sam/.test(text))
            found.push(`${method} ${path}: ${status} ${text}`)
        }
        expect(found).toEqual([])
        for (const path of lists) expect([path, itemsOf(yield* as(BOB)("GET", path))]).toEqual([path, []])
        expect(yield* snapshot(ALICE, of)).toEqual(before)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("fuzzed: a foreign id anywhere among a developer's own ids is not found, and nothing changes", () =>
      Effect.gen(function* () {
        const alice = yield* seed(ALICE)
        const bob = yield* seed(BOB)
        const before = [yield* snapshot(ALICE, alice), yield* snapshot(BOB, bob)]
        const names = Object.keys(alice) as ReadonlyArray<keyof Seeded>
        const mixed = fc
          .subarray([...names], { minLength: 1 })
          .map((foreign): Seeded => ({ ...bob, ...Object.fromEntries(foreign.map((name) => [name, alice[name]])) }))
        const foreign = new Set(Object.values(alice))
        const asksFor = (operation: unknown) => [...foreign].some((id) => JSON.stringify(operation).includes(id))
        const found: Array<string> = []
        const tried = new Set<string>()
        for (const of of fc.sample(mixed, { numRuns: MIXTURES, seed: 42 })) {
          for (const operation of operations(of).filter(asksFor)) {
            const [method, path, json] = operation
            const { body, status } = yield* as(BOB)(method, path, json)
            tried.add(`${method} ${path} ${JSON.stringify(json)}`)
            if (!findsNothing(method, path, status)) found.push(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
          }
        }
        expect(found).toEqual([])
        // Every operation with each mixture of the ids it takes: docs, tools, memories and users have an owner beside them.
        expect(tried.size).toBeGreaterThan(operations(alice).length * 1.3)
        expect([yield* snapshot(ALICE, alice), yield* snapshot(BOB, bob)]).toEqual(before)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("isolation also holds for the developer without a header", () =>
      Effect.gen(function* () {
        const of = yield* seed(ALICE)
        for (const [method, path] of reads(of)) expect([path, (yield* send(method, path)).status]).toEqual([path, 404])
        for (const path of lists) expect(itemsOf(yield* send("GET", path))).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: recall and memories of one developer never reach another's chats", () =>
      Effect.gen(function* () {
        yield* seed(ALICE)
        const bob = as(BOB)
        const agent = idOf(yield* bob("POST", "/agents", { name: "Ada" }))
        const user = idOf(yield* bob("POST", "/users", { name: "Sam" }))
        const session = idOf(yield* bob("POST", "/sessions", { agent_id: agent, user_id: user }))
        const reply = yield* bob("POST", `/sessions/${session}/chat`, {
          messages: [{ role: "user", content: "Where is the secret lighthouse, and which oil does it burn?" }]
        })
        expect(reply).toMatchObject({ status: 200, body: { doc_ids: { agent_doc_ids: [], user_doc_ids: [] } } })
        expect(itemsOf(yield* bob("GET", `/agents/${agent}/memories?query=lighthouse`))).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("developers with agents and docs under the same keys have their own", () =>
      Effect.gen(function* () {
        const docs = [{ ...doc, key: "secret" }]
        const agentOf = (developer: string) =>
          Effect.map(as(developer)("PUT", "/agents", { key: "support", name: developer, docs }), idOf)
        const alice = yield* agentOf(ALICE)
        const bob = yield* agentOf(BOB)
        expect(bob).not.toBe(alice)
        expect(yield* agentOf(ALICE)).toBe(alice)
        yield* as(BOB)("PUT", `/agents/${bob}/docs`, { docs: [], prune: true, allow_empty: true })
        expect(itemsOf(yield* as(BOB)("GET", `/agents/${bob}/docs`))).toEqual([])
        expect(itemsOf(yield* as(ALICE)("GET", `/agents/${alice}/docs`))).toMatchObject([{ key: "secret" }])
        expect((yield* as(ALICE)("GET", `/agents/${alice}`)).body).toMatchObject({ key: "support", name: ALICE })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("developers with rows of the same names delete only their own", () =>
      Effect.gen(function* () {
        const alice = yield* seed(ALICE)
        const bob = yield* seed(BOB)
        const before = yield* snapshot(ALICE, alice)
        yield* as(BOB)("DELETE", `/agents/${bob.agent}`)
        yield* as(BOB)("DELETE", `/users/${bob.user}`)
        expect(yield* snapshot(ALICE, alice)).toEqual(before)
        for (const path of lists) expect(itemsOf(yield* as(BOB)("GET", path))).toEqual([])
      }).pipe(Effect.provide(mode()))
    )
  })
