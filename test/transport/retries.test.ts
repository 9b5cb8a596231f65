/** Which requests are repeated, when, and how often: in virtual time. */
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Julep, type RequestError, RetryPolicy } from "../../src/index.js"
import type { JulepConfig } from "../../src/layers/JulepConfig.js"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"
import { soon } from "../support/latches.js"
import { clientOf, events, everyKind, oddServer, whole } from "../support/oddServers.js"
import { type Answer, type Responder, toResponse } from "../support/stubClient.js"
import { recordingTracer } from "../support/tracer.js"

type Call = (julep: Julep.Service) => Effect.Effect<unknown, RequestError>

/** One attempt: an answer, or an error code of a connection that failed. */
type Attempt = Answer | string

const system = (code: string) =>
  Effect.fail(new TypeError("fetch failed", { cause: Object.assign(new Error(), { code }) }))

const calls: Readonly<Record<"GET" | "PUT" | "DELETE" | "POST" | "PATCH", Call>> = {
  GET: (julep) => julep.agents.get(f.agentId),
  PUT: (julep) => julep.agents.update(f.agentId, { name: "Ada", about: "counts" }, { overwrite: true }),
  DELETE: (julep) => julep.agents.delete(f.agentId),
  POST: (julep) => julep.agents.create({ name: "Ada" }),
  PATCH: (julep) => julep.agents.update(f.agentId, { name: "Ada" })
}
const idempotent = ["GET", "PUT", "DELETE"] as const
const unsafe = ["POST", "PATCH"] as const

const good: Readonly<Record<keyof typeof calls, Answer>> = {
  GET: { body: f.agent },
  PUT: { body: f.updated },
  DELETE: { status: 202, body: f.deleted },
  POST: { status: 201, body: f.created },
  PATCH: { body: f.updated }
}

/** The current behaviour of the stub, set by each run. */
let attempt: (index: number) => Effect.Effect<Response, unknown> = () => Effect.never

/** One client for all runs with the same options: building it costs more than a run. */
const clients = new Map<JulepConfig.Options, Effect.Effect.Success<ReturnType<typeof stubbed>>>()
const clientWith = (options: JulepConfig.Options) => {
  const known = clients.get(options)
  if (known !== undefined) return Effect.succeed(known)
  return Effect.tap(
    stubbed((_sent, index) => attempt(index), { retry: undefined, timeout: "2 hours", ...options }),
    (made) => Effect.sync(() => clients.set(options, made))
  )
}

const standard: JulepConfig.Options = {}

/** The call against these attempts, the last of them again and again: how it ended, and when each request was sent. */
const run = (
  call: Call,
  attempts: ReadonlyArray<Attempt>,
  options: JulepConfig.Options = standard,
  through: "an hour" | "no time" = "an hour"
) =>
  Effect.gen(function* () {
    const at: Array<number> = []
    const { http, julep } = yield* clientWith(options)
    const before = http.requests.length
    attempt = (index) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        at.push(now)
        const next = attempts[Math.min(index - before, attempts.length - 1)] ?? {}
        return typeof next === "string" ? system(next) : Effect.sync(() => toResponse(next))
      })
    const start = yield* Clock.currentTimeMillis
    const fiber = yield* Effect.fork(Effect.either(call(julep)))
    if (through === "an hour") yield* TestClock.adjust("1 hour")
    const end = yield* Fiber.join(fiber)
    return {
      error: Either.isLeft(end) ? errorFields(end.left) : undefined,
      value: Either.isRight(end) ? end.right : undefined,
      sent: http.requests.slice(before),
      gaps: at.map((time, index) => time - (at[index - 1] ?? start)).slice(1)
    }
  })

const transient: ReadonlyArray<readonly [what: string, Attempt]> = [
  ["a refused connection", "ECONNREFUSED"],
  ["a name that does not resolve", "EAI_AGAIN"],
  ["a reset", "ECONNRESET"],
  ["a connection that fails in an unknown way", "ESOMETHING"],
  ...[408, 429, 500, 502, 503, 504, 529].map((status) => [`a ${status}`, { status, body: "no" }] as const)
]
const final = [400, 401, 403, 404, 405, 409, 410, 422].map((status) => [`a ${status}`, { status, body: "no" }] as const)
const neverSent = new Set(["a refused connection", "a name that does not resolve"])

describe("what is sent again", () => {
  for (const method of idempotent) {
    it.effect(`${method}: twice, after every transient failure`, () =>
      Effect.gen(function* () {
        for (const [what, attempt] of transient) {
          const failed = yield* run(calls[method], [attempt])
          expect(failed.error, what).toBeDefined()
          expect(failed.sent, what).toHaveLength(3)
          const second = yield* run(calls[method], [attempt, good[method]])
          expect([second.error, second.sent.length], what).toEqual([undefined, 2])
          const third = yield* run(calls[method], [attempt, attempt, good[method]])
          expect([third.error, third.sent.length], what).toEqual([undefined, 3])
        }
      })
    )

    it.effect(`${method}: the same request each time`, () =>
      Effect.gen(function* () {
        const { sent } = yield* run(calls[method], [{ status: 500 }])
        for (const again of sent) expect({ ...again, url: "" }).toEqual({ ...sent[0], url: "" })
        expect(new Set(sent.map(({ url }) => url.href)).size).toBe(1)
      })
    )

    it.effect(`${method}: never after a final answer`, () =>
      Effect.gen(function* () {
        for (const [what, attempt] of final) expect((yield* run(calls[method], [attempt])).sent, what).toHaveLength(1)
        const odd = yield* run(calls[method], [{ status: 200, body: "<html>" }])
        expect(odd.sent).toHaveLength(1)
      })
    )
  }

  for (const method of unsafe) {
    it.effect(`${method}: never after it was sent`, () =>
      Effect.gen(function* () {
        for (const [what, attempt] of transient) {
          const { sent } = yield* run(calls[method], [attempt, good[method]])
          expect(sent, what).toHaveLength(neverSent.has(what) ? 2 : 1)
        }
      })
    )

    it.effect(`${method}: as any other under an idempotency key, which every attempt carries`, () =>
      Effect.gen(function* () {
        const keyed: Call = (julep) => Julep.withOptions({ idempotencyKey: "once" })(calls[method](julep))
        for (const [what, attempt] of transient) {
          const { error, sent } = yield* run(keyed, [attempt, attempt, good[method]])
          expect([error, sent.length], what).toEqual([undefined, 3])
          expect(sent.map(({ headers }) => headers["idempotency-key"])).toEqual(["once", "once", "once"])
        }
        const plain = yield* run(calls[method], [good[method]])
        expect(plain.sent[0]?.headers).not.toHaveProperty("idempotency-key")
      })
    )
  }

  it.effect("nothing, if the server says not to", () =>
    Effect.gen(function* () {
      for (const status of [429, 500, 503]) {
        const headers = { "x-should-retry": "false", "retry-after": "1" }
        const { error, sent } = yield* run(calls.GET, [{ status, headers }, good.GET], {}, "no time")
        expect(error).toMatchObject({ status, retryAfter: 1, shouldRetry: false })
        expect(sent).toHaveLength(1)
        const outcome = yield* run(calls.GET, [{ status, headers: { "x-should-retry": "true" } }, good.GET])
        expect([outcome.error, outcome.sent.length]).toEqual([undefined, 2])
      }
    })
  )

  it.effect("a body that breaks off is a reset", () =>
    Effect.gen(function* () {
      const torn = () => new ReadableStream({ pull: (body) => body.error(new Error("terminated")) })
      const answers: Responder = (_sent, index) => (index === 0 ? new Response(torn()) : toResponse(good.GET))
      const { http, julep } = yield* stubbed(answers, { retry: undefined })
      const fiber = yield* Effect.fork(calls.GET(julep))
      yield* TestClock.adjust("2 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ name: f.agent.name })
      expect(http.requests).toHaveLength(2)
    })
  )

  it.effect("late headers, and not an exceeded total", () =>
    Effect.gen(function* () {
      for (const [timeout, attempts] of [
        [{ headers: 100 }, 3],
        [{ total: 100 }, 1]
      ] as const) {
        const { http, julep } = yield* stubbed(() => Effect.never, { retry: undefined, timeout })
        const fiber = yield* Effect.fork(Effect.flip(calls.GET(julep)))
        yield* TestClock.adjust("1 hour")
        expect((yield* Fiber.join(fiber))._tag).toBe("TimeoutError")
        expect(http.requests).toHaveLength(attempts)
      }
    })
  )

  it.effect("the total covers the pauses", () =>
    Effect.gen(function* () {
      const { error, sent } = yield* run(calls.GET, [{ status: 503, headers: { "retry-after": "50" } }], {
        timeout: "60 seconds"
      })
      expect(error).toMatchObject({ _tag: "TimeoutError", phase: "total" })
      expect(sent).toHaveLength(2)
    })
  )
})

describe("a DELETE that finds nothing", () => {
  const notFound = { status: 404, body: { error: { message: "no such agent", code: "NOT_FOUND" } } }
  /** Each call, and what it fails with at once: deletes that succeed without a resource declare no 404. */
  const deletes: ReadonlyArray<readonly [Call, tag: string]> = [
    [calls.DELETE, "NotFound"],
    [(julep) => julep.users.delete(f.userId), "UnexpectedResponse"],
    [(julep) => julep.sessions.delete(f.sessionId), "UnexpectedResponse"],
    [(julep) => julep.sessions.deleteHistory(f.sessionId), "UnexpectedResponse"],
    [(julep) => julep.docs.delete({ agent_id: f.agentId, doc_id: f.docId }), "NotFound"],
    [(julep) => julep.memories.delete({ agent_id: f.agentId, memory_id: f.memoryId }), "NotFound"],
    [(julep) => julep.tools.delete({ agent_id: f.agentId, tool_id: f.toolId }), "NotFound"]
  ]
  it.effect("succeeds on the second or third attempt, and not on the first", () =>
    Effect.gen(function* () {
      for (const [call, tag] of deletes) {
        expect(yield* run(call, ["ECONNRESET", notFound])).toMatchObject({ error: undefined, value: undefined })
        const third = yield* run(call, [{ status: 502 }, { status: 503 }, notFound])
        expect([third.error, third.value, third.sent.length]).toEqual([undefined, undefined, 3])
        const first = yield* run(call, [notFound])
        expect([first.error?.["_tag"], first.sent.length]).toEqual([tag, 1])
      }
    })
  )

  it.effect("is NotFound for any other method", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "PUT"] as const) {
        expect((yield* run(calls[method], ["ECONNRESET", notFound])).error).toMatchObject({ _tag: "NotFound" })
      }
    })
  )
})

describe("the pauses", () => {
  it.effect("are half a second and a second, up to a quarter of it taken off at random", () =>
    Effect.gen(function* () {
      const first: Array<number> = []
      const second: Array<number> = []
      for (let time = 0; time < 40; time++) {
        const { gaps } = yield* run(calls.GET, [{ status: 500 }])
        expect(gaps).toHaveLength(2)
        first.push(gaps[0] ?? 0)
        second.push(gaps[1] ?? 0)
      }
      for (const [gaps, most] of [
        [first, 500],
        [second, 1000]
      ] as const) {
        for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(most * 0.75)
        for (const gap of gaps) expect(gap).toBeLessThanOrEqual(most)
        expect(new Set(gaps).size).toBeGreaterThan(10)
        expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(most / 10)
      }
    })
  )

  const waits: ReadonlyArray<readonly [headers: Readonly<Record<string, string>>, milliseconds: number]> = [
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "60" }, 60_000],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
    [{ "retry-after-ms": "60000" }, 60_000],
    [{ "retry-after-ms": "", "retry-after": "3" }, 3000]
  ]
  for (const status of [429, 503]) {
    for (const [headers, milliseconds] of waits) {
      it.effect(`a ${status} with ${JSON.stringify(headers)} is waited for, ${milliseconds} ms`, () =>
        Effect.gen(function* () {
          const { error, gaps } = yield* run(calls.GET, [{ status, headers }, { status, headers }, good.GET])
          expect(error).toBeUndefined()
          expect(gaps).toEqual([milliseconds, milliseconds])
        })
      )
    }

    it.effect(`a ${status} with a date is waited for until then`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.parse("2031-01-01T00:00:00Z"))
        const headers = { "retry-after": "Wed, 01 Jan 2031 00:00:42 GMT" }
        expect((yield* run(calls.GET, [{ status, headers }, good.GET])).gaps).toEqual([42_000])
        const past = yield* run(calls.GET, [{ status, headers }, good.GET])
        expect(past.gaps).toEqual([0])
      })
    )
  }

  for (const headers of [{ "retry-after": "61" }, { "retry-after-ms": "60001" }, { "retry-after": "86400" }]) {
    it.effect(`${JSON.stringify(headers)} fails at once, and says when to come back`, () =>
      Effect.gen(function* () {
        const limited = yield* run(calls.GET, [{ status: 429, headers }, good.GET], {}, "no time")
        const [[name, value] = ["", ""]] = Object.entries(headers)
        const seconds = name === "retry-after" ? Number(value) : Number(value) / 1000
        expect(limited.error).toMatchObject({ _tag: "RateLimited", status: 429, retryAfter: seconds })
        expect(limited.sent).toHaveLength(1)
        const failed = yield* run(calls.GET, [{ status: 503, headers }, good.GET], {}, "no time")
        expect([failed.error?.["_tag"], failed.sent.length]).toEqual(["ServerError", 1])
      })
    )
  }

  it.effect("stand in the body of an error of Google's, alone or in a list", () =>
    Effect.gen(function* () {
      const info = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" }
      const error = { code: 429, message: "quota", status: "RESOURCE_EXHAUSTED", details: [{ "@type": "x" }, info] }
      for (const body of [{ error }, [{ error }]]) {
        const { gaps } = yield* run(calls.GET, [{ status: 429, body }, good.GET])
        expect(gaps).toEqual([34_500])
        const headers = { "retry-after": "2" }
        expect((yield* run(calls.GET, [{ status: 429, body, headers }, good.GET])).gaps).toEqual([2000])
        const refused = yield* run(calls.POST, [{ status: 429, body }], {}, "no time")
        expect(refused.error).toMatchObject({ _tag: "RateLimited", retryAfter: 34.5 })
        expect(refused.error?.["message"]).toContain("quota")
      }
    })
  )

  it.effect("are carried by a 503 as by a 429", () =>
    Effect.gen(function* () {
      const { error } = yield* run(calls.POST, [{ status: 503, headers: { "retry-after": "5" } }], {}, "no time")
      expect(error).toMatchObject({ _tag: "ServerError", retryAfter: 5 })
    })
  )

  it.effect("a malformed Retry-After is ignored", () =>
    Effect.gen(function* () {
      const headers = { "retry-after": "after the rain" }
      const { error, gaps } = yield* run(calls.GET, [{ status: 429, headers }, good.GET])
      expect(error).toBeUndefined()
      expect(gaps[0]).toBeGreaterThanOrEqual(375)
      expect(gaps[0]).toBeLessThanOrEqual(500)
    })
  )
})

describe("the policy is a value", () => {
  it.effect("false: one attempt, of the client or of the call", () =>
    Effect.gen(function* () {
      const never: JulepConfig.Options = { retry: false }
      expect((yield* run(calls.GET, ["ECONNREFUSED"], never, "no time")).sent).toHaveLength(1)
      const once: Call = (julep) => Julep.withOptions({ retry: false })(calls.GET(julep))
      expect((yield* run(once, [{ status: 500 }], {}, "no time")).sent).toHaveLength(1)
      const again: Call = (julep) => Julep.withOptions({ retry: RetryPolicy.standard })(calls.GET(julep))
      expect((yield* run(again, [{ status: 500 }], never)).sent).toHaveLength(3)
    })
  )

  it.effect("times and pauses are its own", () =>
    Effect.gen(function* () {
      const retry = { ...RetryPolicy.standard, times: 5, baseDelay: "1 second", maxDelay: "3 seconds" } as const
      const { gaps } = yield* run(calls.GET, [{ status: 500 }], { retry })
      expect(gaps).toHaveLength(5)
      for (const [index, most] of [1000, 2000, 3000, 3000, 3000].entries()) {
        expect(gaps[index]).toBeGreaterThanOrEqual(most * 0.75)
        expect(gaps[index]).toBeLessThanOrEqual(most)
      }
    })
  )

  it.effect("it decides how long to wait, and which failures to retry", () =>
    Effect.gen(function* () {
      const retry = {
        ...RetryPolicy.standard,
        maxRetryAfter: "1 second",
        while: (error: RequestError) => error._tag === "Conflict" || error._tag === "RateLimited"
      } as const
      expect((yield* run(calls.GET, [{ status: 409 }], { retry })).sent).toHaveLength(3)
      expect((yield* run(calls.GET, [{ status: 500 }], { retry }, "no time")).sent).toHaveLength(1)
      const limited = { status: 429, headers: { "retry-after": "2" } }
      expect((yield* run(calls.GET, [limited], { retry }, "no time")).sent).toHaveLength(1)
      // It selects failures only; the transport decides which requests may be repeated.
      expect((yield* run(calls.POST, [{ status: 409 }], { retry }, "no time")).sent).toHaveLength(1)
    })
  )
})

describe("what a retry reports", () => {
  it.effect("an event of the call's span, with attempt, error and pause", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordingTracer()
      const attempts = [{ status: 429, headers: { "retry-after": "7" } }, "ECONNRESET", good.GET]
      yield* Effect.withTracer(run(calls.GET, attempts), tracer)
      const span = spans().find(({ name }) => name === "Julep.agents.get")
      expect(span?.events).toHaveLength(2)
      expect(span?.events[0]).toBe('retry {"attempt":1,"error":"RateLimited","delay_ms":7000}')
      expect(span?.events[1]).toMatch(/^retry \{"attempt":2,"error":"ConnectionError","delay_ms":\d+(\.\d+)?\}$/)
      expect(span?.failure).toBeUndefined()
    })
  )

  it.effect("nothing, if nothing was retried", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordingTracer()
      yield* Effect.withTracer(run(calls.POST, [{ status: 500 }]), tracer)
      yield* Effect.withTracer(run(calls.GET, [good.GET]), tracer)
      expect(spans().flatMap(({ events }) => events)).toEqual([])
      expect(spans().map(({ name }) => name)).toContain("Julep.agents.create")
    })
  )
})

describe("streams", () => {
  for (const kind of everyKind) {
    const drain: Call = (julep) => Stream.runCollect(kind.texts(julep))
    const keyed: Call = (julep) =>
      Stream.runCollect(Julep.withStreamOptions({ idempotencyKey: "once" })(kind.texts(julep)))
    const ok: Answer = { body: events([kind.piece("Hi"), kind.finish()]) }

    it.effect(`${kind.name}: a POST, which is not sent twice`, () =>
      Effect.gen(function* () {
        for (const [what, attempt] of transient) {
          const { error, sent } = yield* run(drain, [attempt, ok])
          expect(sent, what).toHaveLength(neverSent.has(what) ? 2 : 1)
          expect(error === undefined, what).toBe(neverSent.has(what))
        }
      })
    )

    it.effect(`${kind.name}: under an idempotency key until the first byte, and not after it`, () =>
      Effect.gen(function* () {
        for (const [what, attempt] of transient) {
          const { error, sent } = yield* run(keyed, [attempt, attempt, ok])
          expect([error, sent.length], what).toEqual([undefined, 3])
        }
        const broken: Answer = { body: events([kind.piece("Hi")]) }
        const { error, sent } = yield* run(keyed, [broken, ok])
        expect(error).toMatchObject({ _tag: "StreamInterrupted", text: "Hi" })
        expect(sent).toHaveLength(1)
        const failing: Answer = { body: events([kind.piece("Hi"), '{"error":{"message":"slow","code":429}}']) }
        const outcome = yield* run(keyed, [failing, ok])
        expect([outcome.error?.["_tag"], outcome.sent.length]).toEqual(["RateLimited", 1])
      })
    )
  }

  it.effect("a body that breaks off before its first byte is retried under an idempotency key alone", () =>
    Effect.gen(function* () {
      const [kind] = everyKind
      if (kind === undefined) return
      const torn = () =>
        new Response(new ReadableStream({ pull: (body) => body.error(new Error("terminated")) }), {
          headers: { "content-type": "text/event-stream" }
        })
      const ok = { body: events([kind.piece("Hi"), kind.finish()]) }
      for (const key of [undefined, "once"]) {
        const { http, julep } = yield* stubbed((_sent, index) => (index === 0 ? torn() : toResponse(ok)), {
          retry: undefined
        })
        const texts = Julep.withStreamOptions(key === undefined ? {} : { idempotencyKey: key })(kind.texts(julep))
        const fiber = yield* Effect.fork(Effect.either(Stream.runCollect(texts)))
        yield* TestClock.adjust("2 seconds")
        expect(Either.isRight(yield* Fiber.join(fiber))).toBe(key !== undefined)
        expect(http.requests).toHaveLength(key === undefined ? 1 : 2)
      }
    })
  )

  it.effect("a retry is an event of the stream's span", () =>
    Effect.gen(function* () {
      const [kind] = everyKind
      if (kind === undefined) return
      const { spans, tracer } = recordingTracer()
      const attempts = ["ECONNREFUSED", { body: events([kind.finish()]) }]
      yield* Effect.withTracer(
        run((julep) => Stream.runDrain(kind.texts(julep)), attempts),
        tracer
      )
      const span = spans().find(({ name }) => name === "Julep.sessions.chatStream")
      expect(span?.events).toEqual([expect.stringContaining('retry {"attempt":1,"error":"ConnectionError"')])
    })
  )
})

describe("over real sockets", () => {
  it.scopedLive("a request is sent again after a reset connection and by a busy server", () =>
    Effect.gen(function* () {
      const server = yield* oddServer((_asked, socket, index) => {
        if (index === 0) socket.resetAndDestroy()
        else if (index === 1) socket.write(whole(503, "busy", { "retry-after": "0" }))
        else socket.write(whole(200, JSON.stringify(f.agent), { "content-type": "application/json" }))
      })
      const julep = yield* clientOf(server, { retry: { ...RetryPolicy.standard, baseDelay: 1 } })
      expect(yield* soon("an agent")(julep.agents.get(f.agentId))).toMatchObject({ name: f.agent.name })
      expect(server.requests).toHaveLength(3)
    })
  )
})
