/** The key is in the authorization header and nowhere else, even if a server repeats it. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Stream from "effect/Stream"
import { Julep } from "../../src/index.js"
import { KEY, stubbed } from "../support/client.js"
import * as f from "../support/fixtures.js"
import type { Answer, Responder } from "../support/stubClient.js"
import { recordingTracer } from "../support/tracer.js"

/** Answers of servers that repeat a secret. */
const answersWith = (secret: string): Readonly<Record<string, Answer | Responder>> => {
  const echo = `you sent Bearer ${secret}, twice: ${secret}`
  return {
    "a 400 that echoes": { status: 400, body: { error: { message: echo, code: secret }, detail: echo } },
    "a 403 that echoes": { status: 403, body: { detail: echo } },
    "a 404 that echoes": { status: 404, body: { error: { message: echo, code: "X", resource: secret, id: secret } } },
    "a 422 that echoes": { status: 422, body: { error: { message: echo, issues: [{ path: secret, message: echo }] } } },
    "a 422 of FastAPI that echoes": { status: 422, body: { detail: [{ loc: ["header", secret], msg: echo }] } },
    "a 429 that echoes": { status: 429, body: echo },
    "a 500 that echoes late": { status: 500, body: `${"x".repeat(490)}${secret}` },
    "a 200 that echoes in place of an entity": {
      body: { id: secret, name: secret, created_at: secret, items: [{ id: secret }] }
    },
    "a 200 that is not JSON": { body: `<html>${echo}` },
    "a request id that echoes": { status: 500, headers: { "x-request-id": secret } },
    "a redirect that echoes": { status: 302, headers: { location: `https://other.test/?key=${secret}` } },
    "a connection that fails aloud": () => Effect.fail(new Error(echo, { cause: { code: "ECONNRESET", key: secret } }))
  }
}

const answers = answersWith(KEY)

/** A secret that does not look like a key, which would be removed in any case. */
const SECRET = "plain words of one call"

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

  for (const [what, answer] of Object.entries(answersWith(SECRET))) {
    it.effect(`given in a header of one call is not in the error of ${what}`, () =>
      Effect.gen(function* () {
        const { julep } = yield* stubbed(answer)
        const streamed = Effect.flip(
          Stream.runDrain(julep.sessions.chatStream(f.sessionId, { messages: [{ role: "user", content: "Hi" }] }))
        )
        const calls = Effect.flatMap(call(julep), (errors) => Effect.map(streamed, (error) => [...errors, error]))
        for (const headers of [{ authorization: `Bearer ${SECRET}` }, { "x-vendor-token": SECRET }]) {
          for (const error of yield* Julep.withOptions({ headers, retry: false })(calls)) {
            expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(SECRET)
            expect(Cause.pretty(Cause.fail(error))).not.toContain(SECRET)
          }
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
