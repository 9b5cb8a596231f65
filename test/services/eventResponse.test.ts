/** A streamed reply as the response of an Effect HTTP app. */
import * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  Conflict,
  errorResponse,
  eventResponse,
  Julep,
  NotFound,
  ServerError,
  SessionId,
  tool
} from "../../src/index.js"
import { layerMemory } from "../../src/testing/index.js"
import { scene, UNKNOWN_ID } from "../support/turns.js"

const request = new Request("http://app.test/", { method: "POST" })

const dataOf = (text: string): ReadonlyArray<unknown> =>
  text
    .split("\n\n")
    .flatMap((event) => (event.startsWith("data: ") ? [event.slice(6)] : []))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)))

/** Sends events as they are. */
const whole = { map: (event: unknown) => event }

/** The response that a browser gets from an app that answers with the events. */
const served = <A, E>(events: Stream.Stream<A, E>) =>
  Effect.promise(() => HttpApp.toWebHandler(eventResponse(events, whole))(request))

/** The body of a response, as text. */
const textOf = ({ body }: HttpServerResponse.HttpServerResponse) =>
  body._tag === "Stream" ? Stream.mkString(Stream.decodeText(body.stream)) : Effect.dieMessage("no stream")

/** What is logged while the effect runs. */
const logOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.map(Logger.logfmtLogger, (line) => {
    lines.push(line)
  })
  return Effect.map(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), (value) => ({ value, lines }))
}

const asks = { calls: [{ name: "order", arguments: { number: 4711 } }] }

const away = new ServerError({ message: "the secret model is away", status: 502, reason: "model-unavailable" })
const broken = Stream.concat(Stream.make({ n: 1 }), Stream.fail(away))

describe("eventResponse", () => {
  it.effect("is the text of the reply in events of the API, with [DONE] at the end", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const response = yield* Effect.promise(() =>
        HttpApp.toWebHandler(eventResponse(julep.sessions.chatStream(session.id, "Hello")))(request)
      )
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"])
      const text = yield* Effect.promise(() => response.text())
      expect(text).toContain('"role":"assistant"')
      expect(text).not.toMatch(/usage|recalled|jobs/)
      expect(dataOf(text).at(-2)).toMatchObject({ finish_reason: "stop" })
      expect(dataOf(text).at(-1)).toBe("[DONE]")
    }).pipe(Effect.provide(layerMemory({ script: ["Ahoy there"] })))
  )

  it.effect("sends nothing of the tools of a run, unless map says so", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const order = tool({ execute: () => Effect.succeed("the result") })
      const run = julep.sessions.runStream(session.id, "Where?", { tools: { order } })
      const text = yield* Effect.flatMap(eventResponse(run), textOf)
      expect(text).toContain("Ahoy")
      expect(text).not.toMatch(/4711|the result|usage|rounds/)
      expect(yield* Effect.flatMap(eventResponse(run, { map: (event) => event }), textOf)).toMatch(
        /4711[\s\S]*the result/
      )
    }).pipe(Effect.provide(layerMemory({ script: [asks, "Ahoy", asks, "Ahoy"] })))
  )

  it.effect("fails with the typed error of a request that fails, which errorResponse answers", () =>
    Effect.gen(function* () {
      const { sessions } = yield* Julep
      const app = Effect.catchTag(
        eventResponse(sessions.chatStream(SessionId.make(UNKNOWN_ID), "Hello")),
        "NotFound",
        errorResponse
      )
      const response = yield* Effect.promise(() => HttpApp.toWebHandler(Effect.orDie(app))(request))
      expect([response.status, response.headers.get("content-type")]).toEqual([404, "application/json"])
      const body = yield* Effect.promise(() => response.json())
      expect(body.error).toMatchObject({ message: "There is no such resource.", id: UNKNOWN_ID })
    }).pipe(Effect.provide(layerMemory()))
  )

  it.effect("of a resumed run fails with the error of the claim, and with that of the chat after the tools", () =>
    Effect.gen(function* () {
      const call = { type: "tool_call" as const, round: 0, call: { id: "a", name: "a", arguments: {} } }
      const result = { id: "a", name: "a", content: "", failed: false }
      const tools = Stream.make(call, { type: "tool_result" as const, round: 0, result })
      const conflict = new Conflict({ message: "claimed", status: 409 })
      expect(yield* Effect.flip(eventResponse(Stream.concat(tools, Stream.fail(conflict))))).toBe(conflict)
      expect(yield* Effect.flatMap(eventResponse(tools), textOf)).toBe("data: [DONE]\n\n")
      expect(dataOf(yield* Effect.flatMap(eventResponse(tools, whole), textOf))).toMatchObject([
        { call: {} },
        { result },
        "[DONE]"
      ])
    })
  )

  it.effect("opens after 15 seconds, and has what comes later in its body", () =>
    Effect.gen(function* () {
      const run = (last: Effect.Effect<unknown, ServerError>) => {
        const later = (effect: typeof last) => Stream.fromEffect(Effect.delay(effect, "20 seconds"))
        const tools = Stream.concat(Stream.make({ type: "tool_call" }), later(Effect.succeed({ type: "tool_result" })))
        return Effect.fork(eventResponse(Stream.concat(tools, later(last)), whole))
      }
      const [good, bad] = [yield* run(Effect.succeed({ type: "completed" })), yield* run(Effect.fail(away))]
      yield* TestClock.adjust("14 seconds")
      expect([good.unsafePoll(), bad.unsafePoll()]).toEqual([null, null])
      yield* TestClock.adjust("1 second")
      const texts = yield* Effect.fork(
        Effect.forEach([good, bad], (fiber) => Effect.flatMap(Fiber.join(fiber), textOf), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 minute")
      const [ok = "", failed = ""] = yield* Fiber.join(texts)
      const tools = [{ type: "tool_call" }, { type: "tool_result" }]
      expect(dataOf(ok)).toEqual([...tools, { type: "completed" }, "[DONE]"])
      expect(dataOf(failed)).toMatchObject([...tools, { error: { status: 502 } }])
    })
  )

  it.effect("that nobody reads after 15 seconds ends its stream", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const silent = Stream.ensuring(Stream.never, Deferred.succeed(ended, undefined))
      const fiber = yield* Effect.fork(eventResponse(silent, whole))
      yield* TestClock.adjust("15 seconds")
      const { body } = yield* Fiber.join(fiber)
      const reading = yield* Effect.fork(body._tag === "Stream" ? Stream.runDrain(body.stream) : Effect.void)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(reading)
      yield* Deferred.await(ended)
    })
  )

  it.effect("ends with the error of a failure midway, without the details of one of the server, and logs it once", () =>
    Effect.gen(function* () {
      const { lines, value } = yield* logOf(Effect.flatMap(eventResponse(broken, whole), textOf))
      expect(dataOf(value)).toMatchObject([{ n: 1 }, { error: { status: 502 } }])
      expect(value).not.toMatch(/secret|model/)
      expect(lines).toEqual([expect.stringMatching(/level=ERROR.*cause=.*the secret model is away/)])
    })
  )

  it.effect("gives the error of a failure midway to onError, and logs what that fails with", () =>
    Effect.gen(function* () {
      const errors: Array<unknown> = []
      const onError = (error: unknown) => Effect.sync(() => errors.push(error))
      const quiet = yield* logOf(Effect.flatMap(eventResponse(broken, { ...whole, onError }), textOf))
      expect([errors, quiet.lines]).toEqual([[away], []])
      const dying = () => Effect.dieMessage("in onError")
      const { lines, value } = yield* logOf(Effect.flatMap(eventResponse(broken, { ...whole, onError: dying }), textOf))
      expect(dataOf(value)).toMatchObject([{ n: 1 }, { error: { status: 502 } }])
      expect(lines).toEqual([expect.stringContaining("secret model"), expect.stringContaining("in onError")])
    })
  )

  it.effect("ends with an error where map throws", () =>
    Effect.gen(function* () {
      const map = ({ n }: { readonly n: number }) => (n === 1 ? BigInt(n) : n)
      const { lines, value } = yield* logOf(
        Effect.flatMap(eventResponse(Stream.make({ n: 0 }, { n: 1 }, { n: 2 }), { map }), textOf)
      )
      expect(dataOf(value)).toMatchObject([0, { error: { status: 500 } }])
      expect(lines).toEqual([expect.stringContaining("BigInt")])
    })
  )

  it.effect("has the status and the headers of its options, and refuses a status without a body before the turn", () =>
    Effect.gen(function* () {
      let begun = 0
      const events = Stream.fromEffect(Effect.sync(() => begun++))
      const response = yield* eventResponse(events, { ...whole, status: 201, headers: { "x-mine": "1" } })
      expect(response).toMatchObject({ status: 201, headers: { "x-mine": "1", "content-type": "text/event-stream" } })
      for (const status of [204, 205, 304, 600]) {
        const exit = yield* Effect.exit(eventResponse(events, { ...whole, status }))
        expect(Exit.isFailure(exit) && String(exit.cause)).toContain(`not ${status}`)
      }
      expect(begun).toBe(1)
    })
  )

  it.effect("has a comment for every 15 seconds of silence, and none between events", () =>
    Effect.gen(function* () {
      const pause = (duration: Duration.DurationInput, n: number) =>
        Stream.fromEffect(Effect.as(Effect.sleep(duration), n))
      const events = Stream.make(0).pipe(
        Stream.concat(pause("10 seconds", 1)),
        Stream.concat(pause("10 seconds", 2)),
        Stream.concat(pause("40 seconds", 3)),
        Stream.concat(Stream.drain(pause("20 seconds", 4)))
      )
      const text = yield* Effect.fork(Effect.flatMap(eventResponse(events, whole), textOf))
      yield* TestClock.adjust("2 minutes")
      const comment = ": keep-alive\n\n"
      expect(yield* Fiber.join(text)).toBe(
        `data: 0\n\ndata: 1\n\ndata: 2\n\n${comment}${comment}data: 3\n\n${comment}data: [DONE]\n\n`
      )
    })
  )

  it.scoped("has its end where it comes while nobody reads, after a comment", () =>
    Effect.gen(function* () {
      const events = Stream.concat(Stream.make(0), Stream.drain(Stream.fromEffect(Effect.sleep("20 seconds"))))
      const { body } = yield* eventResponse(events, whole)
      const pull = yield* Stream.toPull(body._tag === "Stream" ? Stream.decodeText(body.stream) : Stream.empty)
      const read = Effect.map(pull, Chunk.join(""))
      expect(yield* read).toBe("data: 0\n\n")
      const comment = yield* Effect.fork(read)
      yield* TestClock.adjust("15 seconds")
      expect(yield* Fiber.join(comment)).toBe(": keep-alive\n\n")
      yield* TestClock.adjust("5 seconds")
      expect(yield* read).toBe("data: [DONE]\n\n")
      expect(yield* Effect.flip(read)).toEqual(Option.none())
    })
  )

  it.effect("needs no scope: it is whole where its effect has one, and its services are those of the app", () =>
    Effect.gen(function* () {
      class Words extends Context.Tag("test/Words")<Words, ReadonlyArray<string>>() {}
      let ended = 0
      const events = Stream.fromIterableEffect(Words).pipe(
        Stream.rechunk(1),
        Stream.ensuring(Effect.sync(() => ended++))
      )
      const response = yield* eventResponse(events, whole).pipe(Effect.scoped, Effect.provideService(Words, ["a", "b"]))
      expect(ended).toBe(0)
      expect(dataOf(yield* textOf(response))).toEqual(["a", "b", "[DONE]"])
      expect(ended).toBe(1)
    })
  )

  it.effect("ends the stream where it fails, or is interrupted, before the response", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<string>()
      const ending = (name: string) => Stream.ensuring(Deferred.succeed(ended, name))
      yield* Effect.flip(eventResponse(ending("failed")(Stream.fail("no")), whole))
      expect(yield* Deferred.await(ended)).toBe("failed")
      const begun = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const silent = Stream.unwrap(Effect.as(Deferred.succeed(begun, undefined), Stream.never)).pipe(
        Stream.ensuring(Deferred.succeed(interrupted, undefined))
      )
      const fiber = yield* Effect.fork(eventResponse(silent, whole))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(interrupted)
    })
  )

  it.live("stops the turn when the browser leaves", () =>
    Effect.gen(function* () {
      const stopped = yield* Deferred.make<void>()
      const events = Stream.concat(Stream.make({ n: 1 }), Stream.never).pipe(
        Stream.ensuring(Deferred.succeed(stopped, undefined))
      )
      const response = yield* served(events)
      const reader = response.body?.getReader()
      yield* Effect.promise(async () => reader?.read())
      yield* Effect.promise(async () => reader?.cancel())
      yield* Deferred.await(stopped)
    })
  )
})

describe("errorResponse", () => {
  it("is an app by itself", () => {
    const missing = new NotFound({ message: "m", status: 404, resource: "agent", id: UNKNOWN_ID })
    const response = Effect.runSync(Effect.catchAll(Effect.fail(missing), errorResponse))
    expect(response).toMatchObject({ status: 404, headers: { "content-type": "application/json" } })
    expect(errorResponse(new Error("any")).status).toBe(500)
  })
})
