import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Julep } from "../../src/layers/Julep.js"
import { KEY, stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"
import { json, serve } from "../support/loopback.js"

const redirect = (status: number, location: string) => ({ status, headers: { location } })

describe("redirects within one origin", () => {
  for (const status of [307, 308]) {
    it.effect(`${status} is followed by a POST, with body and key`, () =>
      Effect.gen(function* () {
        const { julep, http } = yield* stubbed([redirect(status, "/moved/agents"), { status: 201, body: f.created }])
        yield* julep.agents.create({ name: "Ada" })
        const [first, second] = http.requests
        expect(second).toMatchObject({ method: "POST", path: "/moved/agents", body: { name: "Ada" } })
        expect(second?.headers).toEqual(first?.headers)
      })
    )
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it.effect(`${status} is followed by a GET, to the query of its location`, () =>
      Effect.gen(function* () {
        const there = "https://julep.test/api/v2/agents?cursor=a%20b"
        const { julep, http } = yield* stubbed([redirect(status, there), { body: { items: [f.agent] } }])
        expect(yield* julep.agents.list({ limit: 3 })).toHaveLength(1)
        expect(http.last().url.href).toBe("https://julep.test/api/v2/agents?cursor=a+b")
        expect(http.last().headers["authorization"]).toBe(`Bearer ${KEY}`)
      })
    )
  }

  for (const status of [301, 302, 303]) {
    it.effect(`${status} is not followed by a POST`, () =>
      Effect.gen(function* () {
        const { julep, http } = yield* stubbed([redirect(status, "/elsewhere")])
        const error = yield* Effect.flip(julep.agents.create({ name: "Ada" }))
        expect(errorFields(error)).toMatchObject({
          _tag: "UnexpectedResponse",
          status,
          method: "POST",
          path: "/api/agents"
        })
        expect(error.message).not.toContain("unknown")
        expect(http.requests).toHaveLength(1)
      })
    )
  }

  it.effect("five are followed, a sixth is not, and the message names no other origin", () =>
    Effect.gen(function* () {
      const hops = (n: number) => Array.from({ length: n }, (_, index) => redirect(302, `/hop/${index + 1}`))
      const five = yield* stubbed([...hops(5), { body: f.agent }])
      expect((yield* five.julep.agents.get(f.agentId)).name).toBe("Marguerite")
      const six = yield* stubbed([...hops(6), { body: f.agent }])
      const error = yield* Effect.flip(six.julep.agents.get(f.agentId))
      expect(errorFields(error)).toMatchObject({ _tag: "UnexpectedResponse", status: 302 })
      expect(six.http.requests).toHaveLength(6)
      expect(error.message).not.toMatch(/another place|unknown/)
    })
  )

  for (const headers of [{}, { location: "http://" }]) {
    it.effect(`a redirect with ${JSON.stringify(headers)} is an answer`, () =>
      Effect.gen(function* () {
        const { julep } = yield* stubbed({ status: 307, headers })
        expect(errorFields(yield* Effect.flip(julep.users.list()))).toMatchObject({
          _tag: "UnexpectedResponse",
          status: 307
        })
      })
    )
  }
})

describe("redirects to another origin", () => {
  for (const [status, create] of [
    [307, true],
    [302, false],
    [308, false]
  ] as const) {
    it.scopedLive(`${status} is not followed, so the key is not sent`, () =>
      Effect.gen(function* () {
        const other = yield* serve((_received, response) => json(response, 200, { items: [] }))
        const home = yield* serve((received, response) => {
          response.writeHead(status, { location: `${other.origin}${received.path}?secret=1` })
          response.end()
        })
        const error = yield* Effect.flatMap(Julep, ({ agents }) =>
          create ? Effect.asVoid(agents.create({ name: "Ada" })) : Effect.asVoid(agents.list())
        ).pipe(
          Effect.provide(Julep.layerFetch({ apiKey: KEY, baseUrl: home.origin, headers: { "x-auth-key": "s" } })),
          Effect.flip
        )
        expect(errorFields(error)).toMatchObject({ _tag: "UnexpectedResponse", status })
        expect(error.message).toContain(other.origin)
        expect(error.message).not.toContain("secret=1")
        expect(home.received).toHaveLength(1)
        expect(other.received).toEqual([])
      })
    )
  }

  it.effect("the same host under another scheme or port is another origin", () =>
    Effect.gen(function* () {
      for (const location of ["http://julep.test/api/agents", "https://julep.test:8443/api/agents", "//evil.test/a"]) {
        const { julep, http } = yield* stubbed(redirect(307, location))
        const error = yield* Effect.flip(julep.agents.list())
        expect(error._tag).toBe("UnexpectedResponse")
        expect(error.message).toContain(new URL(location, "https://julep.test").origin)
        expect(http.requests).toHaveLength(1)
      }
    })
  )
})
