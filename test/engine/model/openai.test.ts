import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as OpenAi from "../../../src/engine/model/OpenAiCompatible.js"
import type { ModelError, ModelRequest } from "../../../src/engine/ports/Model.js"
import { estimateTokens } from "../../../src/engine/ports/Tokenizer.js"
import { type Answer, type Responder, stub } from "../../support/stubClient.js"

const KEY = "sk-very-secret"
const hello: ModelRequest = { model: "m", messages: [{ role: "user", content: "Hello" }], tools: [], settings: {} }
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
const completion = (message: object, more: object = {}, choice: object = {}) => ({
  body: {
    id: "c",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop", ...choice }],
    usage,
    ...more
  }
})

/** A model over answers, and what it sent. */
const over = (answers: Answer | ReadonlyArray<Answer> | Responder, options: Partial<OpenAi.EndpointOptions> = {}) => {
  const http = stub(answers)
  const given = { url: "https://llm.test/v1", apiKey: Redacted.make(KEY), samplingExtensions: false, ...options }
  return { http, model: OpenAi.make(http.client, { of: () => Effect.succeed(estimateTokens) }, given) }
}

const sent = (request: Partial<ModelRequest>, options?: Partial<OpenAi.EndpointOptions>) => {
  const { http, model } = over(completion({ content: "ok" }), options)
  return Effect.map(model.complete({ ...hello, ...request }), () => http.last().body)
}

const replied = (answer: Answer, request: Partial<ModelRequest> = {}) =>
  over(answer).model.complete({ ...hello, ...request })

/** The error of a request; retries of the transport are let through by the clock. */
const failed = (answers: Answer | Responder, options?: Partial<OpenAi.EndpointOptions>) =>
  Effect.gen(function* () {
    const { model } = over(answers, options)
    const fiber = yield* Effect.fork(Effect.flip(model.complete({ ...hello, model: "nessie" })))
    yield* TestClock.adjust("10 minutes")
    return yield* Fiber.join(fiber)
  })

const basic = { model: "m", messages: [{ role: "user", content: "Hello" }] }
const extensions = { min_p: 0, repetition_penalty: 1.5, length_penalty: 0.5, preset: "code" }
const common = {
  temperature: 0,
  top_p: 0.5,
  max_tokens: 5,
  seed: -1,
  stop: ["a"],
  logit_bias: { "1": -100 },
  frequency_penalty: 1,
  presence_penalty: -1
}

describe("requests", () => {
  it.effect("go to the endpoint with the key as a bearer token; without a key there is no header", () =>
    Effect.gen(function* () {
      const keyed = over(completion({ content: "ok" }), { url: "https://llm.test/base/v1//" })
      yield* keyed.model.complete(hello)
      expect(keyed.http.last()).toMatchObject({ method: "POST", path: "/base/v1/chat/completions" })
      expect(keyed.http.last().headers).toMatchObject({ authorization: `Bearer ${KEY}` })
      const keyless = over(completion({ content: "ok" }), { apiKey: undefined })
      yield* keyless.model.complete(hello)
      expect(keyless.http.last().headers).not.toHaveProperty("authorization")
    })
  )

  it.effect("have no setting that is not set", () =>
    Effect.gen(function* () {
      expect(yield* sent({})).toEqual(basic)
      expect(yield* sent({ tool_choice: "auto" })).toEqual(basic)
      expect(yield* sent({ settings: { response_format: { type: "text" } } })).toEqual(basic)
      expect(yield* sent({ settings: { response_format: {} } })).toEqual(basic)
    })
  )

  it.effect("carry settings under the API's names, zeros included; extensions only where they are known", () =>
    Effect.gen(function* () {
      const settings = { ...common, ...extensions }
      expect(yield* sent({ settings })).toEqual({ ...basic, ...common })
      expect(yield* sent({ settings }, { samplingExtensions: true })).toEqual({ ...basic, ...common, ...extensions })
      expect(yield* sent({ settings: { stop: "END" } })).toEqual({ ...basic, stop: "END" })
    })
  )

  it.effect("map response_format: JSON, a schema, and a pattern where the endpoint takes one", () =>
    Effect.gen(function* () {
      const of = (
        response_format: NonNullable<ModelRequest["settings"]["response_format"]>,
        samplingExtensions = false
      ) => sent({ settings: { response_format } }, { samplingExtensions })
      expect(yield* of({ type: "json_object" })).toEqual({ ...basic, response_format: { type: "json_object" } })
      expect(yield* of({ type: "json_object", schema: {} })).toEqual({
        ...basic,
        response_format: { type: "json_object" }
      })
      expect(yield* of({ type: "json_object", schema: { type: "object" } })).toMatchObject({
        response_format: { type: "json_schema", json_schema: { name: expect.any(String), schema: { type: "object" } } }
      })
      expect(yield* of({ type: "regex", pattern: "a+" }, true)).toEqual({ ...basic, guided_regex: "a+" })
      const refused = yield* Effect.flip(of({ type: "regex", pattern: "a+" }))
      expect(refused).toMatchObject({ _tag: "ModelError", reason: "invalid_request" })
      expect(yield* Effect.flip(of({ type: "regex" }, true))).toMatchObject({ reason: "invalid_request" })
    })
  )

  it.effect(
    "carry tools, calls and results in OpenAI's form, and names only with `messageNames` where they are valid",
    () =>
      Effect.gen(function* () {
        const parts = [
          { type: "text", text: "a" },
          { type: "image_url", image_url: { url: "https://x.test/" } }
        ] as const
        const tools = [
          { name: "tide", description: "tells", parameters: { type: "object" } },
          { name: "wind", parameters: {} }
        ]
        const tool_choice = { type: "function", function: { name: "tide" } } as const
        const request: Partial<ModelRequest> = {
          tools,
          tool_choice,
          messages: [
            { role: "system", content: "Obey." },
            { role: "user", content: parts, name: "Sam_1-x" },
            { role: "user", content: "b", name: "Sam Smith" },
            { role: "assistant", content: "c", name: "x".repeat(65) },
            { role: "assistant", content: null, tool_calls: [{ id: "1", name: "tide", arguments: "{}" }] },
            { role: "tool", content: "six", tool_call_id: "1", name: "tide" }
          ]
        }
        const call = { id: "1", type: "function", function: { name: "tide", arguments: "{}" } }
        const body = (name: { readonly name?: string }) => ({
          model: "m",
          tools: tools.map((tool) => ({ type: "function", function: tool })),
          tool_choice,
          messages: [
            { role: "system", content: "Obey." },
            { role: "user", content: parts, ...name },
            { role: "user", content: "b" },
            { role: "assistant", content: "c" },
            { role: "assistant", content: null, tool_calls: [call] },
            { role: "tool", content: "six", tool_call_id: "1" }
          ]
        })
        expect(yield* sent(request)).toEqual(body({}))
        expect(yield* sent(request, { messageNames: true })).toEqual(body({ name: "Sam_1-x" }))
      })
  )

  it.effect("pass extra members on, which cannot replace the model or the messages", () =>
    Effect.gen(function* () {
      const extra = { user: "u", weird: { a: [null] }, model: "other", messages: [] }
      expect(yield* sent({ extra })).toEqual({ ...basic, user: "u", weird: { a: [null] } })
    })
  )
})

describe("replies", () => {
  it.effect("of text, of parts and of nothing", () =>
    Effect.gen(function* () {
      const whole = { content: "ok", tool_calls: [], finish_reason: "stop", usage }
      expect(yield* replied(completion({ content: "ok" }))).toEqual(whole)
      const parts = [{ type: "text", text: "o" }, { type: "refusal" }, { type: "text", text: "k" }]
      expect(yield* replied(completion({ content: parts }))).toEqual(whole)
      for (const message of [{ content: null }, { content: "" }, {}, { content: [] }]) {
        const error = yield* failed(completion(message))
        expect(error).toMatchObject({ reason: "empty_reply" })
        expect(error.message).toContain("llm.test")
        for (const finish_reason of ["length", "content_filter"]) {
          const cut = yield* replied(completion(message, {}, { finish_reason }))
          expect(cut).toMatchObject({ content: null, tool_calls: [], finish_reason })
        }
      }
    })
  )

  it.effect("of calls, with and without ids, with functions as objects and as texts", () =>
    Effect.gen(function* () {
      const tool_calls = [
        { id: "1", type: "function", function: { name: "tide", arguments: '{"a":1}' }, index: 0 },
        { function: { name: "wind", arguments: "" } },
        { id: null, function: "moon" }
      ]
      const reply = yield* replied(completion({ content: null, tool_calls }, {}, { finish_reason: null }))
      expect(reply).toMatchObject({ content: null, finish_reason: "tool_calls" })
      const [first, second, third] = reply.tool_calls
      expect(first).toEqual({ id: "1", name: "tide", arguments: '{"a":1}' })
      expect(second).toMatchObject({ name: "wind", arguments: "{}" })
      expect(third).toMatchObject({ name: "moon", arguments: "{}" })
      expect(new Set([first?.id, second?.id, third?.id]).size).toBe(3)
    })
  )

  it.effect("keep unknown finish reasons and members", () =>
    Effect.gen(function* () {
      const odd = completion(
        { content: "ok", mood: 1 },
        { service_tier: "x" },
        { finish_reason: "eos", logprobs: null }
      )
      expect(yield* replied(odd)).toMatchObject({ content: "ok", finish_reason: "eos" })
      expect(yield* replied(completion({ content: "ok" }, {}, { finish_reason: null }))).toMatchObject({
        finish_reason: "stop"
      })
    })
  )

  it.effect("without usage get an estimate, from the request and the reply", () =>
    Effect.gen(function* () {
      const messages = [
        { role: "system", content: "1234567" },
        { role: "assistant", content: null, tool_calls: [] }
      ] as const
      const estimated = { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 }
      for (const usage of [undefined, null]) {
        const answer = completion({ content: "12345678901234" }, { usage })
        expect((yield* replied(answer, { messages })).usage).toEqual(estimated)
      }
      const partial = completion({ content: "x" }, { usage: { prompt_tokens: 5, total_tokens: 5 } })
      expect((yield* replied(partial)).usage).toMatchObject({ prompt_tokens: 5, total_tokens: 5 })
    })
  )

  it.effect("that are not chat completions are unavailable, and name the host", () =>
    Effect.gen(function* () {
      for (const body of ["<html>", "", "null", "[]", '{"choices":1}', '{"id":"x","choices":[]}']) {
        const answer = { status: 200, body, headers: { "content-type": "application/json" } }
        const error = yield* failed(answer)
        expect([body, error.reason]).toEqual([body, "unavailable"])
        expect(error.message).toContain("llm.test")
      }
    })
  )

  it.effect("list the models", () =>
    Effect.gen(function* () {
      const { http, model } = over({
        body: {
          object: "list",
          data: [
            { id: "a", object: "model" },
            { id: "b", x: 1 }
          ]
        }
      })
      expect(yield* model.list).toEqual(["a", "b"])
      expect(http.last()).toMatchObject({ method: "GET", path: "/v1/models" })
    })
  )
})

describe("failures", () => {
  const refusal = (status: number, message: string, code?: string, headers: Record<string, string> = {}): Answer => ({
    status,
    headers,
    body: { error: { message, type: "x", ...(code === undefined ? {} : { code }) } }
  })
  const cases: ReadonlyArray<readonly [what: string, answer: Answer | Responder, expected: Partial<ModelError>]> = [
    [
      "404 of a model",
      refusal(404, "The model `nessie` does not exist", "model_not_found"),
      { reason: "unknown_model" }
    ],
    [
      "404 with words alone",
      refusal(404, 'model "nessie" not found, try pulling it first'),
      { reason: "unknown_model" }
    ],
    ["400 of a model", refusal(400, "no such", "model_not_found"), { reason: "unknown_model" }],
    ["404 of a page", { status: 404, body: "404 page not found" }, { reason: "unavailable" }],
    ["400", refusal(400, "context_length_exceeded"), { reason: "invalid_request" }],
    ["422", refusal(422, "unknown field"), { reason: "invalid_request" }],
    ["401", refusal(401, "Incorrect API key"), { reason: "unauthorized" }],
    ["403", refusal(403, "not allowed"), { reason: "unauthorized" }],
    [
      "429 with a time",
      refusal(429, "slow down", undefined, { "retry-after": "120" }),
      { reason: "rate_limited", retryAfter: 120 }
    ],
    ["429", refusal(429, "quota"), { reason: "rate_limited" }],
    ["500", refusal(500, "oops"), { reason: "unavailable" }],
    ["502 of a proxy", { status: 502, body: "<html>Bad gateway</html>" }, { reason: "unavailable" }],
    [
      "no connection",
      () => Effect.fail(Object.assign(new Error("x"), { code: "ECONNREFUSED" })),
      { reason: "unavailable" }
    ],
    ["no answer", () => Effect.never, { reason: "unavailable" }]
  ]

  for (const [what, answer, expected] of cases) {
    it.effect(`${what} is ${expected.reason}, and names the host`, () =>
      Effect.gen(function* () {
        const error = yield* failed(answer)
        expect(error).toMatchObject({ _tag: "ModelError", ...expected })
        expect(error.message).toContain("llm.test")
        if (expected.reason === "unknown_model") expect(error.message).toContain("nessie")
        if (what === "404 of a page") expect(error.message).toContain("/v1")
        // That is advice for users of the API's client.
        expect(error.message).not.toContain("/api")
      })
    )
  }

  it.effect("never show the values of headers that the endpoint repeats, nor a token without its scheme", () =>
    Effect.gen(function* () {
      const headers = { "api-key": 'azure-"secret"-1', Authorization: "Bearer gateway-token", "x-tier": "1" }
      const failing = (body: unknown) => failed({ status: 400, body }, { headers })
      const error = yield* failing({
        error: { message: 'Wrong key azure-"secret"-1 or gateway-token: see 1.', code: "1" }
      })
      expect(error.message).toContain("Wrong key <redacted> or <redacted>: see 1.")
      const text = yield* failing('azure-"secret"-1, Bearer gateway-token, gateway-token')
      expect(text.message).not.toMatch(/secret|gateway-token/)
    })
  )

  it.effect("never show the key, wherever the endpoint repeats it", () =>
    Effect.gen(function* () {
      for (const [, answer] of cases) {
        const echo: Answer =
          typeof answer === "function" || typeof answer.body === "string"
            ? { status: 401, body: `bad key ${KEY}` }
            : refusal(answer.status ?? 500, `bad key ${KEY}`, KEY)
        const error = yield* failed(echo)
        expect(`${inspect(error, { depth: 9 })}${JSON.stringify(error)}${error.message}`).not.toContain(KEY)
      }
      const { model } = over(completion({ content: "ok" }))
      expect(inspect(model, { depth: 9 })).not.toContain(KEY)
    })
  )
})
