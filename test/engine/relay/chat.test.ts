/** Chat completions of `/v1` in front of an endpoint: requests and answers pass as they came. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { EVENTS, events, UPSTREAM_KEY, withRelay } from "../../support/relayed.js"
import { type Answer, toResponse } from "../../support/stubClient.js"

const PATH = "/v1/chat/completions"
const hello = { model: "other", messages: [{ role: "user", content: "Hello" }] }

/** A request with members that the engine knows nothing about. */
const odd = {
  ...hello,
  n: 2,
  logprobs: true,
  seed: 7.5,
  temperature: null,
  parallel_tool_calls: false,
  messages: [
    { role: "developer", content: [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }] },
    { role: "user", content: [{ type: "input_audio", input_audio: { data: "AA", format: "wav" } }, { type: "file" }] },
    { role: "assistant", content: null, refusal: "no", reasoning_content: "hm" },
    { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
    { role: "function", name: "f", content: "" },
    { role: "assistant", tool_calls: [{ id: "a", type: "custom", custom: { name: "sql", input: "select" } }] },
    { role: "tool", tool_call_id: "a", content: [{ type: "text", text: "half a character: \ud83d" }] }
  ],
  tools: [
    { type: "function", function: { name: "now", strict: true } },
    { type: "custom", custom: { name: "sql", format: { type: "text" } } }
  ],
  tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } },
  response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema: {} } },
  weird_key: { a: [null, { b: "c" }] }
}

/** An answer with members that the engine knows nothing about. */
const rich = `{ "id":"c1","object":"chat.completion","created":1,"model":"other-2026-01-01","service_tier":"default",
  "choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"no","annotations":[],"reasoning_content":"hm"},
  "logprobs":{"content":[],"refusal":null},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":null,
  "function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}],"usage":{"prompt_tokens":1,
  "completion_tokens":1,"total_tokens":2,"prompt_tokens_details":{"cached_tokens":1}},"system_fingerprint":"fp"}`
const json: Answer = { headers: { "content-type": "application/json" }, body: rich }

const delta = (delta: unknown, rest: object = {}) => ({
  id: "c",
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta, finish_reason: null }],
  ...rest
})

describe("a chat completion", () => {
  it.effect("reaches the endpoint with every member as it was sent, and comes back as it was answered", () =>
    withRelay(json, ({ ask, http }) =>
      Effect.gen(function* () {
        const answered = yield* ask(PATH, odd)
        expect(http.requests).toHaveLength(1)
        expect(http.last()).toMatchObject({ method: "POST", path: PATH })
        expect(http.last().text).toBe(JSON.stringify(odd))
        expect(answered).toMatchObject({ status: 200, text: rich })
        expect(answered.headers["content-type"]).toBe("application/json")
      })
    )
  )

  it.effect("asks for the name that stands in for Julep's, or for the default one, and changes nothing else", () =>
    withRelay(json, ({ ask, http }) =>
      Effect.gen(function* () {
        const { model: _, ...unnamed } = odd
        for (const body of [
          unnamed,
          { ...odd, model: null },
          { ...odd, model: "julep-ai/samantha-1-turbo" },
          { ...odd, model: "" }
        ]) {
          yield* ask(PATH, body)
          expect(http.last().body).toEqual({ ...JSON.parse(JSON.stringify(unnamed)), model: "m" })
        }
      })
    )
  )

  it.effect("has the headers, extra and omit of the options, and nothing of the caller's headers", () =>
    withRelay(
      json,
      ({ ask, http }) =>
        Effect.gen(function* () {
          yield* ask(PATH, { ...hello, user: "u" })
          expect(http.last().headers).toMatchObject({ authorization: `Bearer ${UPSTREAM_KEY}`, "x-org": "ours" })
          expect(http.last().headers).not.toHaveProperty("x-secret")
          expect(JSON.stringify(http.last())).not.toContain("of-the-caller")
          expect(http.last().body).toEqual({ reasoning_effort: "low", ...hello })
        }),
      { model: { headers: { "x-org": "ours" }, extra: { reasoning_effort: "low" }, omit: ["user"] } }
    )
  )

  it.effect("comes back with the endpoint's rate limits and its word on retries, and no other header", () =>
    withRelay(
      {
        ...json,
        headers: {
          "content-type": "application/json; charset=utf-8",
          "x-ratelimit-remaining-requests": "9",
          "ratelimit-reset": "3",
          "x-should-retry": "false",
          "set-cookie": "a=b",
          "openai-organization": "org",
          "x-request-id": "theirs"
        }
      },
      ({ ask }) =>
        Effect.gen(function* () {
          const { headers } = yield* ask(PATH, hello)
          expect(headers).toMatchObject({
            "content-type": "application/json; charset=utf-8",
            "x-ratelimit-remaining-requests": "9",
            "ratelimit-reset": "3",
            "x-should-retry": "false"
          })
          for (const name of ["set-cookie", "openai-organization", "x-request-id"]) {
            expect(headers).not.toHaveProperty(name)
          }
        })
    )
  )

  it.effect("is asked for once under a key, and comes back as text that a store can hold", () =>
    withRelay({ headers: { "content-type": "text/plain" }, body: "no\0JSON" }, ({ http, open }) =>
      Effect.gen(function* () {
        for (let times = 0; times < 2; times++) {
          const { status, text } = yield* open(PATH, hello, { "idempotency-key": "k" })
          expect([status, yield* text]).toEqual([200, "no\ufffdJSON"])
        }
        expect(http.requests).toHaveLength(1)
      })
    )
  )

  it.effect(
    "is refused before it is sent where its body is not an object, or its model or stream of another type",
    () =>
      withRelay(json, ({ ask, http }) =>
        Effect.gen(function* () {
          for (const [body, param] of [
            ["null", null],
            ["[]", null],
            ["", null],
            [{ ...hello, model: 7 }, "model"],
            [{ ...hello, stream: "yes" }, "stream"]
          ] as const) {
            const { json, status } = yield* ask(PATH, body)
            expect(status).toBe(422)
            expect(json).toMatchObject({ error: { type: "invalid_request_error", param, message: expect.any(String) } })
            expect(JSON.stringify(json)).not.toContain("Encoded side")
          }
          expect(http.requests).toEqual([])
        })
      )
  )
})

describe("a streamed chat completion", () => {
  it.effect("comes back byte for byte, whatever the endpoint writes between its events", () => {
    const body = [
      ": OPENROUTER PROCESSING\n\n",
      `data: ${JSON.stringify(delta({ role: "assistant", content: "", refusal: null }, { system_fingerprint: "fp" }))}\r\n\r\n`,
      `event: odd\nid: 3\ndata: {"choices":[{"index":1,"delta":{"reasoning_content":"h\u00e4"}}]}\n\n`,
      ": comment\n\n",
      'data: {"choices":[],"usage":{"total_tokens":3}}\n\ndata: [DONE]\n\n',
      "data: after the end"
    ].join("")
    return withRelay({ headers: EVENTS, body }, ({ ask, http }) =>
      Effect.gen(function* () {
        const { headers, status, text } = yield* ask(PATH, { ...hello, stream: true })
        expect({ status, text }).toEqual({ status: 200, text: body })
        expect(headers["content-type"]).toBe(EVENTS["content-type"])
        // Usage is the caller's to ask for.
        expect(http.last().body).toEqual({ ...hello, stream: true })
      })
    )
  })

  it.effect("of an endpoint that answers with a whole body comes back as that", () =>
    withRelay(json, ({ ask }) =>
      Effect.gen(function* () {
        const { headers, text } = yield* ask(PATH, { ...hello, stream: true })
        expect(text).toBe(rich)
        expect(headers["content-type"]).toBe("application/json")
      })
    )
  )
})

const refusal = {
  error: {
    message: "Too long.",
    type: "invalid_request_error",
    param: "messages",
    code: "context_length_exceeded",
    x: 1
  }
}

describe("a failure of the endpoint", () => {
  for (const stream of [false, true]) {
    const body = { ...hello, stream }
    const kind = stream ? "before the first event" : "of a whole answer"

    for (const status of [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 503]) {
      it.effect(`${kind} has its status ${status}, its error and its advice, after one attempt`, () =>
        withRelay(
          {
            status,
            body: { ...refusal, error: { ...refusal.error, code: "model_not_found" } },
            headers: { "retry-after": "7" }
          },
          ({ ask, http }) =>
            Effect.gen(function* () {
              const answered = yield* ask(PATH, body)
              expect(answered.status).toBe(status)
              expect(answered.json).toEqual({ error: { ...refusal.error, code: "model_not_found" } })
              expect(answered.headers["retry-after"]).toBe("7")
              expect(http.requests).toHaveLength(1)
            })
        )
      )
    }

    it.effect(`${kind} is in OpenAI's form, whatever form it came in`, () =>
      Effect.gen(function* () {
        for (const [sent, message, code] of [
          [{ detail: "Nope." }, "Nope.", null],
          [{ object: "error", message: "Nope.", type: "BadRequestError", param: null, code: 400 }, "Nope.", 400],
          [[{ error: { code: 400, message: "Nope.", status: "INVALID_ARGUMENT" } }], "Nope.", 400],
          [{ error: "Nope." }, "Nope.", null],
          ["Nope.", "Nope.", null],
          ["", expect.stringContaining("400"), null]
        ] as const) {
          const { json } = yield* withRelay({ status: 400, body: sent }, ({ ask }) => ask(PATH, body))
          expect(json).toMatchObject({ error: { message, code, type: expect.any(String) } })
        }
      })
    )

    it.effect(`${kind} shows no key, of this engine or of anybody`, () =>
      Effect.gen(function* () {
        const theirs = "sk-proj-abc***********xyz9"
        const message = `Keys ${UPSTREAM_KEY}, ${theirs} and header-secret-1 are wrong (Bearer abcdefgh12345)`
        for (const sent of [{ error: { message, code: theirs } }, message, { detail: [{ msg: message }] }]) {
          const { text } = yield* withRelay({ status: 401, body: sent }, ({ ask }) => ask(PATH, body), {
            model: { headers: { "x-key": "header-secret-1" } }
          })
          expect(text).toContain("<redacted>")
          for (const secret of [UPSTREAM_KEY, "sk-proj", "xyz9", "header-secret-1", "abcdefgh12345"]) {
            expect(text).not.toContain(secret)
          }
        }
      })
    )

    it.effect(`${kind} with a status that answers nothing is a 502 that says so`, () =>
      Effect.gen(function* () {
        for (const [status, what] of [
          [204, "answered 204, which has no body"],
          [205, "answered 205, which has no body"],
          [304, "answered 304, a redirect"],
          [999, "answered 999, which is not a status of HTTP"]
        ] as const) {
          const response = toResponse({ headers: EVENTS, status: status === 999 ? 200 : status })
          // The constructor of a response takes no status that a server could not send on purpose.
          Object.defineProperty(response, "status", { value: status })
          const answered = yield* withRelay(
            () => response,
            ({ ask }) => ask(PATH, body)
          )
          expect(answered.status).toBe(502)
          expect(answered.text).toContain(what)
        }
      })
    )

    it.effect(`${kind} has any value as its status or its code`, () =>
      Effect.gen(function* () {
        const odd = { toString: 1 }
        for (const sent of [{ error: { message: "Odd.", status: odd } }, { base_resp: { status_code: odd } }]) {
          const answered = yield* withRelay(stream ? events(sent) : { body: sent }, ({ ask }) => ask(PATH, body))
          expect(answered.status).toBe(502)
        }
      })
    )

    it.effect(`${kind} with status 200 has the status that it names`, () =>
      Effect.gen(function* () {
        for (const [error, status] of [
          [{ message: "Slow down.", code: 429 }, 429],
          [{ message: "Slow down.", type: "rate_limit_error" }, 429],
          [{ message: "Down." }, 502]
        ] as const) {
          const answer = stream ? events({ error }) : { body: { error } }
          const { json, status: got } = yield* withRelay(answer, ({ ask }) => ask(PATH, body))
          expect(got).toBe(status)
          expect(json).toEqual({ error })
        }
      })
    )

    it.effect(`${kind} without an answer is a 502 in OpenAI's form, and names no address of a path`, () =>
      withRelay(
        () => Effect.fail(new Error("lost")),
        ({ ask, http }) =>
          Effect.gen(function* () {
            const { json, status } = yield* ask(PATH, body)
            expect(status).toBe(502)
            expect(json).toMatchObject({ error: { type: "server_error", code: "MODEL", param: null } })
            expect(http.requests).toHaveLength(1)
          })
      )
    )

    it.effect(`${kind} that is a redirect to elsewhere is a 502`, () =>
      withRelay({ status: 307, headers: { location: "https://other.test/" } }, ({ ask }) =>
        Effect.gen(function* () {
          const { headers, status } = yield* ask(PATH, body)
          expect(status).toBe(502)
          expect(headers).not.toHaveProperty("location")
        })
      )
    )

    it.effect(`${kind} of a URL without chat completions says so, and nothing about the base URL of Julep`, () =>
      withRelay({ status: 404, body: "404 page not found" }, ({ ask }) =>
        Effect.gen(function* () {
          const { json, status, text } = yield* ask(PATH, body)
          expect(status).toBe(404)
          expect(json).toMatchObject({ error: { code: "unknown_url", message: expect.stringContaining("lack /v1") } })
          expect(text).not.toContain("/api")
        })
      )
    )
  }

  it.effect("after the first event is the stream's last one, without keys, and with its status", () =>
    withRelay(events(delta({ content: "Hi" }), { error: { message: `Bad ${UPSTREAM_KEY}`, code: 500 } }), ({ ask }) =>
      Effect.gen(function* () {
        const { status, text } = yield* ask(PATH, { ...hello, stream: true })
        expect(status).toBe(200)
        expect(text).toContain('"Hi"')
        expect(text).toContain('{"error":{"message":"Bad <redacted>","code":500}}')
      })
    )
  )

  it.effect("beside a reply stays there, without keys", () => {
    const beside = (secret: string) => ({ choices: [], error: { message: `Bad ${secret}` } })
    return withRelay({ body: beside(UPSTREAM_KEY) }, ({ ask }) =>
      Effect.gen(function* () {
        expect(yield* ask(PATH, hello)).toMatchObject({ status: 200, json: beside("<redacted>") })
      })
    )
  })

  it.effect("that a reply mentions stays as it is in the reply", () =>
    withRelay(events(delta({ content: `an "error" with the key ${UPSTREAM_KEY}` })), ({ ask }) =>
      Effect.gen(function* () {
        const { text } = yield* ask(PATH, { ...hello, stream: true })
        expect(text).toContain(UPSTREAM_KEY)
      })
    )
  )

  it.effect("that loses the connection after the first event is an error event in OpenAI's form", () =>
    withRelay(
      () =>
        Effect.succeed(
          new Response(
            new ReadableStream({
              start: (controller) => {
                controller.enqueue(
                  new TextEncoder().encode(`data: ${JSON.stringify(delta({ content: "Hi" }))}\n\ndata: {"cho`)
                )
              },
              pull: (controller) => controller.error(new Error("reset"))
            }),
            { headers: EVENTS }
          )
        ),
      ({ ask }) =>
        Effect.gen(function* () {
          const { status, text } = yield* ask(PATH, { ...hello, stream: true })
          expect(status).toBe(200)
          const last = text.trim().split("\n\n").at(-1) ?? ""
          expect(JSON.parse(last.replace("data: ", ""))).toMatchObject({
            error: { type: "server_error", param: null, status: 502 }
          })
          expect(text).not.toContain("[DONE]")
          expect(text).not.toContain('{"cho"')
        })
    )
  )

  it.effect("is in the log with its status and its host, and without a word of the request or the answer", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ annotations, cause, message }) => {
        lines.push(JSON.stringify([message, cause, [...annotations]]))
      })
      const said = { error: { message: `You said "Hello" with ${UPSTREAM_KEY}.` } }
      const logged = Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      for (const answer of [{ status: 500, body: said }, events({ error: said.error }), events(delta({}), said)]) {
        yield* logged(withRelay(answer, ({ ask }) => ask(PATH, { ...hello, stream: true })))
      }
      const failures = lines.filter((line) => line.includes("answered"))
      expect(failures.length).toBe(2)
      for (const line of failures) expect(line).toContain("llm.test answered 50")
      expect(lines.join("\n")).not.toMatch(/Hello|You said|sk-/)
    })
  )
})
