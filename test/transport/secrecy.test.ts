/** The key is in the authorization header and nowhere else, even if a server repeats it. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type { Julep } from "../../src/layers/Julep.js"
import { KEY, stubbed } from "../support/client.js"
import * as f from "../support/fixtures.js"
import type { Answer, Responder } from "../support/stubClient.js"
import { recordingTracer } from "../support/tracer.js"

const echo = `you sent Bearer ${KEY}, twice: ${KEY}`

const answers: Readonly<Record<string, Answer | Responder>> = {
  "a 400 that echoes": { status: 400, body: { error: { message: echo, code: KEY }, detail: echo } },
  "a 403 that echoes": { status: 403, body: { detail: echo } },
  "a 404 that echoes": { status: 404, body: { error: { message: echo, code: "X", resource: KEY, id: KEY } } },
  "a 422 that echoes": { status: 422, body: { error: { message: echo, issues: [{ path: KEY, message: echo }] } } },
  "a 422 of FastAPI that echoes": { status: 422, body: { detail: [{ loc: ["header", KEY], msg: echo }] } },
  "a 429 that echoes": { status: 429, body: echo },
  "a 500 that echoes late": { status: 500, body: `${"x".repeat(490)}${KEY}` },
  "a 200 that echoes in place of an entity": { body: { id: KEY, name: KEY, created_at: KEY, items: [{ id: KEY }] } },
  "a 200 that is not JSON": { body: `<html>${echo}` },
  "a request id that echoes": { status: 500, headers: { "x-request-id": KEY } },
  "a redirect that echoes": { status: 302, headers: { location: `https://other.test/?key=${KEY}` } },
  "a connection that fails aloud": () => Effect.fail(new Error(echo, { cause: { code: "ECONNRESET", key: KEY } }))
}

const call = (julep: Julep.Service) =>
  Effect.all([
    Effect.flip(julep.agents.get(f.agentId)),
    Effect.flip(julep.users.list({ metadata_filter: { a: 1 } })),
    Effect.flip(julep.completions.create({ prompt: "Once" }))
  ])

describe("the key", () => {
  for (const [what, answer] of Object.entries(answers)) {
    it.effect(`is not in the error of ${what}`, () =>
      Effect.gen(function* () {
        const { julep } = yield* stubbed(answer)
        for (const error of yield* call(julep)) {
          const texts = [
            JSON.stringify(error),
            inspect(error, { depth: 20, showHidden: true }),
            String(error),
            error.stack
          ]
          for (const text of [...texts, Cause.pretty(Cause.fail(error))]) expect(text).not.toContain(KEY)
          // A key cut in two by the limit of an excerpt would still be half a key.
          expect(JSON.stringify(error)).not.toContain(KEY.slice(0, 9))
        }
      })
    )
  }

  it.effect("is not in what the client or its configuration shows", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({})
      for (const shown of [julep, julep.agents, julep.chat]) {
        expect(inspect(shown, { depth: 20, showHidden: true })).not.toContain(KEY)
        expect(JSON.stringify(shown)).not.toContain(KEY)
      }
    })
  )

  it.effect("is not in the logs, whatever happens", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make((options) => {
        lines.push(inspect([options.message, options.cause], { depth: 12 }))
        lines.push(Logger.logfmtLogger.log(options), Logger.jsonLogger.log(options))
      })
      for (const answer of Object.values(answers)) {
        const { julep } = yield* stubbed(answer)
        yield* call(julep).pipe(
          Effect.tap((errors) => Effect.logError("failed", ...errors, ...errors.map((error) => Cause.fail(error)))),
          Effect.withLogSpan("call"),
          Logger.withMinimumLogLevel(LogLevel.All),
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
      }
      expect(lines.length).toBeGreaterThanOrEqual(3 * Object.keys(answers).length)
      const leaks = lines.flatMap((line) => line.match(new RegExp(`.{0,40}${KEY}`, "g")) ?? [])
      expect([...new Set(leaks)]).toEqual([])
    })
  )

  it.effect("is not in the spans, which are recorded", () =>
    Effect.gen(function* () {
      const { tracer, spans } = recordingTracer()
      const headers = { "X-Auth-Key": "sk-second-key", "X-Developer-Id": "dev-secret", "X-Own": "own-secret" }
      const echoed = Object.entries(answers).filter(([what]) => !/request id|redirect|connection/.test(what))
      for (const answer of [...echoed.map(([, answer]) => answer), { body: { items: [] } }]) {
        const { julep } = yield* stubbed(answer, { headers })
        yield* Effect.withTracer(Effect.exit(Effect.withSpan(call(julep), "caller")), tracer)
      }
      const names = new Set(spans().map(({ name }) => name))
      expect([...names].join()).toMatch(/agents\.get.*users\.list.*completions\.create/i)
      const requests = spans().filter(({ attributes }) => attributes["http.request.method"] !== undefined)
      expect(requests.length).toBeGreaterThan(0)
      const recorded = JSON.stringify(spans())
      const secrets = new RegExp(`.{0,40}(${KEY}|sk-second-key|dev-secret|own-secret)`, "g")
      expect([...new Set(recorded.match(secrets))]).toEqual([])
    })
  )
})
