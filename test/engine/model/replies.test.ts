/** How replies are read, whole and streamed, from servers that bend the format. */
import { describe, expect, it } from "@effect/vitest"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as OpenAi from "../../../src/engine/model/OpenAiCompatible.js"
import type { ModelEnd, ModelEvent, ModelReply, ModelRequest, ModelToolCall } from "../../../src/engine/ports/Model.js"
import { estimateTokens } from "../../../src/engine/ports/Tokenizer.js"
import { type Answer, type Responder, stub } from "../../support/stubClient.js"
import { recordings } from "./servers.js"

const request: ModelRequest = { model: "m", messages: [{ role: "user", content: "Hello" }], tools: [], settings: {} }

const over = (answers: Answer | Responder) =>
  OpenAi.make(
    stub(answers).client,
    { of: () => Effect.succeed(estimateTokens) },
    {
      url: "https://llm.test/v1",
      apiKey: undefined,
      samplingExtensions: false,
      retry: false
    }
  )

const encoder = new TextEncoder()

/** A body that arrives in these pieces, and then ends, breaks off or stays open. */
const response = (pieces: ReadonlyArray<Uint8Array | string>, after: "end" | "break" | "open" = "end") => {
  const left = pieces.map((piece) => (typeof piece === "string" ? encoder.encode(piece) : piece))
  return new Response(
    new ReadableStream({
      pull(controller) {
        const piece = left.shift()
        if (piece !== undefined) controller.enqueue(piece)
        else if (after === "end") controller.close()
        else if (after === "break") controller.error(new Error("reset"))
        else return new Promise(() => {})
      }
    })
  )
}

/** A streamed reply, put together, and the pieces of text that it came in. */
const collect = (events: Chunk.Chunk<ModelEvent>) => {
  const texts: Array<string> = []
  const tool_calls: Array<ModelToolCall> = []
  let end: ModelEnd | undefined
  for (const event of events) {
    if (event._tag === "Text") texts.push(event.text)
    else if (event._tag === "Call") tool_calls.push(event.call)
    else {
      const { _tag, ...rest } = event
      end = rest
    }
  }
  if (end === undefined) throw new Error("The stream ended without an End")
  const reply: ModelReply = { content: texts.length === 0 ? null : texts.join(""), tool_calls, ...end }
  return { texts, reply }
}

const streamed = (answer: Answer | Responder) =>
  Effect.map(Stream.runCollect(over(answer).stream(request)), (events) => collect(events).reply)
const whole = (answer: Answer | Responder) => over(answer).complete(request)

/** Both ways to ask. */
const ways = { streamed, whole } as const

const sse = (...values: ReadonlyArray<unknown>) => ({
  body: values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join(""),
  headers: { "content-type": "text/event-stream" }
})
const chunk = (delta: object, finish_reason: unknown = null, more: object = {}) => ({
  choices: [{ index: 0, delta, finish_reason }],
  ...more
})
const completion = (message: object, finish_reason: unknown = "stop", more: object = {}) => ({
  body: { choices: [{ index: 0, message, finish_reason }], ...more }
})
const json = (body: string, type = "application/json") => ({ body, headers: { "content-type": type } })

describe("streams of servers", () => {
  for (const { body, reply, server } of recordings) {
    it.effect(server, () =>
      Effect.gen(function* () {
        const read = yield* streamed({ body })
        expect(read).toMatchObject(reply)
        // For unary and streamed requests, and any cut of the bytes.
        expect(yield* whole({ body })).toEqual(read)
        const bytes = [...encoder.encode(body)].map((byte) => Uint8Array.of(byte))
        expect(yield* streamed(() => response(bytes))).toEqual(read)
      })
    )
  }
})

describe("a stream", () => {
  it.effect("is read as the same reply however its deltas are split", () =>
    Effect.promise(() => {
      const text = "The tide — 潮 — turns at six. 🌊"
      const args = '{"port":"Faro","days":[1,2],"note":"a \\"b\\" {}"}'
      const cut = (value: string, at: ReadonlyArray<number>) => {
        const ends = [...new Set(at.map((place) => place % value.length))].sort((a, b) => a - b)
        return [0, ...ends].map((from, index) => value.slice(from, ends[index])).filter((piece) => piece !== "")
      }
      const places = FastCheck.array(FastCheck.nat(), { maxLength: 12 })
      const events = (texts: ReadonlyArray<string>, pieces: ReadonlyArray<string>, reasons: ReadonlyArray<string>) => [
        ...reasons.map((reasoning_content) => chunk({ reasoning_content })),
        ...texts.map((content) => chunk({ content })),
        chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "tide", arguments: "" } }] }),
        ...pieces.map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
        chunk({ tool_calls: [{ index: 1, id: "b", function: { name: "wind" } }] }),
        ...pieces.map((piece) => chunk({ tool_calls: [{ index: 1, function: { arguments: piece } }] })),
        chunk({}, "tool_calls", { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } })
      ]
      const expected: ModelReply = {
        content: text,
        tool_calls: [
          { id: "a", name: "tide", arguments: args },
          { id: "b", name: "wind", arguments: args }
        ],
        finish_reason: "tool_calls",
        usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
        extra: { reasoning_content: text }
      }
      return FastCheck.assert(
        FastCheck.asyncProperty(places, places, places, async (texts, pieces, reasons) => {
          const answer = sse(...events(cut(text, texts), cut(args, pieces), cut(text, reasons)))
          expect(await Effect.runPromise(streamed(answer))).toEqual(expected)
        }),
        { numRuns: 50 }
      )
    })
  )

  it.effect("emits text as it arrives, one event a delta", () =>
    Effect.gen(function* () {
      const { texts } = collect(
        yield* Stream.runCollect(
          over(sse(chunk({ content: "a" }), chunk({ content: "" }), chunk({ content: "b" }), "[DONE]")).stream(request)
        )
      )
      expect(texts).toEqual(["a", "b"])
    })
  )

  it.effect("passes heartbeats over, between events and before the first", () =>
    Effect.gen(function* () {
      const beats = [
        "data:\n\n",
        "data: \n\n",
        ": waiting\n\n",
        "retry: 1000\n\n",
        "id: 7\n\n",
        "event: ping\ndata: {}\n\n",
        "event: keepalive\ndata: still here\n\n",
        "data: keepalive\n\n",
        "data: null\n\n",
        "data: {}\n\n",
        'data: {"type":"ping"}\n\n',
        'data: {"choices":[]}\n\n',
        'data: {"choices":null}\n\n'
      ]
      const [first, last] = [sse(chunk({ content: "ok" })).body, sse(chunk({}, "stop"), "[DONE]").body]
      for (const beat of beats) {
        const answer = { body: beat + first + beat + last + beat }
        for (const read of Object.values(ways)) expect(yield* read(answer), beat).toMatchObject({ content: "ok" })
      }
    })
  )

  it.effect("ends with a finish reason or [DONE]; without either it broke off, whatever arrived", () =>
    Effect.gen(function* () {
      const hi = chunk({ content: "hi" })
      expect(yield* streamed(sse(hi, "[DONE]"))).toMatchObject({ content: "hi", finish_reason: "stop" })
      expect(yield* streamed(sse(hi, chunk({}, "", {}), "[DONE]"))).toMatchObject({ finish_reason: "stop" })
      expect(yield* streamed(sse(chunk({ content: "hi" }, "length")))).toMatchObject({ finish_reason: "length" })
      const broken = [sse(hi), sse(hi, chunk({}, "")), sse(hi, chunk({}, 1)), sse(hi, { usage: {} })]
      for (const answer of broken) {
        for (const read of Object.values(ways)) {
          const error = yield* Effect.flip(read(answer))
          expect(error).toMatchObject({ _tag: "ModelError", reason: "unavailable" })
          expect(error.message).toContain("finish reason")
        }
      }
      const call = chunk({ tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: '{"a":' } }] })
      expect(yield* Effect.flip(streamed(sse(call)))).toMatchObject({ reason: "unavailable" })
    })
  )

  it.effect("that has finished stays whole where the connection is lost or left open", () =>
    Effect.gen(function* () {
      const { body } = sse(chunk({ content: "hi" }, "stop"))
      expect(yield* streamed(() => response([body], "break"))).toMatchObject({ content: "hi", finish_reason: "stop" })
      const open = yield* Effect.fork(streamed(() => response([body], "open")))
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(open)).toMatchObject({ content: "hi", finish_reason: "stop" })
      const lost = () => response([sse(chunk({ content: "hi" })).body], "break")
      expect(yield* Effect.flip(streamed(lost))).toMatchObject({ reason: "unavailable" })
    })
  )

  it.effect("with an event that is not JSON fails, so that no text goes missing", () =>
    Effect.gen(function* () {
      for (const broken of ['{"choices":[{"delta"', "upstream connect error or disconnect", "ERROR"]) {
        const answer = sse(chunk({ content: "hi" }), broken, chunk({}, "stop"), "[DONE]")
        for (const read of Object.values(ways)) {
          const error = yield* Effect.flip(read(answer))
          expect(error).toMatchObject({ reason: "unavailable" })
          expect(error.message).toContain(broken)
        }
      }
    })
  )
})

describe("a reply, whole or streamed", () => {
  /** The same message whole and as the one delta of a stream. */
  const both = (message: object, finish_reason: unknown = "stop", more: object = {}) =>
    [
      [whole, completion(message, finish_reason, more)],
      [streamed, sse(chunk(message, finish_reason, more), "[DONE]")],
      [streamed, completion(message, finish_reason, more)]
    ] as const

  const expectBoth = (expected: object, message: object, finish_reason?: unknown, more?: object) =>
    Effect.forEach(both(message, finish_reason, more), ([read, answer]) =>
      Effect.map(read(answer), (reply) => expect(reply).toMatchObject(expected))
    )

  it.effect("needs no id, date or usage, of any type", () =>
    Effect.gen(function* () {
      const odd = [
        { id: null },
        { id: 7, created: "2025-01-01T00:00:00Z", object: 1, model: null },
        { usage: null },
        { usage: {} },
        { usage: [] },
        { usage: { prompt_tokens: null, completion_tokens: "x", total_tokens: -1 } },
        { error: null, system_fingerprint: {} }
      ]
      const usage = { prompt_tokens: estimateTokens("Hello"), completion_tokens: estimateTokens("hi") }
      for (const more of odd) yield* expectBoth({ content: "hi", usage }, { content: "hi" }, "stop", more)
      const texts = { usage: { prompt_tokens: "5", completion_tokens: 2 } }
      const read = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }
      yield* expectBoth({ usage: read }, { content: "hi" }, "stop", texts)
    })
  )

  it.effect("has the text of a string, of parts and of a refusal", () =>
    Effect.gen(function* () {
      const contents = [
        "hi",
        ["h", "i"],
        [{ type: "text", text: "hi" }],
        [
          { type: "text", text: { value: "hi" } },
          { type: "image_url", image_url: {} }
        ],
        { type: "text", text: "hi" }
      ]
      for (const content of contents) yield* expectBoth({ content: "hi" }, { content })
      yield* expectBoth({ content: "No." }, { content: null, refusal: "No." })
      yield* expectBoth({ content: "No." }, { content: [{ type: "refusal", refusal: "No." }] })
    })
  )

  it.effect("has the arguments of calls as JSON text, whatever they are", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [args: unknown, text: string]> = [
        ['{"a":1}', '{"a":1}'],
        [{ a: 1 }, '{"a":1}'],
        [{}, "{}"],
        [null, "{}"],
        [undefined, "{}"],
        ["", "{}"],
        ["null", "{}"]
      ]
      for (const [args, text] of cases) {
        const call = { index: 0, id: "a", type: "function", function: { name: "f", arguments: args } }
        const tool_calls = [{ id: "a", name: "f", arguments: text }]
        yield* expectBoth({ content: null, tool_calls }, { content: null, tool_calls: [call] }, "tool_calls")
        yield* expectBoth({ tool_calls }, { tool_calls: call }, "tool_calls")
        const older = { function_call: { name: "f", arguments: args } }
        yield* expectBoth({ tool_calls: [{ name: "f", arguments: text }] }, older, "function_call")
      }
      yield* expectBoth({ content: "hi", tool_calls: [] }, { content: "hi", tool_calls: null, function_call: null })
      yield* expectBoth({ content: "hi", tool_calls: [] }, { content: "hi", tool_calls: [{ function: {} }] })
    })
  )

  it.effect("has an id of its own for each call, where several have one or none", () =>
    Effect.gen(function* () {
      for (const id of ["same", "", null, undefined]) {
        const tool_calls = ["f", "g", "g"].map((name, index) => ({ index, id, function: { name, arguments: "{}" } }))
        for (const [read, answer] of both({ tool_calls }, "tool_calls")) {
          const reply = yield* read(answer)
          expect(reply.tool_calls).toMatchObject([{ name: "f" }, { name: "g" }, { name: "g" }])
          expect(new Set(reply.tool_calls.map(({ id }) => id)).size).toBe(3)
        }
      }
    })
  )

  it.effect("keeps what a provider added to the message, to a call and to its function", () =>
    Effect.gen(function* () {
      const call = {
        id: "a",
        type: "function",
        extra_content: { google: { thought_signature: "A==" } },
        function: { name: "f", arguments: "{}", thought: "B==", note: null }
      }
      const message = { role: "assistant", content: "hi", reasoning_content: "Hm.", annotations: [], audio: null }
      const { extra_content } = call
      yield* expectBoth(
        {
          extra: { reasoning_content: "Hm." },
          tool_calls: [{ id: "a", name: "f", arguments: "{}", extra: { extra_content, function: { thought: "B==" } } }]
        },
        { ...message, tool_calls: [call] },
        "tool_calls"
      )
      for (const [read, answer] of both({ role: "assistant", content: "hi", name: "Ada" })) {
        expect(yield* read(answer)).not.toHaveProperty("extra")
      }
    })
  )

  it.effect("without text and call is an error, unless its finish reason accounts for it", () =>
    Effect.gen(function* () {
      for (const message of [{ content: null }, { content: "" }, { reasoning_content: "Hm." }]) {
        for (const [read, answer] of both(message)) {
          expect(yield* Effect.flip(read(answer))).toMatchObject({ reason: "empty_reply" })
        }
        for (const reason of ["length", "content_filter"]) {
          yield* expectBoth({ content: null, tool_calls: [], finish_reason: reason }, message, reason)
        }
      }
      expect(yield* Effect.flip(streamed(sse("[DONE]")))).toMatchObject({ reason: "empty_reply" })
    })
  )
})

describe("an error in a 200", () => {
  const limit = { message: "Slow down", code: 429 }
  const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "23s" }]
  const bodies: ReadonlyArray<readonly [body: object, expected: object]> = [
    [{ error: limit }, { reason: "rate_limited" }],
    [{ error: { message: "Slow down", code: "429" } }, { reason: "rate_limited" }],
    [{ error: { message: "Slow down", type: "rate_limit_error" } }, { reason: "rate_limited" }],
    [[{ error: { ...limit, status: "RESOURCE_EXHAUSTED", details } }], { reason: "rate_limited", retryAfter: 23 }],
    [{ error: { message: "Slow down", status: "RESOURCE_EXHAUSTED" } }, { reason: "rate_limited" }],
    [{ object: "error", ...limit }, { reason: "rate_limited" }],
    [{ errors: [limit], success: false }, { reason: "rate_limited" }],
    [{ choices: [{ index: 0, error: limit, finish_reason: "error" }] }, { reason: "rate_limited" }],
    [{ type: "error", error: { type: "authentication_error", message: "Slow down" } }, { reason: "unauthorized" }],
    [{ error: { type: "invalid_request_error", message: "Slow down" } }, { reason: "invalid_request" }],
    [{ error: { code: "model_not_found", message: "Slow down" } }, { reason: "unknown_model" }],
    [{ error: { type: "overloaded_error", message: "Slow down" } }, { reason: "unavailable" }],
    [{ error: "Slow down" }, { reason: "unavailable" }],
    [{ base_resp: { status_code: 1002, status_msg: "Slow down" }, choices: null }, { reason: "unavailable" }]
  ]

  it.effect("is that error, in a body of any content type, in a list and in a stream", () =>
    Effect.gen(function* () {
      for (const [body, expected] of bodies) {
        const text = JSON.stringify(body)
        const answers = [
          json(text),
          json(`\n\n${text}\n`, "text/html"),
          sse(body),
          sse(chunk({ content: "hi" }), body),
          sse(chunk({ content: "hi" }), body, chunk({}, "stop"), "[DONE]"),
          { body: `event: error\ndata: ${text}\n\ndata: [DONE]\n\n` }
        ]
        for (const answer of answers) {
          for (const read of Object.values(ways)) {
            const error = yield* Effect.flip(read(answer))
            expect(error, text).toMatchObject(expected)
            expect(error.message).toContain("Slow down")
            expect(error.message).toContain("llm.test")
          }
        }
      }
    })
  )

  it.effect("in an event named error needs no form, and takes the pause of the headers", () =>
    Effect.gen(function* () {
      for (const data of ['{"message":"Slow down"}', "Slow down"]) {
        for (const read of Object.values(ways)) {
          const error = yield* Effect.flip(read({ body: `event: error\ndata: ${data}\n\n` }))
          expect(error.message).toContain("Slow down")
        }
      }
      const answer = { body: { error: limit }, headers: { "retry-after": "9" } }
      expect(yield* Effect.flip(whole(answer))).toMatchObject({ reason: "rate_limited", retryAfter: 9 })
    })
  )

  it.effect("is distinguished from a reply whose error is null", () =>
    Effect.gen(function* () {
      for (const error of [null, {}, "", false]) {
        expect(yield* whole(completion({ content: "hi" }, "stop", { error }))).toMatchObject({ content: "hi" })
        expect(yield* streamed(sse(chunk({ content: "hi" }, "stop", { error })))).toMatchObject({ content: "hi" })
      }
      const base_resp = { status_code: 0, status_msg: "success" }
      expect(yield* whole(completion({ content: "hi" }, "stop", { base_resp }))).toMatchObject({ content: "hi" })
    })
  )

  it.effect("that is a page shows its beginning", () =>
    Effect.gen(function* () {
      for (const read of Object.values(ways)) {
        for (const body of ["<!doctype html><h1>Gateway down</h1>", "Gateway down"]) {
          const error = yield* Effect.flip(read(json(body, "text/html")))
          expect(error).toMatchObject({ reason: "unavailable" })
          expect(error.message).toContain("Gateway down")
        }
      }
    })
  )
})
