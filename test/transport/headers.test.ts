import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { KEY, stubbed } from "../support/client.js"
import * as f from "../support/fixtures.js"
import type { Sent } from "../support/stubClient.js"

const answer = (sent: Sent) => ({
  body: sent.path.startsWith("/v1/chat") ? f.chatCompletion : sent.path.startsWith("/v1") ? f.completion : { items: [] }
})

const messages = [{ role: "user", content: "Ahoy" }] as const

describe("headers", () => {
  it.effect("the key and the extra headers go to both halves of the API", () =>
    Effect.gen(function* () {
      const headers = { "X-Team": "lighthouse", "x-developer-id": "d-1" }
      const { julep, http } = yield* stubbed(answer, { headers })
      yield* julep.agents.list()
      yield* julep.chat.completions.create({ messages })
      yield* julep.completions.create({ prompt: "Once" })
      expect(http.requests).toHaveLength(3)
      for (const sent of http.requests) {
        expect(sent.headers).toMatchObject({
          authorization: `Bearer ${KEY}`,
          "x-team": "lighthouse",
          "x-developer-id": "d-1"
        })
      }
    })
  )

  it.effect("an extra header may replace the authorization, for servers that want another scheme", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(answer, { headers: { Authorization: "Basic abc" } })
      yield* julep.agents.list()
      expect(http.last().headers["authorization"]).toBe("Basic abc")
    })
  )

  it.effect("no trace headers are sent, inside a span neither", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed(answer)
      yield* Effect.withSpan(julep.agents.list(), "caller")
      const names = Object.keys(http.last().headers)
      expect(names).toContain("authorization")
      expect(names.filter((name) => /^(b3|x-b3.*|traceparent|tracestate)$/.test(name))).toEqual([])
    })
  )

  it.effect("transformClient wraps the client under both halves, and what it logs shows no key", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.jsonLogger, (line) => lines.push(line))
      const secrets = { "X-Auth-Key": "sk-second", "X-Developer-Id": "sk-third", "X-My-Own": "sk-fourth" }
      const { julep, http } = yield* stubbed(answer, {
        headers: secrets,
        transformClient: HttpClient.transform((effect, request) => Effect.zipRight(Effect.logInfo(request), effect))
      })
      const calls = Effect.zipRight(julep.agents.list(), julep.completions.create({ prompt: "Once" }))
      yield* Effect.provide(calls, Logger.replace(Logger.defaultLogger, logger))
      expect(lines).toHaveLength(2)
      expect(lines.join()).toContain("https://julep.test/v1/completions")
      for (const secret of [KEY, ...Object.values(secrets)]) expect(lines.join()).not.toContain(secret)
      expect(http.last().headers).toMatchObject({ authorization: `Bearer ${KEY}`, "x-my-own": "sk-fourth" })
    })
  )

  it.effect("transformClient may answer by another client, which is given the key", () =>
    Effect.gen(function* () {
      const other = yield* stubbed({ body: f.agent })
      const { julep, http } = yield* stubbed(answer, { transformClient: () => other.http.client })
      expect((yield* julep.agents.get(f.agentId)).name).toBe("Marguerite")
      expect([http.requests.length, other.http.requests.length]).toEqual([0, 1])
      expect(other.http.last().headers["authorization"]).toBe(`Bearer ${KEY}`)
    })
  )
})
