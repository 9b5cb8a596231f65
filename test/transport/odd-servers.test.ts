/** A stream ends in a terminal event or in a typed error, whatever the server does. */
import { isDeepStrictEqual } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { accumulateChatCompletion, Julep, type RequestError } from "../../src/index.js"
import type { JulepConfig } from "../../src/layers/JulepConfig.js"
import { KEY } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import { joinAfter, soon, until } from "../support/latches.js"
import { unusedPort } from "../support/loopback.js"
import {
  type Behaviour,
  chunk,
  chunkedHead,
  clientOf,
  EVENT_STREAM,
  events,
  everyKind,
  head,
  httpClients,
  type Kind,
  LAST_CHUNK,
  oddServer,
  stream,
  whole
} from "../support/oddServers.js"

interface Case {
  readonly what: string
  readonly behave: (kind: Kind) => Behaviour
  /** The texts that arrive. */
  readonly texts: ReadonlyArray<string>
  /** How it ends; without it, well. */
  readonly error?: (kind: Kind) => Readonly<Record<string, unknown>>
  readonly options?: JulepConfig.Options
  /** How many requests arrive; one unless said otherwise. */
  readonly attempts?: number
  /** The time limit that ends it, in milliseconds of `TestClock`; without one the test runs on the real clock. */
  readonly limit?: number
}

const HELLO = ["Hel", "lo ", "wörld 🚢"]
const DONE = "[DONE]"

/** The events of a good answer. */
const good = (kind: Kind) => [...HELLO.map(kind.piece), kind.finish()]

const says =
  (bytes: (kind: Kind) => string | Uint8Array) =>
  (kind: Kind): Behaviour =>
  (_request, socket) => {
    socket.write(bytes(kind))
  }

/** Says this and closes the connection. */
const closes =
  (bytes: (kind: Kind) => string | Uint8Array) =>
  (kind: Kind): Behaviour =>
  (_request, socket) => {
    socket.end(bytes(kind))
  }

/** Says this and resets the connection. */
const resets =
  (bytes: (kind: Kind) => string | Uint8Array) =>
  (kind: Kind): Behaviour =>
  (_request, socket) => {
    socket.write(bytes(kind), () => socket.resetAndDestroy())
  }

/** One byte a chunk, each in a turn of its own. */
const bytewise =
  (body: (kind: Kind) => string) =>
  (kind: Kind): Behaviour =>
  (_request, socket) => {
    const bytes = Buffer.from(body(kind))
    const next = (at: number) => {
      if (at === bytes.length) socket.write(LAST_CHUNK)
      else socket.write(chunk(bytes.subarray(at, at + 1)), () => next(at + 1))
    }
    socket.write(chunkedHead, () => next(0))
  }

const interrupted = (text: string) => (kind: Kind) => ({
  _tag: "StreamInterrupted",
  method: "POST",
  path: kind.path,
  text,
  message: expect.stringContaining(`POST ${kind.path}: the stream ended before its last event`)
})

const timeout = (phase: string, words: string) => (kind: Kind) => ({
  _tag: "TimeoutError",
  phase,
  method: "POST",
  path: kind.path,
  message: expect.stringContaining(words)
})

/** An error that the provider sent inside its stream. */
const provider = (_tag: string, status: number, words: string) => (kind: Kind) => ({
  _tag,
  status,
  method: "POST",
  path: kind.path,
  message: `POST ${kind.path} failed while streaming: ${words}`
})

const answered =
  (_tag: string, status: number, more: Readonly<Record<string, unknown>> = {}) =>
  (kind: Kind) => ({
    _tag,
    status,
    method: "POST",
    path: kind.path,
    message: expect.stringContaining(`POST ${kind.path} returned ${status}`),
    ...more
  })

const half = (kind: Kind) => events([kind.piece("Hel"), kind.piece("lo")])

const withError = (error: unknown) => says((kind) => stream(events([kind.piece("Hel"), JSON.stringify(error)])))

const HTML = `<html><body>bad gateway, key ${KEY}</body></html>`
const SCRUBBED = HTML.replace(KEY, "<redacted>")

const limited = (headers: Readonly<Record<string, string>>) => says(() => whole(429, "slow down", headers))

const cases: ReadonlyArray<Case> = [
  { what: "a good stream", behave: says((kind) => stream(events([...good(kind), DONE]))), texts: [...HELLO, ""] },
  {
    what: "one byte per chunk",
    behave: bytewise((kind) => events([...good(kind), DONE])),
    texts: [...HELLO, ""]
  },
  { what: "no [DONE]", behave: says((kind) => stream(events(good(kind)))), texts: [...HELLO, ""] },
  {
    what: "no [DONE], no length, closed at the end",
    behave: closes((kind) => head(200, EVENT_STREAM) + events(good(kind))),
    texts: [...HELLO, ""]
  },
  {
    what: "no trailing blank line",
    behave: says((kind) => stream(events([...good(kind), DONE]).trimEnd())),
    texts: [...HELLO, ""]
  },
  {
    what: "no trailing blank line and no [DONE]",
    behave: says((kind) => stream(events(good(kind)).trimEnd())),
    texts: [...HELLO, ""]
  },
  { what: "CRLF", behave: says((kind) => stream(events([...good(kind), DONE], "\r\n"))), texts: [...HELLO, ""] },
  { what: "CR", behave: says((kind) => stream(events([...good(kind), DONE], "\r"))), texts: [...HELLO, ""] },
  {
    what: "a byte order mark, comments and names",
    behave: says((kind) =>
      stream(
        `\ufeff: hello\n\n${events(good(kind).map((data) => `${data}\nevent: x\nid: 1`))}: bye\n\n${events([DONE])}`
      )
    ),
    texts: [...HELLO, ""]
  },
  {
    what: "an answer that goes on after [DONE]",
    behave: says((kind) => chunkedHead + chunk(events([...good(kind), DONE, "not JSON"])).toString()),
    texts: [...HELLO, ""]
  },
  { what: "[DONE] and nothing else", behave: says(() => stream(events([DONE]))), texts: [] },
  {
    what: "an unknown finish reason",
    behave: says((kind) => stream(events([kind.piece("Hi"), kind.finish("moon_phase")]))),
    texts: ["Hi", ""]
  },
  {
    what: "another content type",
    behave: says((kind) =>
      stream(events([...good(kind), DONE]))
        .toString()
        .replace("text/event-stream", "text/plain")
    ),
    texts: [...HELLO, ""]
  },
  {
    what: "an error of OpenAI's",
    behave: withError({ error: { message: "The server is overloaded", type: "server_error", code: null } }),
    texts: ["Hel"],
    error: provider("ServerError", 500, "The server is overloaded")
  },
  {
    what: "an error of OpenAI's with a code of its own",
    behave: withError({ error: { message: "Too many tokens", type: "tokens", code: "context_length_exceeded" } }),
    texts: ["Hel"],
    error: (kind) => ({ ...provider("ServerError", 500, "Too many tokens")(kind), code: "context_length_exceeded" })
  },
  {
    what: "an error that names its status",
    behave: withError({ error: { message: "Slow down", status: 429 } }),
    texts: ["Hel"],
    error: provider("RateLimited", 429, "Slow down")
  },
  {
    what: "an error of vLLM's",
    behave: withError({ object: "error", message: "max_tokens is too large", type: "BadRequestError", code: 400 }),
    texts: ["Hel"],
    error: provider("BadRequest", 400, "max_tokens is too large")
  },
  {
    what: "an error that is a text",
    behave: withError({ error: `the model of ${KEY} crashed` }),
    texts: ["Hel"],
    error: provider("ServerError", 500, "the model of <redacted> crashed")
  },
  {
    what: "an error without a message",
    behave: withError({ error: { reason: 7 } }),
    texts: ["Hel"],
    error: provider("ServerError", 500, '{"reason":7}')
  },
  {
    what: "an event that is not JSON",
    behave: says((kind) => stream(events([kind.piece("Hel"), `{"half": "${KEY}`]))),
    texts: ["Hel"],
    error: (kind) => ({ _tag: "UnexpectedResponse", status: 200, path: kind.path, body: '{"half": "<redacted>' })
  },
  {
    what: "an event of another API",
    behave: says((kind) => stream(events([kind.piece("Hel"), '{"type":"ping","choices":1,"response":1}']))),
    texts: ["Hel"],
    error: (kind) => ({
      _tag: "UnexpectedResponse",
      status: 200,
      path: kind.path,
      message: expect.stringContaining("an event does not match the API"),
      body: '{"type":"ping","choices":1,"response":1}'
    })
  },
  {
    what: "a reset in mid-body",
    behave: resets((kind) => chunkedHead + chunk(half(kind)).toString()),
    texts: ["Hel", "lo"],
    error: interrupted("Hello")
  },
  {
    what: "a reset in the middle of an event",
    behave: resets((kind) => chunkedHead + chunk(half(kind) + events([kind.piece("!")]).slice(0, 20)).toString()),
    texts: ["Hel", "lo"],
    error: interrupted("Hello")
  },
  {
    what: "a reset after the headers",
    behave: resets(() => chunkedHead),
    texts: [],
    error: interrupted("")
  },
  {
    what: "a body in chunks that is cut off",
    behave: closes((kind) => chunkedHead + chunk(half(kind)).toString()),
    texts: ["Hel", "lo"],
    error: interrupted("Hello")
  },
  {
    what: "an end without a finish",
    behave: says((kind) => stream(half(kind))),
    texts: ["Hel", "lo"],
    error: interrupted("Hello")
  },
  {
    what: "an end without a finish, closed at the end",
    behave: closes((kind) => head(200, EVENT_STREAM) + half(kind)),
    texts: ["Hel", "lo"],
    error: interrupted("Hello")
  },
  { what: "an end without an event", behave: says(() => stream(": hello\n\n")), texts: [], error: interrupted("") },
  { what: "an empty 200", behave: says(() => whole(200, "", EVENT_STREAM)), texts: [], error: interrupted("") },
  {
    what: "a reset before the answer",
    behave: resets(() => ""),
    texts: [],
    error: (kind) => ({ _tag: "ConnectionError", reason: "reset", method: "POST", path: kind.path })
  },
  {
    what: "a stall after the headers",
    behave: says(() => chunkedHead),
    options: { timeout: { idle: 60 } },
    limit: 60,
    texts: [],
    error: timeout("idle", "no data for 60ms. Raise `timeout.idle`")
  },
  {
    what: "a stall in mid-stream",
    behave: says((kind) => chunkedHead + chunk(half(kind)).toString()),
    options: { timeout: { idle: 60 } },
    limit: 60,
    texts: ["Hel", "lo"],
    error: timeout("idle", "no data for 60ms. Raise `timeout.idle`")
  },
  {
    what: "headers that never come",
    behave: () => () => {},
    options: { timeout: { headers: 60 } },
    limit: 60,
    texts: [],
    error: timeout("headers", "no response headers within 60ms. Raise `timeout.headers`")
  },
  {
    what: "a redirect with 307, followed",
    behave: (kind) => (request, socket) =>
      socket.write(
        request.path.includes("there=")
          ? stream(events([...good(kind), DONE]))
          : whole(307, "", { location: `${kind.path}?there=1` })
      ),
    texts: [...HELLO, ""],
    attempts: 2
  },
  {
    what: "a redirect with 302, which would lose the body",
    behave: says(() => whole(302, "", { location: "/there" })),
    texts: [],
    error: answered("UnexpectedResponse", 302, { message: expect.stringContaining("a redirect to /there") })
  },
  {
    what: "a redirect to another origin",
    behave: says(() => whole(308, "", { location: "http://other.test/there?key=1" })),
    texts: [],
    error: answered("UnexpectedResponse", 308, {
      message: expect.stringMatching(/http:\/\/other\.test that was not followed/)
    })
  },
  {
    what: "redirects without end",
    behave: says(({ path }) => whole(307, "", { location: `${path}?again=1` })),
    texts: [],
    error: answered("UnexpectedResponse", 307, { message: expect.stringContaining("at most five redirects") }),
    attempts: 6
  },
  {
    what: "a 429 with seconds",
    behave: limited({ "retry-after": "7" }),
    options: { retry: undefined },
    texts: [],
    error: answered("RateLimited", 429, { retryAfter: 7, body: "slow down" })
  },
  {
    what: "a 429 with a date",
    behave: limited({ "retry-after": new Date(Date.now() + 3_600_000).toUTCString() }),
    options: { retry: undefined },
    texts: [],
    error: answered("RateLimited", 429, { retryAfter: expect.closeTo(3600, -2) })
  },
  {
    what: "a 429 with milliseconds",
    behave: limited({ "retry-after-ms": "1500", "retry-after": "9" }),
    options: { retry: undefined },
    texts: [],
    error: answered("RateLimited", 429, { retryAfter: 1.5 })
  },
  {
    what: "a 429 that asks for more than a minute",
    behave: limited({ "retry-after": "61" }),
    options: { retry: undefined },
    texts: [],
    error: answered("RateLimited", 429, { retryAfter: 61 })
  },
  {
    what: "an HTML 502",
    behave: says(() => whole(502, HTML, { "content-type": "text/html", "x-request-id": "req-1" })),
    texts: [],
    error: answered("ServerError", 502, { body: SCRUBBED, requestId: "req-1" })
  },
  { what: "an empty 500", behave: says(() => whole(500, "")), texts: [], error: answered("ServerError", 500) },
  {
    what: "a 500 that stalls",
    behave: says(() => head(500, { "content-length": "10" })),
    options: { timeout: { idle: 60 } },
    limit: 60,
    texts: [],
    error: timeout("idle", "no data for 60ms")
  },
  {
    what: "a 401 of OpenAI's",
    behave: says(() => whole(401, '{"error":{"message":"Incorrect API key.","code":"invalid_api_key"}}')),
    texts: [],
    error: answered("Unauthorized", 401, {
      code: "invalid_api_key",
      message: expect.stringMatching(/: Incorrect API key\. Check the API key\.$/)
    })
  },
  {
    what: "a 400 of vLLM's",
    behave: says(() => whole(400, '{"object":"error","message":"no such parameter","code":400}')),
    texts: [],
    error: answered("BadRequest", 400, { message: expect.stringContaining("no such parameter") })
  },
  {
    what: "JSON in place of a stream",
    behave: says(() => whole(200, JSON.stringify({ id: KEY, choices: [] }), { "content-type": "application/json" })),
    texts: [],
    error: (kind) => ({
      _tag: "UnexpectedResponse",
      status: 200,
      path: kind.path,
      message: expect.stringContaining("answered with a body that is not an event stream"),
      body: '{"id":"<redacted>","choices":[]}'
    })
  },
  {
    what: "HTML in place of a stream",
    behave: says(() => whole(200, HTML + "x".repeat(2000))),
    texts: [],
    error: () => ({ _tag: "UnexpectedResponse", status: 200, body: (SCRUBBED + "x".repeat(500)).slice(0, 500) })
  },
  {
    what: "an error in JSON in place of a stream",
    behave: says(() => whole(200, JSON.stringify({ error: { message: "no model", code: 503 } }, undefined, 2))),
    texts: [],
    error: provider("ServerError", 503, "no model")
  }
]

/** The texts of a stream before its end, and the end. */
const endOf = (texts: Stream.Stream<string, RequestError>, arrived: Array<string> = []) =>
  Effect.gen(function* () {
    const exit = yield* Effect.either(Stream.runForEach(texts, (text) => Effect.sync(() => arrived.push(text))))
    return { arrived, error: exit._tag === "Left" ? errorFields(exit.left) : undefined }
  })

/** The behaviour for each of the three streams, which their paths distinguish. */
const byKind =
  (behave: (kind: Kind) => Behaviour): Behaviour =>
  (request, socket, index) => {
    const kind = everyKind.find(({ path }) => request.path.startsWith(path))
    if (kind === undefined) throw new Error(`no stream is at ${request.path}`)
    behave(kind)(request, socket, index)
  }

describe.each(httpClients)("odd servers, over %s", (_name, http) => {
  for (const { attempts = 1, behave, error, limit, options, texts, what } of cases) {
    const test = limit === undefined ? it.scopedLive : it.scoped
    test(what, () =>
      Effect.gen(function* () {
        const server = yield* oddServer(byKind(behave))
        const julep = yield* clientOf(server, options, http)
        const arrived = everyKind.map((): Array<string> => [])
        const streams = Effect.forEach(everyKind, (kind, at) => endOf(kind.texts(julep), arrived[at]), {
          concurrency: "unbounded"
        })
        const whenAllCame = Effect.gen(function* () {
          const fiber = yield* Effect.fork(streams)
          const came = Effect.sync(() => [server.requests.length, ...arrived.map(({ length }) => length)])
          const all = [everyKind.length, ...everyKind.map(() => texts.length)]
          yield* until("the requests, and the texts before the stall", came, (now) => isDeepStrictEqual(now, all))
          return yield* joinAfter(limit ?? 0)(fiber)
        })
        const ends = yield* soon("an end of each stream")(limit === undefined ? streams : whenAllCame)
        for (const [at, kind] of everyKind.entries()) {
          expect(ends[at]?.arrived, kind.name).toEqual(texts)
          if (error === undefined) expect(ends[at]?.error, kind.name).toBeUndefined()
          else expect(ends[at]?.error, kind.name).toMatchObject(error(kind))
          const received = server.requests.filter(({ path }) => path.startsWith(kind.path))
          expect(received, kind.name).toHaveLength(attempts)
          for (const request of received) {
            expect(request.method).toBe("POST")
            expect(JSON.parse(request.body)).toMatchObject({ stream: true })
          }
        }
        expect(JSON.stringify(ends)).not.toContain(KEY)
      })
    )
  }

  it.scopedLive("a server that does not exist", () =>
    Effect.gen(function* () {
      const port = yield* unusedPort
      const julep = yield* clientOf({ origin: `http://127.0.0.1:${port}` }, {}, http)
      for (const kind of everyKind) {
        const { error } = yield* endOf(kind.texts(julep))
        expect(error).toMatchObject({ _tag: "ConnectionError", reason: "refused", path: kind.path })
        expect(error?.["message"]).toContain(`127.0.0.1:${port}`)
      }
    })
  )
})

describe("what some endpoints leave out of chat completions", () => {
  const chunkOf = (choices: ReadonlyArray<unknown>, more: Readonly<Record<string, unknown>> = {}) =>
    JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices, ...more })
  const delta = (inner: unknown, finish_reason: string | null = null) =>
    chunkOf([{ index: 0, delta: inner, finish_reason }])
  const answerOf = (data: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const server = yield* oddServer((_request, socket) => socket.write(stream(events(data))))
      const julep = yield* clientOf(server)
      return yield* accumulateChatCompletion(
        julep.chat.completions.stream({ messages: [{ role: "user", content: "?" }] })
      )
    })

  it.scopedLive("the index of tool-call pieces", () =>
    Effect.gen(function* () {
      const call = (id: string | undefined, name: string | undefined, args: string) =>
        delta({ tool_calls: [{ id, type: "function", function: { name, arguments: args } }] })
      const answer = yield* answerOf([
        call("a", "tide", '{"at":'),
        call(undefined, undefined, '"six"}'),
        call("b", "wind", "{"),
        call("b", undefined, "}"),
        delta({}, "tool_calls")
      ])
      expect(answer.choices[0]?.message["tool_calls"]).toEqual([
        { id: "a", type: "function", function: { name: "tide", arguments: '{"at":"six"}' } },
        { id: "b", type: "function", function: { name: "wind", arguments: "{}" } }
      ])
      expect(answer.choices[0]?.finish_reason).toBe("tool_calls")
    })
  )

  it.scopedLive("choices in the chunk that has the usage", () =>
    Effect.gen(function* () {
      const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, prompt_tokens_details: { cached: 1 } }
      const answer = yield* answerOf([delta({ content: "Hi" }), delta({}, "stop"), chunkOf([], { usage }), DONE])
      expect(answer).toMatchObject({ usage, choices: [{ message: { content: "Hi" }, finish_reason: "stop" }] })
    })
  )

  it.scopedLive("unknown members are kept, and null means absent", () =>
    Effect.gen(function* () {
      const server = yield* oddServer((_request, socket) =>
        socket.write(
          stream(
            events([
              chunkOf(
                [
                  {
                    index: 0,
                    delta: { role: null, content: null, tool_calls: null, mood: "calm" },
                    finish_reason: null
                  }
                ],
                {
                  usage: null,
                  service_tier: "moon"
                }
              ),
              delta({ content: "Hi" }, "stop")
            ])
          )
        )
      )
      const julep = yield* clientOf(server)
      const messages = [{ role: "user", content: "?" }] as const
      const chunks = [...(yield* Stream.runCollect(julep.chat.completions.stream({ messages })))]
      expect(chunks[0]).toMatchObject({ service_tier: "moon", choices: [{ delta: { mood: "calm" } }] })
      expect(chunks).toHaveLength(2)
    })
  )
})

describe("a stream is retried before its first byte, and never after", () => {
  const options = { retry: undefined }
  for (const kind of everyKind) {
    it.scopedLive(`${kind.name}, with an idempotency key`, () =>
      Effect.gen(function* () {
        const server = yield* oddServer((_request, socket, index) =>
          socket.write(
            index === 0
              ? whole(429, "", { "retry-after-ms": "1" })
              : index === 1
                ? whole(503, "", { "retry-after": "0" })
                : stream(half(kind))
          )
        )
        const julep = yield* clientOf(server, options)
        const { arrived, error } = yield* endOf(Julep.withStreamOptions({ idempotencyKey: "once" })(kind.texts(julep)))
        expect(arrived).toEqual(["Hel", "lo"])
        expect(error).toMatchObject({ _tag: "StreamInterrupted", text: "Hello" })
        expect(server.requests.map(({ headers }) => headers["idempotency-key"])).toEqual(["once", "once", "once"])
      })
    )
  }
})
