/** When a relayed stream begins and ends: waits, callers that leave, and readers that stall. In virtual time. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { EventPieces } from "../../../src/engine/model/openai/EventPieces.js"
import { latch, soon } from "../../support/latches.js"
import { EVENTS, withRelay } from "../../support/relayed.js"
import { toResponse } from "../../support/stubClient.js"

const PATH = "/v1/chat/completions"
const body = { model: "m", stream: true, messages: [{ role: "user", content: "Hi" }] }
const chunk = (content: string) => `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`
const bytes = (text: string) => new TextEncoder().encode(text)

/** Lets the streams of Node make progress. */
const turns = Effect.repeatN(
  Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
  20
)

/** A response that streams these texts and then never ends; `closed` opens when its reader cancels it. */
const endless = (texts: ReadonlyArray<string>, closed: Deferred.Deferred<void>) =>
  new Response(
    new ReadableStream({
      start: (controller) => {
        for (const text of texts) controller.enqueue(bytes(text))
      },
      cancel: () => Deferred.unsafeDone(closed, Effect.void)
    }),
    { headers: EVENTS }
  )

describe("a relayed stream begins", () => {
  const late = (answer: Response) =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const answered = yield* Deferred.make<void>()
      const response = Effect.as(
        Effect.zipRight(Deferred.succeed(reached, undefined), Deferred.await(answered)),
        answer
      )
      return yield* withRelay(
        () => response,
        ({ open }) =>
          Effect.gen(function* () {
            const asked = yield* Effect.fork(open(PATH, body))
            yield* Deferred.await(reached)
            yield* TestClock.adjust("14999 millis")
            expect(yield* Fiber.poll(asked)).toMatchObject({ _tag: "None" })
            yield* TestClock.adjust("1 millis")
            const { headers, status, text } = yield* Fiber.join(asked)
            expect([status, headers["content-type"]]).toEqual([200, "text/event-stream"])
            yield* Deferred.succeed(answered, undefined)
            return yield* text
          })
      )
    })

  it.effect("after 15 seconds with a comment, though its first event comes later", () =>
    Effect.gen(function* () {
      const sent = `: theirs\n\n${chunk("Hi")}data: [DONE]\n\n`
      expect(yield* late(toResponse({ body: sent, headers: EVENTS }))).toBe(`: keep-alive\n\n${sent}`)
    })
  )

  it.effect("after 15 seconds with the comments of its endpoint, which keep coming", () => {
    const comment = ": OPENROUTER PROCESSING\n\n"
    const written = latch<ReadableStreamDefaultController<Uint8Array>>()
    const answer = new Response(new ReadableStream({ start: written.open }), { headers: EVENTS })
    return withRelay(
      () => Effect.succeed(answer),
      ({ open }) =>
        Effect.gen(function* () {
          const asked = yield* Effect.fork(open(PATH, body))
          const upstream = yield* written.opened
          upstream.enqueue(bytes(comment))
          yield* turns
          yield* TestClock.adjust("15 seconds")
          const { stream } = yield* Fiber.join(asked)
          const pull = yield* Stream.toPull(Stream.decodeText(stream))
          expect([...(yield* pull)]).toEqual([": keep-alive\n\n"])
          upstream.enqueue(bytes(comment))
          expect([...(yield* soon("the comments")(pull))].join("")).toBe(comment + comment)
          upstream.enqueue(bytes(comment))
          expect([...(yield* soon("another comment")(pull))].join("")).toBe(comment)
        }).pipe(Effect.scoped)
    )
  })

  it.effect("with the comments of its endpoint once they are many", () => {
    const flood = Array.from({ length: 1000 }, () => `: ${"x".repeat(1000)}\n\n`)
    return withRelay(
      () => Effect.map(Deferred.make<void>(), (closed) => endless(flood, closed)),
      ({ open }) =>
        Effect.gen(function* () {
          const { stream } = yield* soon("a response")(open(PATH, body))
          const pull = yield* Stream.toPull(Stream.decodeText(stream))
          expect([...(yield* pull)].join("").startsWith(": x")).toBe(true)
        }).pipe(Effect.scoped)
    )
  })

  it.effect("before a failure that comes later: its last event has the status, the error and the pause", () =>
    Effect.gen(function* () {
      const error = { message: "Slow down.", type: "requests", param: null, code: "rate_limit_exceeded" }
      const text = yield* late(toResponse({ status: 429, body: { error }, headers: { "retry-after": "7" } }))
      expect(text.startsWith(": keep-alive\n\ndata: ")).toBe(true)
      expect(JSON.parse(text.split("data: ")[1] ?? "")).toEqual({ error: { ...error, status: 429, retry_after: 7 } })
    })
  )

  it.effect("before a whole body that comes later: that is not an event, so it is a failure", () =>
    Effect.gen(function* () {
      const text = yield* late(toResponse({ body: { choices: [] } }))
      expect(JSON.parse(text.split("data: ")[1] ?? "")).toMatchObject({ error: { status: 502, type: "server_error" } })
    })
  )
})

describe("a call of the endpoint ends", () => {
  it.effect("with a caller that leaves before the first event, whole or streamed", () =>
    Effect.gen(function* () {
      for (const stream of [true, false]) {
        const reached = yield* Deferred.make<void>()
        const ended = yield* Deferred.make<void>()
        const silent = Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
        )
        yield* withRelay(
          () => silent,
          ({ open }) =>
            Effect.gen(function* () {
              const asked = yield* Effect.fork(open(PATH, { ...body, stream }))
              yield* Deferred.await(reached)
              yield* Fiber.interrupt(asked)
              yield* Deferred.await(ended)
            })
        )
      }
    })
  )

  it.effect("with a reader that leaves, and gives up its place at the endpoint", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      yield* withRelay(
        (_sent, index) =>
          index === 0 ? Effect.succeed(endless([chunk("a"), chunk("b")], closed)) : { body: { choices: [] } },
        ({ ask, open }) =>
          Effect.gen(function* () {
            const { stream } = yield* open(PATH, body)
            const [first] = yield* Stream.runCollect(Stream.take(Stream.decodeText(stream), 1))
            expect(first?.startsWith(chunk("a"))).toBe(true)
            yield* Deferred.await(closed)
            expect((yield* ask(PATH, { ...body, stream: false })).status).toBe(200)
          }),
        { model: { maxConcurrency: 1 } }
      )
    })
  )

  it.effect("with a reader that stalls for 30 seconds, and no more than a buffer is read for it", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<void>()
      const text = chunk("x".repeat(100_000))
      let pulled = 0
      const flood = new Response(
        new ReadableStream(
          {
            pull: (controller) => {
              pulled++
              controller.enqueue(bytes(text))
            },
            cancel: () => Deferred.unsafeDone(closed, Effect.void)
          },
          { highWaterMark: 0 }
        ),
        { headers: EVENTS }
      )
      yield* withRelay(
        () => Effect.succeed(flood),
        ({ open }) =>
          Effect.gen(function* () {
            const { stream } = yield* open(PATH, body)
            const pull = yield* Stream.toPull(Stream.decodeText(stream))
            yield* pull
            // The buffer fills, and its writer waits.
            while (pulled < 10) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
            yield* TestClock.adjust("1 minute")
            yield* Deferred.await(closed)
            expect(pulled).toBeLessThan(30)
            const rest = yield* Stream.runCollect(Stream.fromPull(Effect.succeed(pull)))
            expect([...rest].join("")).toContain("STREAM_STALLED")
          }).pipe(Effect.scoped)
      )
    })
  )
})

describe("the pieces of an event stream", () => {
  const line = FastCheck.constantFrom("data: a", ": c", "event: x", "data: \u{1f6a2}", "id: 1")
  const ending = FastCheck.constantFrom("\n", "\r\n", "\r")
  const event = FastCheck.tuple(FastCheck.array(line, { minLength: 1, maxLength: 3 }), ending).map(
    ([lines, end]) => lines.map((one) => `${one}${end}`).join("") + end
  )
  const ends = /(\n\n|\r\n\r\n|\r\r)$/

  it("are the bytes of the stream, each up to the end of an event, however these arrive", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(event, { maxLength: 5 }),
        FastCheck.constantFrom("", "data: unfinished"),
        FastCheck.array(FastCheck.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }),
        (events, rest, sizes) => {
          const whole = bytes(events.join("") + rest)
          const pieces = new EventPieces()
          const written: Array<string> = []
          for (let offset = 0, index = 0; offset < whole.length; index++) {
            const size = sizes[index % sizes.length] ?? 1
            const piece = pieces.push(whole.subarray(offset, offset + size))
            if (piece !== undefined) written.push(new TextDecoder().decode(piece))
            offset += size
          }
          for (const piece of written) expect(piece).toMatch(ends)
          const last = pieces.end()
          const text = written.join("") + (last === undefined ? "" : new TextDecoder().decode(last))
          expect(text).toBe(events.join("") + rest)
          if (rest !== "") expect(last === undefined ? "" : new TextDecoder().decode(last)).toBe(rest)
        }
      )
    )
  })

  it("of a long event that arrives byte by byte take a time in proportion to its length", () => {
    const pieces = new EventPieces()
    const byte = bytes("x")
    for (let count = 0; count < 300_000; count++) pieces.push(byte)
    expect(pieces.end()?.length).toBe(300_000)
  })

  it("of an event without end are passed on before they fill the memory", () => {
    const pieces = new EventPieces()
    const piece = bytes(`data: ${"x".repeat(100_000)}`)
    const passed = Array.from({ length: 30 }, () => pieces.push(piece)?.length ?? 0)
    expect(passed.filter((length) => length > 0).length).toBeGreaterThan(1)
    expect(Math.max(...passed)).toBeLessThan(1_200_000)
  })
})
