import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scripted from "../../src/layers/Scripted.js"
import { type Answered, type Method, send, type Wired } from "../support/wire.js"

const doc = { title: "Tides", content: "High at six." }
const tool = { type: "function", function: { name: "look up", parameters: {} } }
const asks = (content: string) => ({ messages: [{ role: "user", content }] })

const bodyOf = ({ body }: Answered) => body as Readonly<Record<string, unknown>>
const idOf = (answered: Answered) => String(bodyOf(answered)["id"])
const itemsOf = (answered: Answered) => bodyOf(answered)["items"] as ReadonlyArray<Readonly<Record<string, unknown>>>
const post = (path: string, json: unknown) => send("POST", path, { json })

/** The paths of the nulls in a body, without those in free-form objects. */
const nullsOf = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (value === null) return [path]
  if (typeof value !== "object") return []
  return Object.entries(value).flatMap(([name, member]) =>
    ["metadata", "parameters", "entities"].includes(name)
      ? []
      : nullsOf(member, Array.isArray(value) ? `${path}[]` : `${path}.${name}`)
  )
}

/** One of everything, with as few members as can be given. */
const scene = Effect.gen(function* () {
  const agent = idOf(yield* post("/agents", { name: "Ada" }))
  const user = idOf(yield* post("/users", {}))
  const session = idOf(yield* post("/sessions", { agent_id: agent }))
  return { agent, user, session }
})

/** Forms that programs written for v0.3 send and expect. */
export const v03Forms = (mode: Wired) =>
  describe("forms of v0.3 programs", () => {
    it.effect("no response has a null that the specification does not allow", () =>
      Effect.gen(function* () {
        const { agent, session, user } = yield* scene
        const made: ReadonlyArray<readonly [path: string, json: unknown]> = [
          [`/agents/${agent}/docs`, doc],
          [`/users/${user}/docs`, doc],
          [`/agents/${agent}/tools`, tool],
          [`/sessions/${session}/chat`, asks("I live in Lisbon.")],
          [`/sessions/${session}/chat`, asks("And the tide?")]
        ]
        const created = yield* Effect.forEach(made, ([path, json]) => post(path, json))
        const [job] = bodyOf(created[0]!)["jobs"] as ReadonlyArray<string>
        const read = [
          "/agents",
          `/agents/${agent}`,
          "/users",
          `/users/${user}`,
          "/sessions",
          `/sessions/${session}`,
          `/sessions/${session}/history`,
          `/agents/${agent}/docs`,
          `/users/${user}/docs`,
          `/agents/${agent}/tools`,
          `/agents/${agent}/memories?query=Lisbon`,
          `/jobs/${job}`
        ]
        const answers = [...created, ...(yield* Effect.forEach(read, (path) => send("GET", path)))]
        for (const { status } of answers) expect(status).toBeLessThan(300)
        expect(JSON.stringify(answers)).toContain('live in Lisbon."')
        expect(answers.flatMap(({ body }) => nullsOf(body))).toEqual([])
        // The memory is about no user. The specification requires the member, and has no null for it.
        const [memory] = itemsOf(yield* send("GET", `/agents/${agent}/memories?query=Lisbon`))
        expect(memory).not.toHaveProperty("user_id")
      }).pipe(
        Effect.provide(mode((_, index) => (index === 0 ? Scripted.reply("Noted.") : Scripted.toolCall("look up", {}))))
      )
    )

    it.effect("a limit of 0 counts as 1, and one up to 10,000 is honoured, so that a short page is the last", () =>
      Effect.gen(function* () {
        const { agent, session, user } = yield* scene
        yield* Effect.forEach(Array.from({ length: 3 }), () =>
          Effect.all([
            post("/agents", { name: "Ada" }),
            post("/users", {}),
            post("/sessions", { agent_id: agent }),
            post(`/agents/${agent}/docs`, doc),
            post(`/users/${user}/docs`, doc),
            post(`/agents/${agent}/tools`, tool),
            post(`/sessions/${session}/chat`, asks("I live in Lisbon."))
          ])
        )
        for (const path of [
          "/agents?",
          "/users?",
          "/sessions?",
          `/agents/${agent}/docs?`,
          `/users/${user}/docs?`,
          `/agents/${agent}/tools?`,
          `/agents/${agent}/memories?query=Lisbon&`,
          `/sessions/${session}/history?`
        ]) {
          const counted = yield* Effect.forEach([0, 1, 1001, 10_000], (limit) =>
            Effect.map(send("GET", `${path}limit=${limit}`), (page) => itemsOf(page).length)
          )
          const all = itemsOf(yield* send("GET", path)).length
          expect([path, counted]).toEqual([path, [1, 1, all, all]])
          for (const limit of [10_001, -1]) {
            expect([path, limit, (yield* send("GET", `${path}limit=${limit}`)).status]).toEqual([path, limit, 422])
          }
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a page of 1,001 items has them all", () =>
      Effect.gen(function* () {
        const { session } = yield* scene
        const messages = Array.from({ length: 1001 }, (_, index) => ({ role: "system", content: `${index}` }))
        yield* post(`/sessions/${session}/chat`, { messages })
        const page = yield* send("GET", `/sessions/${session}/history?limit=2000`)
        expect(itemsOf(page)).toHaveLength(1002)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("UUIDs without dashes and in upper case are taken, in paths, queries, bodies and headers", () =>
      Effect.gen(function* () {
        const bare = (id: string) => id.replaceAll("-", "").toUpperCase()
        const { agent, user } = yield* scene
        const made = yield* post("/sessions", { agent_id: bare(agent), user_id: bare(user) })
        expect(made.status).toBe(201)
        const session = idOf(made)
        expect(yield* send("GET", `/sessions/${bare(session)}`)).toMatchObject({
          status: 200,
          body: { id: session, agent_id: agent, user_id: user }
        })
        expect((yield* send("GET", `/agents/${bare(agent)}/memories?query=x&user_id=${bare(user)}`)).status).toBe(200)
        const developer = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
        const own = { headers: { "x-developer-id": bare(developer) }, json: { name: "Bob" } }
        const bob = idOf(yield* send("POST", "/agents", own))
        const headers = { "x-developer-id": developer }
        expect((yield* send("GET", `/agents/${bob}`, { headers })).status).toBe(200)
        for (const broken of [agent.slice(1), `${bare(agent)}0`, agent.replace("-", "")]) {
          expect([broken, (yield* send("GET", `/agents/${broken}`)).status]).toEqual([broken, 422])
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("the addresses of the gateway of v0.3 work", () =>
      Effect.gen(function* () {
        const expected: ReadonlyArray<readonly [path: string, status: number]> = [
          ["/api/agents", 200],
          ["/jwt/api/agents?limit=1", 200],
          ["/v1/models", 200],
          ["/jwt/v1/models", 200],
          ["/jwt/agents", 404],
          ["/api/jwt/agents", 404],
          ["/jwt/jwt/api/agents", 404]
        ]
        for (const [path, status] of expected) expect([path, (yield* send("GET", path)).status]).toEqual([path, status])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a stream that is requested where only JSON is accepted is a JSON response", () =>
      Effect.gen(function* () {
        const { session } = yield* scene
        const forms: ReadonlyArray<readonly [accept: string, type: RegExp]> = [
          ["application/json", /^application\/json/],
          ["Application/JSON; charset=utf-8", /^application\/json/],
          ["text/event-stream", /^text\/event-stream/],
          ["application/json, text/event-stream", /^text\/event-stream/],
          ["application/json, text/plain, */*", /^text\/event-stream/],
          ["*/*", /^text\/event-stream/]
        ]
        for (const [accept, type] of forms) {
          const answered = yield* send("POST", `/sessions/${session}/chat`, {
            headers: { accept },
            json: { ...asks("Hello"), stream: true }
          })
          expect([accept, answered.headers["content-type"]]).toEqual([accept, expect.stringMatching(type)])
        }
        const { body } = yield* send("POST", `/sessions/${session}/chat`, {
          headers: { accept: "application/json" },
          json: { ...asks("Hello"), stream: true }
        })
        expect(body).toMatchObject({ finish_reason: "stop", response: [[{ role: "assistant", content: "ok" }]] })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("agents, then what belonged to them: a program that deletes in this order meets no error", () =>
      Effect.gen(function* () {
        const { agent, session, user } = yield* scene
        const ofAgent = idOf(yield* post(`/agents/${agent}/docs`, doc))
        const ofUser = idOf(yield* post(`/users/${user}/docs`, doc))
        const itsTool = idOf(yield* post(`/agents/${agent}/tools`, tool))
        const order: ReadonlyArray<readonly [Method, string]> = [
          ["DELETE", `/agents/${agent}`],
          ["DELETE", `/agents/${agent}/tools/${itsTool}`],
          ["DELETE", `/agents/${agent}/docs/${ofAgent}`],
          ["DELETE", `/sessions/${session}/history`],
          ["DELETE", `/sessions/${session}`],
          ["DELETE", `/users/${user}`],
          ["DELETE", `/users/${user}/docs/${ofUser}`]
        ]
        for (const [method, path] of order) {
          const { body, status } = yield* send(method, path)
          const id = path.replace("/history", "").split("/").at(-1)
          expect([path, status, body]).toEqual([path, 202, { id, deleted_at: expect.any(String), jobs: [] }])
        }
      }).pipe(Effect.provide(mode()))
    )
  })
