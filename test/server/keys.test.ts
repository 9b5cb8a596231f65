/** A server asks for a key, and a request acts for the developer of its key. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Listener from "../../src/cli/serve/listener.js"
import { Unauthorized } from "../../src/schema/Errors.js"
import * as Server from "../../src/server/Server.js"
import { ask, createAgent, KEY, servedPort, withKey } from "../support/serving.js"

const ONE = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"
const OTHER = "0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70"
const NIL = "00000000-0000-0000-0000-000000000000"

const body = (code: string) => ({ error: { message: expect.any(String), code }, detail: expect.any(String) })

describe("the key of a server", () => {
  it.scopedLive("is accepted as Bearer, bare, and in X-Auth-Key; any other is one and the same 403", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      for (const headers of [{ authorization: `Bearer ${KEY}` }, { authorization: KEY }, { "x-auth-key": KEY }]) {
        expect((yield* ask(port, "/api/agents", { headers })).status).toBe(200)
      }
      for (const headers of [{}, { authorization: "Bearer other" }, { "x-auth-key": "" }]) {
        const refused = yield* ask(port, "/v1/models", { headers })
        expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([403, 'Bearer realm="effect-julep"'])
        expect(refused.json).toMatchObject({ error: { code: "UNAUTHORIZED" } })
      }
    })
  )

  it.scopedLive("may come in a header of another name, without the white space of its file", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ keys: { operator: `${KEY}\n`, header: "X-Gateway-Key" } })
      expect((yield* ask(port, "/agents", { headers: { "x-gateway-key": KEY } })).status).toBe(200)
      expect((yield* ask(port, "/agents", { headers: { "x-auth-key": KEY } })).status).toBe(403)
    })
  )

  it.scopedLive("acts for its own developer: a header that names another is refused", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      expect((yield* ask(port, "/agents", createAgent(withKey({ "x-developer-id": NIL })))).status).toBe(201)
      const other = yield* ask(port, "/agents", createAgent(withKey({ "x-developer-id": ONE })))
      expect([other.status, other.json]).toEqual([403, body("WRONG_DEVELOPER")])
    })
  )

  it.scopedLive("follows the header of a trusted gateway, which must be there", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ keys: { operator: KEY, trustDeveloperHeader: true } })
      const list = (developer: string) => ask(port, "/agents", { headers: withKey({ "x-developer-id": developer }) })
      yield* ask(port, "/agents", createAgent(withKey({ "x-developer-id": ONE })))
      expect((yield* list(ONE)).json).toMatchObject({ items: [{ name: "Ada" }] })
      expect((yield* list(OTHER)).json).toEqual({ items: [] })
      const absent = yield* ask(port, "/agents", { headers: withKey() })
      expect([absent.status, absent.json]).toEqual([400, body("DEVELOPER_MISSING")])
    })
  )

  it.scopedLive("is checked by a function of the program in its place", () =>
    Effect.gen(function* () {
      const developers: Record<string, string> = { one: ONE, other: OTHER }
      const authenticate: Server.Authenticate = ({ authorization = "" }) => {
        const developer = developers[authorization]
        return developer === undefined
          ? Effect.fail(new Unauthorized({ message: "Who are you?", code: "NOBODY", status: 403 }))
          : Effect.succeed({ developer, name: authorization, operator: false })
      }
      const port = yield* servedPort({ authenticate })
      const list = (authorization: string) => ask(port, "/agents", { headers: { authorization } })
      yield* ask(port, "/agents", createAgent({ authorization: "one" }))
      expect((yield* list("one")).json).toMatchObject({ items: [{ name: "Ada" }] })
      expect((yield* list("other")).json).toEqual({ items: [] })
      expect((yield* list("third")).json).toMatchObject({ error: { code: "NOBODY" } })
    })
  )

  it.scoped("must be given: a server without one does not start", () =>
    Effect.gen(function* () {
      const listener = Listener.layer({ host: "127.0.0.1", port: 0 })
      const failure = (options: Server.Options) =>
        Effect.map(Effect.exit(Layer.build(Server.layer(listener, { storage: "memory", ...options }))), (exit) =>
          Exit.isFailure(exit) ? String(exit.cause) : "started"
        )
      expect(yield* failure({})).toContain("A server needs `keys`")
      expect(yield* failure({ keys: { operator: " \n" } })).toContain("keys.operator must not be blank")
      const authenticate: Server.Authenticate = () => Effect.succeed({ developer: NIL, name: "any", operator: false })
      expect(yield* failure({ keys: { operator: "k" }, authenticate })).toContain("not both")
    })
  )
})

describe("without a key", () => {
  it.scopedLive("a server says that it runs and that it is ready, and nothing more", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      expect((yield* ask(port, "/health")).json).toEqual({ status: "ok" })
      expect((yield* ask(port, "/ready?probe=1")).json).toEqual({ status: "ready" })
      expect((yield* ask(port, "/health", { method: "HEAD" })).status).toBe(200)
      expect((yield* ask(port, "/ready", { method: "POST" })).status).toBe(403)
      expect((yield* ask(port, "/healthy")).status).toBe(403)
      expect((yield* ask(port, "/health")).headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/)
    })
  )
})
