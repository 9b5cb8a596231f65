/** Three budgets: until the answer begins, between two pieces, in total. In virtual time, with stubs and over real sockets. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Julep, type RequestError, type TimeoutOption } from "../../src/index.js"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"
import { joinAfter, latch, soon } from "../support/latches.js"
import {
  chunk,
  chunkedHead,
  clientOf,
  events,
  everyKind,
  head,
  type Kind,
  kinds,
  oddServer
} from "../support/oddServers.js"
import type { Answer, Responder } from "../support/stubClient.js"

const encoder = new TextEncoder()

/** Bytes that come one after the other, so far apart in the test's time; then nothing, or the end. */
const pieces = (gap: number, texts: ReadonlyArray<string>, end: "ends" | "stalls") =>
  Stream.fromIterable(texts).pipe(
    Stream.schedule(Schedule.spaced(gap)),
    Stream.map((text) => encoder.encode(text)),
    Stream.concat(end === "ends" ? Stream.empty : Stream.never)
  )

const body = (bytes: Stream.Stream<Uint8Array>): Effect.Effect<Response> =>
  Effect.map(Stream.toReadableStreamEffect(bytes), (readable) => new Response(readable))

const never: Responder = () => Effect.never

/** The first attempt to answer comes so late. */
const late =
  (milliseconds: number, answer: Answer): Responder =>
  () =>
    Effect.delay(
      Effect.sync(() => Response.json(answer.body)),
      milliseconds
    )

/** Runs until `at` and a millisecond less: the call is still waiting before, and has ended after. */
const endsAt = <A, E>(call: Effect.Effect<A, E>, at: number) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(call)
    yield* TestClock.adjust(at - 1)
    expect(Option.isNone(yield* Fiber.poll(fiber)), `still waiting after ${at - 1} ms`).toBe(true)
    yield* TestClock.adjust(1)
    return yield* Fiber.join(fiber)
  })

const failsAt = <A>(call: Effect.Effect<A, RequestError>, at: number) =>
  Effect.map(endsAt(Effect.flip(call), at), errorFields)

const unaryPath = `/api/agents/${f.agentId}`
const get = (julep: Julep.Service) => julep.agents.get(f.agentId)

const timedOut = (phase: string, path: string, words: string) => ({
  _tag: "TimeoutError",
  phase,
  path,
  message: expect.stringContaining(words)
})

/** The places of a budget: the client, or one call over another budget of the client. */
const said: ReadonlyArray<
  readonly [
    where: string,
    built: (t: TimeoutOption) => { timeout?: TimeoutOption },
    given: (t: TimeoutOption) => TimeoutOption | undefined
  ]
> = [
  ["when the client is built", (timeout) => ({ timeout }), () => undefined],
  ["for the call", () => ({}), (timeout) => timeout],
  ["for the call, over the client's own", () => ({ timeout: { headers: 3, idle: 3, total: 3 } }), (timeout) => timeout]
]

const HUGE = 100_000_000

describe.each(said)("a budget given %s", (_where, built, given) => {
  /** A client and a call of it under a budget. Where the call replaces what was built in, it replaces all three. */
  const under = (budget: { headers?: number; idle?: number; total?: number }, answer: Responder) => {
    const timeout = { headers: HUGE, idle: HUGE, total: HUGE, ...budget }
    const call = given(timeout)
    return Effect.map(stubbed(answer, built(timeout)), ({ julep }) => ({
      unary: call === undefined ? get(julep) : Julep.withOptions({ timeout: call })(get(julep)),
      stream: (kind: Kind) =>
        call === undefined ? kind.texts(julep) : Julep.withStreamOptions({ timeout: call })(kind.texts(julep))
    }))
  }

  it.effect("headers: a unary call", () =>
    Effect.gen(function* () {
      const { unary } = yield* under({ headers: 40 }, never)
      const words = "no response headers within 40ms. Raise `timeout.headers`"
      expect(yield* failsAt(unary, 40)).toMatchObject(timedOut("headers", unaryPath, words))
    })
  )

  it.effect("idle: the body of a unary call, however long it is in all", () =>
    Effect.gen(function* () {
      const stalling = yield* under({ idle: 40 }, () => body(pieces(30, ["[", "1", ","], "stalls")))
      const words = "no data for 40ms. Raise `timeout.idle`"
      expect(yield* failsAt(stalling.unary, 3 * 30 + 40)).toMatchObject(timedOut("idle", unaryPath, words))
      const text = JSON.stringify(f.agent).match(/.{1,99}/gs) ?? []
      expect(text.length).toBeGreaterThan(2)
      const steady = yield* under({ idle: 40 }, () => body(pieces(39, text, "ends")))
      expect((yield* endsAt(steady.unary, 39 * text.length)).name).toBe(f.agent.name)
    })
  )

  it.effect("total: headers and body of a unary call together", () =>
    Effect.gen(function* () {
      const { unary } = yield* under({ total: 100 }, () =>
        Effect.delay(body(pieces(30, ["[", "1", ","], "stalls")), 60)
      )
      const words = "not finished within 100ms. Raise `timeout.total`"
      expect(yield* failsAt(unary, 100)).toMatchObject(timedOut("total", unaryPath, words))
    })
  )

  for (const kind of everyKind) {
    it.effect(`headers: ${kind.name}`, () =>
      Effect.gen(function* () {
        const { stream } = yield* under({ headers: 40 }, never)
        const words = "no response headers within 40ms"
        expect(yield* failsAt(Stream.runDrain(stream(kind)), 40)).toMatchObject(timedOut("headers", kind.path, words))
      })
    )

    it.effect(`idle: ${kind.name}, with what came before`, () =>
      Effect.gen(function* () {
        const texts = ["one", " two", " three"]
        const data = texts.map((text) => events([kind.piece(text)]))
        const { stream } = yield* under({ idle: 40 }, () => body(pieces(30, data, "stalls")))
        const arrived: Array<string> = []
        const run = Stream.runForEach(stream(kind), (text) => Effect.sync(() => arrived.push(text)))
        const words = "no data for 40ms"
        expect(yield* failsAt(run, 3 * 30 + 40)).toMatchObject(timedOut("idle", kind.path, words))
        expect(arrived).toEqual(texts)
      })
    )

    it.effect(`no total: ${kind.name} may take any time`, () =>
      Effect.gen(function* () {
        const data = [...Array.from({ length: 5 }, () => events([kind.piece("x")])), events([kind.finish()])]
        const { stream } = yield* under({ idle: 40, total: 100 }, () => body(pieces(39, data, "ends")))
        expect(Chunk.size(yield* endsAt(Stream.runCollect(stream(kind)), 39 * 6))).toBe(6)
      })
    )
  }

  it.effect("idle: a comment resets the budget", () =>
    Effect.gen(function* () {
      const kind = kinds.chatStream
      const data = [...Array.from({ length: 4 }, () => ": keep-alive\n\n"), events([kind.finish()])]
      const { stream } = yield* under({ idle: 40 }, () => body(pieces(39, data, "ends")))
      expect(Chunk.size(yield* endsAt(Stream.runCollect(stream(kind)), 39 * 5))).toBe(1)
    })
  )

  it.effect("idle: the time of a slow reader does not count", () =>
    Effect.gen(function* () {
      const kind = kinds.completions
      const data = events([kind.piece("a"), kind.piece("b"), kind.finish()])
      const { stream } = yield* under({ idle: 40 }, () => body(pieces(1, [data], "ends")))
      const slow = Stream.runForEach(stream(kind), () => Effect.sleep(1000))
      expect(yield* endsAt(slow, 3001)).toBeUndefined()
    })
  )
})

describe("the defaults", () => {
  const defaults: ReadonlyArray<
    readonly [what: string, (julep: Julep.Service) => Effect.Effect<unknown, RequestError>, string, Responder]
  > = [
    ["a unary call: a total of 300 seconds", get, "total", never],
    [
      "a stream: 300 seconds for the headers",
      (julep) => Stream.runDrain(kinds.chatStream.texts(julep)),
      "headers",
      never
    ],
    [
      "a stream: 300 seconds of silence",
      (julep) => Stream.runDrain(kinds.chatStream.texts(julep)),
      "idle",
      () => body(Stream.never)
    ]
  ]
  for (const [what, call, phase, answer] of defaults) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { julep } = yield* stubbed(answer)
        expect(yield* failsAt(call(julep), 300_000)).toMatchObject({ _tag: "TimeoutError", phase })
      })
    )
  }

  it.effect("a bare duration is the total of a unary call and nothing of a stream", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed(never, { timeout: "2 seconds" })
      expect(yield* failsAt(get(julep), 2000)).toMatchObject({ phase: "total" })
      const stream = Stream.runDrain(kinds.chatStream.texts(julep))
      expect(yield* failsAt(stream, 300_000)).toMatchObject({ phase: "headers" })
    })
  )
})

describe("options for a call", () => {
  it.effect("one part replaces one part; inner options win; outer calls are not affected", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed(never, { timeout: { headers: 10, total: 1000 } })
      const inner = Julep.withOptions({ timeout: { headers: 30 } })(get(julep))
      const outer = Julep.withOptions({ timeout: { headers: 20 } })
      expect(yield* failsAt(outer(inner), 30)).toMatchObject({ phase: "headers" })
      expect(yield* failsAt(outer(get(julep)), 20)).toMatchObject({ phase: "headers" })
      expect(yield* failsAt(get(julep), 10)).toMatchObject({ phase: "headers" })
      const only = Julep.withOptions({ timeout: { headers: HUGE } })(get(julep))
      expect(yield* failsAt(only, 1000)).toMatchObject({ phase: "total" })
    })
  )

  for (const timeout of [0, -1, Number.NaN, { idle: 0 }, { headers: "soon" as never }, { total: -5 }]) {
    it.effect(`the timeout ${JSON.stringify(timeout)} is refused, and nothing is sent`, () =>
      Effect.gen(function* () {
        const { http, julep } = yield* stubbed({ body: f.agent })
        const unary = yield* Effect.flip(Julep.withOptions({ timeout })(get(julep)))
        const stream = Julep.withStreamOptions({ timeout })(kinds.chatStream.texts(julep))
        for (const error of [unary, yield* Effect.flip(Stream.runDrain(stream))]) {
          expect(errorFields(error)).toMatchObject({ _tag: "InvalidRequest", issues: [{ path: "timeout" }] })
        }
        expect(http.requests).toEqual([])
        expect(Exit.isFailure(yield* Effect.exit(stubbed({}, { timeout })))).toBe(true)
      })
    )
  }

  it.effect("an answer in time is not affected", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed(late(99, { body: f.agent }), {
        timeout: { headers: 100, idle: 100, total: 100 }
      })
      expect((yield* endsAt(get(julep), 99)).id).toBe(f.agentId)
    })
  )
})

describe("over real sockets", () => {
  const agent = JSON.stringify(f.agent)
  const drip: ReadonlyArray<readonly [phase: "headers" | "idle" | "total", first: string]> = [
    ["headers", ""],
    ["idle", head(200, { "content-length": String(agent.length) }) + agent.slice(0, 10)],
    ["total", head(200, { "content-length": String(agent.length) }) + agent.slice(0, 10)]
  ]
  for (const [phase, first] of drip) {
    it.scoped(`${phase}: a unary call gives up, and its socket is closed`, () =>
      Effect.gen(function* () {
        const seen = latch()
        const server = yield* oddServer((_request, socket) => socket.write(first, () => seen.open()))
        const julep = yield* clientOf(server, { timeout: { [phase]: 80 } })
        const call = yield* Effect.fork(Effect.flip(get(julep)))
        yield* soon("the request")(seen.opened)
        const error = errorFields(yield* joinAfter(80)(call))
        expect(error).toMatchObject({ _tag: "TimeoutError", phase, path: unaryPath })
        yield* soon("the end of the socket")(server.usedClosed)
        expect(server.requests).toHaveLength(1)
      })
    )
  }

  it.scoped("idle: a stream gives up, and its socket is closed", () =>
    Effect.gen(function* () {
      const kind = kinds.chatStream
      const server = yield* oddServer((_request, socket) =>
        socket.write(Buffer.concat([Buffer.from(chunkedHead), chunk(events([kind.piece("a")]))]))
      )
      const julep = yield* clientOf(server)
      const stream = Julep.withStreamOptions({ timeout: { idle: 80 } })(kind.texts(julep))
      const begun = latch()
      const call = yield* Effect.fork(Effect.flip(Stream.runForEach(stream, () => Effect.sync(() => begun.open()))))
      yield* soon("the first piece")(begun.opened)
      const error = errorFields(yield* joinAfter(80)(call))
      expect(error).toMatchObject({ _tag: "TimeoutError", phase: "idle", path: kind.path })
      yield* soon("the end of the socket")(server.usedClosed)
      expect(server.requests).toHaveLength(1)
    })
  )
})
