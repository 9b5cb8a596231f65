/** Cancellation closes the socket, interrupts the model, and stores the partial reply. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ModelError, type ModelEvent } from "../../src/engine/ports/Model.js"
import { type ChatMLMessage, Julep, messageText, type RequestError } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import * as f from "../support/fixtures.js"
import { joinAfter, latch, since, soon, until } from "../support/latches.js"
import { modes } from "../support/modes.js"
import {
  type Behaviour,
  chunk,
  chunkedHead,
  clientOf,
  events,
  everyKind,
  head,
  httpClients,
  oddServer
} from "../support/oddServers.js"
import { say } from "../support/shared.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { historyOf, lastRequest, says, scene } from "../support/turns.js"

/** The ways to stop a stream after `n` elements; each returns the time at which it did. */
const ways = {
  "Stream.take": <A, E>(stream: Stream.Stream<A, E>, n: number) =>
    Effect.gen(function* () {
      let last = 0
      const timed = Stream.tap(stream, () => Effect.sync(() => (last = performance.now())))
      yield* Stream.runDrain(Stream.take(timed, n))
      return last
    }),
  "an interrupted fiber": <A, E>(stream: Stream.Stream<A, E>, n: number) =>
    Effect.gen(function* () {
      const enough = latch()
      let count = 0
      const counted = Stream.runForEach(stream, () => Effect.sync(() => ++count === n && enough.open()))
      const fiber = yield* Effect.fork(counted)
      yield* Effect.raceFirst(enough.opened, Effect.zipRight(Fiber.join(fiber), Effect.never))
      const start = performance.now()
      const exit = yield* Fiber.interrupt(fiber)
      expect(Exit.isInterrupted(exit)).toBe(true)
      return start
    }),
  "a closed scope": <A, E>(stream: Stream.Stream<A, E>, n: number) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const pull = yield* Scope.extend(Stream.toPull(Stream.rechunk(stream, 1)), scope)
      for (let count = 0; count < n; count++) yield* Effect.mapError(pull, () => new Error("the stream has ended"))
      const start = performance.now()
      yield* Scope.close(scope, Exit.void)
      return start
    })
}
const everyWay = Object.entries(ways)

const get = (julep: Julep.Service) => julep.agents.get(f.agentId)

describe.each(httpClients)("the socket, over %s", (http, layer) => {
  for (const kind of everyKind) {
    it.scopedLive(`${kind.name}: closed by ${Object.keys(ways).join(", by ")}`, () =>
      Effect.gen(function* () {
        const two = Buffer.concat([Buffer.from(chunkedHead), chunk(events([kind.piece("a"), kind.piece("b")]))])
        const server = yield* oddServer((_request, socket) => socket.write(two))
        const julep = yield* clientOf(server, {}, layer)
        for (const [index, [way, giveUp]] of everyWay.entries()) {
          const start = yield* soon(`an end by ${way}`)(giveUp(kind.texts(julep), 2))
          expect(server.used).toHaveLength(index + 1)
          const closed = yield* soon(`the socket closed by ${way}`)(server.used[index]?.closed.opened ?? Effect.never)
          say(`${http}, ${kind.name}: socket closed ${Math.round((closed - start) * 10) / 10} ms after ${way}`)
        }
        expect(server.open()).toBe(server.spare())
      })
    )
  }

  const stages: ReadonlyArray<readonly [stage: string, behave: Behaviour]> = [
    ["before the headers", () => {}],
    ["in the middle of a body", (_request, socket) => socket.write(`${head(200, { "content-length": "100" })}{"id":`)]
  ]
  for (const [stage, behave] of stages) {
    it.scopedLive(`a unary call and a stream, interrupted ${stage}`, () =>
      Effect.gen(function* () {
        const server = yield* oddServer(behave)
        const julep = yield* clientOf(server, {}, layer)
        const calls: ReadonlyArray<Effect.Effect<unknown, RequestError>> = [
          get(julep),
          ...everyKind.map(({ texts }) => Stream.runDrain(texts(julep)))
        ]
        for (const [index, call] of calls.entries()) {
          const fiber = yield* Effect.fork(call)
          yield* until(
            "the request",
            Effect.delay(
              Effect.sync(() => server.requests.length),
              1
            ),
            (count) => count > index
          )
          const start = performance.now()
          yield* soon("the interruption")(Fiber.interrupt(fiber))
          yield* soon("the end of the socket")(server.usedClosed)
          say(`${http}, call ${index} interrupted ${stage}: socket closed after ${since(start)} ms`)
        }
        expect(server.requests).toHaveLength(calls.length)
        expect(server.open()).toBe(server.spare())
      })
    )
  }

  it.scopedLive("a thousand streams abandoned (SOAK=n) leave no socket", () =>
    Effect.gen(function* () {
      const count = Number(process.env["SOAK"] ?? 60)
      const [kind] = everyKind
      if (kind === undefined) return
      const one = Buffer.concat([Buffer.from(chunkedHead), chunk(events([kind.piece("a")]))])
      const server = yield* oddServer((_request, socket) => socket.write(one))
      const client = yield* Scope.make()
      const julep = yield* Scope.extend(clientOf(server, {}, layer), client)
      const start = performance.now()
      yield* Effect.forEach(
        Array.from({ length: count }, (_, index) => everyWay[index % everyWay.length]?.[1]),
        (giveUp) => giveUp?.(kind.texts(julep), 1) ?? Effect.void,
        { concurrency: 16 }
      )
      yield* soon("the end of every socket that was used")(server.usedClosed)
      say(`${http}: ${count} streams abandoned, their sockets closed after ${since(start)} ms, ${server.spare()} spare`)
      expect(server.requests).toHaveLength(count)
      expect(server.open()).toBe(server.spare())
      yield* Scope.close(client, Exit.void)
      if (http === "undici") yield* until("the end of undici's own sockets", ask(server.open), (open) => open === 0)
    })
  )
})

/** Polls once a millisecond a state without a latch. */
const ask = <A>(look: () => A) => Effect.delay(Effect.sync(look), 1)

/** The second message of a history, an answer. */
const partial = ([, answer]: ReadonlyArray<ChatMLMessage>) => ({
  text: answer === undefined ? undefined : messageText(answer),
  aborted: answer?.aborted
})

const text = (words: string): ModelEvent => ({ _tag: "Text", text: words })

/** A model that emits two pieces and then waits until it is stopped. */
const endless = () => {
  const stopped = latch<number>()
  const asks = latch()
  const step: Scripted.Step = () =>
    Stream.fromIterable([text("Once "), text("upon ")]).pipe(
      Stream.concat(Stream.drain(Stream.fromEffect(Effect.sync(() => asks.open())))),
      Stream.concat(Stream.never),
      Stream.ensuring(Effect.sync(() => stopped.open(performance.now())))
    )
  return { step, stopped, asks }
}

/** A script that begins with this and then answers as it should. */
const then =
  (first: Scripted.Step): Scripted.Script =>
  (_request, index) =>
    index === 0 ? first : Scripted.reply("Well, go on.")

const input = (words: string) => ({ messages: [says(words)] }) as const

describe.each(modes)("the model and the history, %s", (name, mode) => {
  for (const [way, giveUp] of everyWay) {
    it.live(`chatStream, ended by ${way}: the model stops, the partial answer is kept, the next chat works`, () => {
      const model = endless()
      return Effect.gen(function* () {
        const { julep, session } = yield* scene()
        // The first event has the docs, the next two a piece of text each.
        const start = yield* soon(way)(giveUp(julep.sessions.chatStream(session.id, input("Tell me")), 3))
        const stopped = yield* soon("the end of the model")(model.stopped.opened)
        say(`${name}: model stopped ${Math.round((stopped - start) * 10) / 10} ms after ${way}`)
        const history = yield* until("the partial answer", julep.sessions.history(session.id), (all) => all.length > 1)
        expect(history.map(({ aborted, content, role }) => [role, messageText({ content }), aborted])).toEqual([
          ["user", "Tell me", false],
          ["assistant", "Once upon ", true]
        ])
        const next = yield* julep.sessions.chat(session.id, input("And?"))
        expect(next.response[0]?.[0]).toMatchObject({ content: "Well, go on.", aborted: false })
        const request = yield* lastRequest
        expect(strictFaults(request)).toEqual([])
        expect(request.messages.map(({ content }) => content)).toContain("Once upon ")
        expect(yield* historyOf(session.id)).toHaveLength(4)
      }).pipe(Effect.provide(mode(then(model.step))))
    })
  }

  it.live("a chat that is interrupted: the model stops, the question is kept, the next chat works", () => {
    const model = endless()
    return Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const fiber = yield* Effect.fork(julep.sessions.chat(session.id, input("Tell me")))
      yield* soon("the model")(model.asks.opened)
      const start = performance.now()
      yield* soon("the interruption")(Fiber.interrupt(fiber))
      const stopped = yield* soon("the end of the model")(model.stopped.opened)
      say(`${name}: model stopped ${Math.round((stopped - start) * 10) / 10} ms after a chat was interrupted`)
      const next = yield* julep.sessions.chat(session.id, input("And?"))
      expect(next.response[0]?.[0]).toMatchObject({ content: "Well, go on." })
      expect(strictFaults(yield* lastRequest)).toEqual([])
      expect(yield* historyOf(session.id)).toEqual([
        ["user", "Tell me"],
        ["user", "And?"],
        ["assistant", "Well, go on."]
      ])
    }).pipe(Effect.provide(mode(then(model.step))))
  })

  const stateless: ReadonlyArray<
    readonly [what: string, (julep: Julep.Service) => Effect.Effect<unknown, RequestError>]
  > = [
    ["chat.completions.create", (julep) => julep.chat.completions.create(input("Tell me"))],
    ["chat.completions.stream", (julep) => Stream.runDrain(julep.chat.completions.stream(input("Tell me")))],
    ["completions.create", (julep) => julep.completions.create({ prompt: "Once" })],
    ["completions.stream", (julep) => Stream.runDrain(julep.completions.stream({ prompt: "Once" }))]
  ]
  for (const [what, call] of stateless) {
    it.live(`${what}, interrupted: the model stops`, () => {
      const model = endless()
      return Effect.gen(function* () {
        const julep = yield* Julep
        const fiber = yield* Effect.fork(call(julep))
        yield* soon("the model")(model.asks.opened)
        expect(model.stopped.isOpen()).toBe(false)
        const start = performance.now()
        yield* soon("the interruption")(Fiber.interrupt(fiber))
        const stopped = yield* soon("the end of the model")(model.stopped.opened)
        say(`${name}: model stopped ${Math.round((stopped - start) * 10) / 10} ms after ${what} was interrupted`)
      }).pipe(Effect.provide(mode(then(model.step))))
    })
  }

  it.effect("a timeout ends the model as an interruption does, and keeps the answer so far", () => {
    const model = endless()
    return Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const stream = julep.sessions.chatStream(session.id, input("Tell me"))
      const limited = Julep.withStreamOptions({ timeout: { idle: 60 } })(stream)
      const pieces: Array<unknown> = []
      const call = yield* Effect.fork(
        Effect.flip(Stream.runForEach(limited, (event) => Effect.sync(() => pieces.push(event))))
      )
      // The first event has the docs, the next two a piece of text each.
      const arrived = Effect.sync(() => pieces.length)
      yield* until("everything that the model says", arrived, (count) => count === 3)
      const error = yield* joinAfter(60)(call)
      expect(error).toMatchObject({ _tag: "TimeoutError", phase: "idle" })
      yield* soon("the end of the model")(model.stopped.opened)
      const history = yield* until("the partial answer", julep.sessions.history(session.id), (all) => all.length > 1)
      expect(partial(history)).toEqual({ text: "Once upon ", aborted: true })
    }).pipe(Effect.provide(mode(then(model.step))))
  })

  it.live("a model that breaks off: its text reaches the reader, and the partial reply is stored", () => {
    const error = new ModelError({ reason: "unavailable", message: "the lamp went out" })
    return Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const texts: Array<string> = []
      const failure = yield* Effect.flip(
        Stream.runForEach(julep.sessions.chatStream(session.id, input("Tell me")), ({ response }) =>
          Effect.sync(() => texts.push(...(response[0] ?? []).map(({ content }) => content ?? "")))
        )
      )
      expect(failure).toMatchObject({ _tag: "ServerError", message: expect.stringContaining("the lamp went out") })
      expect(texts.join("")).toBe("Once upon ")
      const history = yield* until("the partial answer", julep.sessions.history(session.id), (all) => all.length > 1)
      expect(partial(history)).toEqual({ text: "Once upon ", aborted: true })
      expect((yield* julep.sessions.chat(session.id, input("And?"))).finish_reason).toBe("stop")
    }).pipe(Effect.provide(mode(then(Scripted.pieces(["Once ", "upon "], Scripted.fail(error))))))
  })

  it.live(
    "a stream that is not read sends nothing; one that is abandoned before its first word stores no reply",
    () => {
      const silent = latch()
      const waits = latch()
      const step: Scripted.Step = () =>
        Stream.fromEffect(Effect.sync(() => waits.open())).pipe(
          Stream.drain,
          Stream.concat(Stream.never),
          Stream.ensuring(Effect.sync(() => silent.open()))
        )
      return Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const stream = julep.sessions.chatStream(session.id, input("Tell me"))
        yield* Stream.runDrain(Stream.take(stream, 0))
        expect(yield* historyOf(session.id)).toEqual([])
        const fiber = yield* Effect.fork(Stream.runDrain(stream))
        yield* soon("the model")(waits.opened)
        yield* Fiber.interrupt(fiber)
        yield* soon("the end of the model")(silent.opened)
        yield* julep.sessions.chat(session.id, input("And?"))
        expect((yield* historyOf(session.id)).map(([role]) => role)).toEqual(["user", "user", "assistant"])
      }).pipe(Effect.provide(mode(then(step))))
    }
  )

  it.live("many streams abandoned at once: every model stops, every answer is kept", () => {
    const count = Math.min(Number(process.env["SOAK"] ?? 40), 1000)
    let running = 0
    let stopped = 0
    const all = latch()
    const step: Scripted.Step = () =>
      Stream.concat(Stream.fromEffect(Effect.sync(() => ++running)).pipe(Stream.as(text("Once "))), Stream.never).pipe(
        Stream.ensuring(Effect.sync(() => ++stopped === count && all.open()))
      )
    return Effect.gen(function* () {
      const { agent, julep } = yield* scene()
      const sessions = yield* Effect.all(
        Array.from({ length: count }, () => julep.sessions.create({ agent_id: agent.id })),
        { concurrency: 8 }
      )
      yield* Effect.forEach(
        sessions,
        ({ id }, index) => {
          const giveUp = everyWay[index % everyWay.length]?.[1]
          return giveUp?.(julep.sessions.chatStream(id, input("Tell me")), 2) ?? Effect.void
        },
        { concurrency: 16 }
      )
      yield* soon("the end of every model")(all.opened)
      expect([running, stopped]).toEqual([count, count])
      yield* Effect.forEach(sessions, ({ id }) =>
        Effect.map(
          until("the partial answer", julep.sessions.history(id), (history) => history.length > 1),
          (history) => expect(partial(history)).toEqual({ text: "Once ", aborted: true })
        )
      )
    }).pipe(Effect.provide(mode(() => step)))
  })
})
