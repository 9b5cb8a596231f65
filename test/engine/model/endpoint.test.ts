/** How an endpoint is called: its URL, its options, its retries, and what it was found to refuse. In virtual time. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Embeddings from "../../../src/engine/model/Embeddings.js"
import * as OpenAi from "../../../src/engine/model/OpenAiCompatible.js"
import { Refusals } from "../../../src/engine/model/openai/Refusals.js"
import type { Model, ModelError, ModelRequest } from "../../../src/engine/ports/Model.js"
import { estimateTokens } from "../../../src/engine/ports/Tokenizer.js"
import { BadRequest } from "../../../src/schema/Errors.js"
import * as RetryPolicy from "../../../src/transport/RetryPolicy.js"
import { type Answer, type Responder, type Sent, stub, toResponse } from "../../support/stubClient.js"

const hello: ModelRequest = { model: "m", messages: [{ role: "user", content: "Hello" }], tools: [], settings: {} }

const whole: Answer = {
  body: { id: "c", choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }] }
}
const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta, finish_reason }] })}\n\n`
const streamed: Answer = {
  body: `${chunk({ content: "ok" })}${chunk({}, "stop")}data: [DONE]\n\n`,
  headers: { "content-type": "text/event-stream" }
}
const isStreamed = ({ body }: Sent): boolean => typeof body === "object" && body !== null && "stream" in body
const ok = (sent: Sent): Answer => (isStreamed(sent) ? streamed : whole)

const over = (answers: Answer | Responder, options: Partial<OpenAi.EndpointOptions> = {}) => {
  const http = stub(answers)
  const given = { url: "https://llm.test/v1", apiKey: undefined, samplingExtensions: false, ...options }
  return { http, model: OpenAi.make(http.client, { of: () => Effect.succeed(estimateTokens) }, given) }
}

const ways: Readonly<
  Record<string, (model: Model.Service, request: ModelRequest) => Effect.Effect<unknown, ModelError>>
> = {
  complete: (model, request) => model.complete(request),
  stream: (model, request) => Stream.runDrain(model.stream(request))
}

/** Runs a call while an hour passes. */
const inAnHour = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<Either.Either<A, E>> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.either(call))
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const errorOf = <A, E>(end: Either.Either<A, E>): E | undefined => (Either.isLeft(end) ? end.left : undefined)

const refusal = (message: string, status = 400): Answer => ({ status, body: { error: { message } } })
const member = (sent: Sent | undefined, name: string): unknown =>
  typeof sent?.body === "object" && sent.body !== null ? Reflect.get(sent.body, name) : undefined

describe("the URL of an endpoint", () => {
  const urls = {
    "https://llm.test/v1": "https://llm.test/v1",
    "https://llm.test/v1///": "https://llm.test/v1",
    "https://llm.test/v1/chat/completions": "https://llm.test/v1",
    "https://llm.test/v1/chat/completions/": "https://llm.test/v1",
    "https://llm.test/v1/completions": "https://llm.test/v1",
    "https://llm.test/v1/embeddings": "https://llm.test/v1",
    "https://llm.test/v1/responses": "https://llm.test/v1",
    "https://llm.test/v1/models/": "https://llm.test/v1",
    "https://llm.test/models": "https://llm.test/models",
    "https://llm.test/models/chat/completions": "https://llm.test/models",
    "https://llm.test/openai/responses?api-version=preview": "https://llm.test/openai",
    "https://llm.test": "https://llm.test",
    "https://llm.test/openai/deployments/d/chat/completions?api-version=2024-06-01&x=1":
      "https://llm.test/openai/deployments/d"
  }
  for (const [url, base] of Object.entries(urls)) {
    it.effect(`requests for ${url} go below ${base}, with its query`, () =>
      Effect.gen(function* () {
        const search = new URL(url).search
        for (const call of Object.values(ways)) {
          const { http, model } = over(ok, { url })
          yield* call(model, hello)
          expect(http.last().url.href).toBe(`${base}/chat/completions${search}`)
        }
        const http = stub({ body: { data: [{ index: 0, embedding: [1] }] } })
        yield* Embeddings.make(http.client, { url, apiKey: undefined, name: "e", dimensions: undefined }).embed(["a"])
        expect(http.last().url.href).toBe(`${base}/embeddings${search}`)
      })
    )
  }

  it.effect("a URL of text-embeddings-inference keeps its query", () =>
    Effect.gen(function* () {
      const http = stub({ body: [[1]] })
      const url = "https://tei.test/x/embed/?a=1"
      yield* Embeddings.make(http.client, { url, apiKey: undefined, name: "e", dimensions: undefined }).embed(["a"])
      expect(http.last().url.href).toBe("https://tei.test/x/embed?a=1")
    })
  )
})

describe("the options of an endpoint", () => {
  it.effect("headers go with every request, and take the place of the key's", () =>
    Effect.gen(function* () {
      const { http, model } = over((sent) => (sent.method === "GET" ? { body: { data: [] } } : ok(sent)), {
        apiKey: Redacted.make("secret"),
        headers: { "api-key": "a", Authorization: "Basic b" }
      })
      for (const call of Object.values(ways)) yield* call(model, hello)
      yield* model.list
      expect(http.requests).toHaveLength(3)
      for (const { headers } of http.requests) {
        expect(headers).toMatchObject({ "api-key": "a", authorization: "Basic b" })
      }
    })
  )

  it.effect("extra is in every body, below what the request says, and omit in none", () =>
    Effect.gen(function* () {
      const { http, model } = over(ok, {
        extra: { reasoning_effort: "low", temperature: 1, user: "u" },
        omit: ["user", "stream_options", "seed"]
      })
      for (const call of Object.values(ways)) {
        yield* call(model, { ...hello, settings: { temperature: 0, seed: 3 }, extra: { reasoning_effort: "high" } })
        expect(http.last().body).toMatchObject({ reasoning_effort: "high", temperature: 0, model: "m" })
        for (const name of ["user", "stream_options", "seed"]) expect(http.last().body).not.toHaveProperty(name)
        yield* call(model, hello)
        expect(http.last().body).toMatchObject({ reasoning_effort: "low", temperature: 1 })
      }
      const embeddings = stub({ body: { data: [{ index: 0, embedding: [1] }] } })
      const options = { url: "https://e.test/v1", apiKey: undefined, name: "e", dimensions: undefined }
      const more = { extra: { input_type: "query" }, omit: ["encoding_format"], headers: { "x-a": "b" } }
      yield* Embeddings.make(embeddings.client, { ...options, ...more }).embed(["a"])
      expect(embeddings.last().body).toEqual({ model: "e", input: ["a"], input_type: "query" })
      expect(embeddings.last().headers).toMatchObject({ "x-a": "b" })
    })
  )

  it.effect("timeout bounds the wait for an answer, which is not repeated; 300 seconds by default", () =>
    Effect.gen(function* () {
      for (const call of Object.values(ways)) {
        for (const [timeout, seconds] of [
          [undefined, 300],
          [{ headers: Duration.seconds(7) }, 7]
        ] as const) {
          const { http, model } = over(() => Effect.never, { timeout })
          const fiber = yield* Effect.fork(Effect.flip(call(model, hello)))
          yield* TestClock.adjust(Duration.seconds(seconds - 1))
          expect(yield* Fiber.poll(fiber)).toMatchObject({ _tag: "None" })
          yield* TestClock.adjust("1 second")
          expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "ModelError", reason: "unavailable" })
          expect(http.requests).toHaveLength(1)
        }
      }
    })
  )

  it.effect("maxConcurrency lets so many calls run, the others in the order of the calls", () =>
    Effect.gen(function* () {
      const gates = yield* Effect.replicateEffect(Deferred.make<void>(), 6)
      const { http, model } = over(
        (sent, index) =>
          Effect.as(Effect.flatten(Effect.fromNullable(gates[index]?.pipe(Deferred.await))), toResponse(ok(sent))),
        { maxConcurrency: 2 }
      )
      const ask = (name: string, way: string) =>
        Effect.tap(
          Effect.fork(Effect.exit(ways[way]?.(model, { ...hello, model: name }) ?? Effect.void)),
          Effect.yieldNow()
        )
      const names = () => http.requests.map((sent) => member(sent, "model"))
      const first = yield* ask("1", "complete")
      yield* ask("2", "stream")
      const third = yield* ask("3", "stream")
      yield* ask("4", "complete")
      const fifth = yield* ask("5", "stream")
      yield* TestClock.adjust("1 second")
      expect(names()).toEqual(["1", "2"])
      // A call that gives up while it waits takes no place.
      yield* Fiber.interrupt(third)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      expect(names()).toEqual(["1", "2", "4"])
      const last = yield* ask("6", "complete")
      for (const gate of gates) yield* Deferred.succeed(gate, undefined)
      for (const fiber of [fifth, last]) expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "Success" })
      expect(names()).toEqual(["1", "2", "4", "5", "6"])
    })
  )
})

describe("retries of a model", () => {
  const lost = () =>
    Effect.fail(new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNRESET" }) }))
  const torn = () =>
    new Response(new ReadableStream({ pull: (body) => body.error(new Error("terminated")) }), {
      headers: { "content-type": "text/event-stream" }
    })
  const failures: Readonly<Record<string, Responder>> = {
    "a lost connection": lost,
    "a body lost before its first byte": torn,
    "a reply without text and call": () => ({
      body: { choices: [{ message: { content: "" }, finish_reason: "stop" }] }
    }),
    ...Object.fromEntries(
      [408, 429, 500, 502, 503, 529].map((status): readonly [string, Responder] => [
        `a ${status}`,
        () => ({ status, body: "no", headers: { "retry-after": "60" } })
      ])
    )
  }
  for (const [way, call] of Object.entries(ways)) {
    for (const [what, failing] of Object.entries(failures)) {
      it.effect(`${way}: ${what} is repeated twice`, () =>
        Effect.gen(function* () {
          const { http, model } = over((sent, index) => (index < 2 ? failing(sent, index) : ok(sent)))
          expect(errorOf(yield* inAnHour(call(model, hello)))).toBeUndefined()
          expect(http.requests).toHaveLength(3)
          const down = over(failing)
          expect(errorOf(yield* inAnHour(call(down.model, hello)))).toMatchObject({ shouldRetry: false })
          expect(down.http.requests).toHaveLength(3)
        })
      )

      it.effect(`${way}: ${what} is not repeated for a relay, nor if retry is false; the caller may`, () =>
        Effect.gen(function* () {
          for (const [options, request] of [
            [{}, { ...hello, once: true }],
            [{ retry: false }, hello]
          ] as const) {
            const { http, model } = over(failing, options)
            const error = errorOf(yield* inAnHour(call(model, request)))
            expect(error).toBeDefined()
            expect(error?.shouldRetry).toBeUndefined()
            expect(http.requests).toHaveLength(1)
          }
        })
      )
    }

    it.effect(`${way}: a pause of more than a minute is the caller's to wait for`, () =>
      Effect.gen(function* () {
        const pauses: ReadonlyArray<readonly [number, Answer]> = [
          [61, { status: 429, headers: { "retry-after": "61" } }],
          [90, { status: 503, headers: { "retry-after-ms": "90000" } }],
          [70.5, { status: 429, body: [{ error: { message: "quota", details: [{ retryDelay: "70.5s" }] } }] }]
        ]
        for (const [retryAfter, answer] of pauses) {
          const { http, model } = over(answer)
          expect(errorOf(yield* inAnHour(call(model, hello)))).toMatchObject({ retryAfter })
          expect(http.requests).toHaveLength(1)
        }
      })
    )

    it.effect(`${way}: 401, 402 and 403 refuse the key, 413 and 415 the request; neither is repeated`, () =>
      Effect.gen(function* () {
        const reasons = {
          401: "unauthorized",
          402: "unauthorized",
          403: "unauthorized",
          413: "invalid_request",
          415: "invalid_request"
        }
        for (const [status, reason] of Object.entries(reasons)) {
          const { http, model } = over({ status: Number(status), body: "no" })
          const error = errorOf(yield* inAnHour(call(model, hello)))
          expect([status, error?.reason]).toEqual([status, reason])
          if (reason === "unauthorized") expect(error?.shouldRetry).toBe(false)
          expect(http.requests).toHaveLength(1)
        }
      })
    )
  }

  const reported: Readonly<Record<string, Answer>> = {
    "in a body": { body: { error: { message: "overloaded", code: 503 } } },
    "as the first event": {
      body: `data: ${JSON.stringify({ error: { message: "slow down", code: 429 } })}\n\n`,
      headers: { "content-type": "text/event-stream" }
    }
  }
  for (const [what, failing] of Object.entries(reported)) {
    it.effect(`an error that a 200 reports ${what} is repeated as one with its status`, () =>
      Effect.gen(function* () {
        for (const call of Object.values(ways)) {
          const { http, model } = over((sent, index) => (index < 2 ? failing : ok(sent)))
          expect(Either.isRight(yield* inAnHour(call(model, hello)))).toBe(true)
          expect(http.requests).toHaveLength(3)
          const down = over(failing)
          expect(errorOf(yield* inAnHour(call(down.model, hello)))).toMatchObject({ shouldRetry: false })
          expect(down.http.requests).toHaveLength(3)
          const relayed = over(failing)
          expect(Either.isLeft(yield* inAnHour(call(relayed.model, { ...hello, once: true })))).toBe(true)
          expect(relayed.http.requests).toHaveLength(1)
        }
      })
    )
  }

  it.effect("the policy is a value, as the client's is", () =>
    Effect.gen(function* () {
      const { http, model } = over({ status: 500 }, { retry: { ...RetryPolicy.standard, times: 4 } })
      yield* inAnHour(model.complete(hello))
      expect(http.requests).toHaveLength(5)
    })
  )

  it.effect("nothing is repeated after the first event", () =>
    Effect.gen(function* () {
      const { http, model } = over({ ...streamed, body: chunk({ content: "o" }) })
      const texts: Array<unknown> = []
      const read = Stream.runForEach(model.stream(hello), (event) => Effect.sync(() => texts.push(event)))
      expect(errorOf(yield* inAnHour(read))).toMatchObject({ _tag: "ModelError" })
      expect([texts.length, http.requests.length]).toEqual([1, 1])
    })
  )
})

describe("what an endpoint refuses", () => {
  const refusals = [
    refusal("Unrecognized request argument supplied: stream_options"),
    { status: 422, body: { detail: [{ type: "extra_forbidden", loc: ["body", "stream_options"], msg: "no" }] } }
  ]
  for (const answer of refusals) {
    it.effect(`stream_options are left out after a ${answer.status} that names them, and in later requests`, () =>
      Effect.gen(function* () {
        const strict: Responder = (sent) => (member(sent, "stream_options") === undefined ? ok(sent) : answer)
        const { http, model } = over(strict)
        yield* Stream.runDrain(model.stream(hello))
        expect(http.requests.map((sent) => member(sent, "stream_options"))).toEqual([
          { include_usage: true },
          undefined
        ])
        yield* Stream.runDrain(model.stream({ ...hello, once: true }))
        expect(http.requests).toHaveLength(3)
      })
    )
  }

  it.effect("encoding_format is left out of requests for embeddings in the same way", () =>
    Effect.gen(function* () {
      const http = stub((sent) =>
        member(sent, "encoding_format") === undefined
          ? { body: { data: [{ index: 0, embedding: [1] }] } }
          : refusal("unknown field encoding_format")
      )
      const options = { url: "https://e.test/v1", apiKey: undefined, name: "e", dimensions: undefined }
      const { embed } = Embeddings.make(http.client, options)
      yield* embed(["a"])
      yield* embed(["b"])
      expect(http.requests).toHaveLength(3)
    })
  )

  it.effect("a refusal of anything else stays one", () =>
    Effect.gen(function* () {
      const { http, model } = over(refusal("the prompt is too long"))
      for (const call of Object.values(ways))
        expect(yield* Effect.flip(call(model, hello))).toMatchObject({ reason: "invalid_request" })
      expect(http.requests).toHaveLength(2)
    })
  )

  const schemaOf = (name: string) => ({
    ...hello,
    settings: {
      response_format: {
        type: "json_object",
        strict: true,
        schema: { type: "object", properties: { [name]: { type: "string" } }, required: [name] }
      }
    }
  })
  const strictOf = (sent: Sent) => Object(member(sent, "response_format")).json_schema?.strict

  it.effect("a schema is strict until the endpoint refuses it so; it is remembered by schema", () =>
    Effect.gen(function* () {
      const { http, model } = over((sent) =>
        strictOf(sent) === true && JSON.stringify(sent.body).includes("odd")
          ? refusal("Invalid schema for response_format 'response': odd")
          : ok(sent)
      )
      for (const call of Object.values(ways)) yield* call(model, schemaOf("odd"))
      yield* model.complete(schemaOf("even"))
      expect(http.requests.map(strictOf)).toEqual([true, undefined, undefined, true])
      expect(member(http.requests[1] ?? http.last(), "response_format")).toMatchObject({ type: "json_schema" })
    })
  )

  it("a schema is read only where the endpoint has refused one before", () => {
    const refusals = new Refusals([])
    let read = 0
    const schema = { toJSON: () => `schema ${++read}` }
    const body = (schema: unknown) => ({
      model: "m",
      response_format: { type: "json_schema", json_schema: { strict: true, schema } }
    })
    expect(refusals.fit(body(schema))).toEqual(body(schema))
    expect(read).toBe(0)
    const error = new BadRequest({ message: "Invalid schema", status: 400 })
    expect(refusals.learn(body("odd"), error)).toBe(true)
    expect(refusals.fit(body(schema))).toEqual(body(schema))
    expect(read).toBe(1)
    expect(refusals.fit(body("odd"))).toEqual({
      model: "m",
      response_format: { type: "json_schema", json_schema: { schema: "odd" } }
    })
  })

  const limited = (model: string) => ({ ...hello, model, settings: { max_tokens: 9 } })
  const unsupported = (refused: string, other: string) =>
    refusal(`Unsupported parameter: '${refused}' is not supported with this model. Use '${other}' instead.`)
  const takes =
    (name: string, other: string): Responder =>
    (sent) =>
      member(sent, other) === undefined ? ok(sent) : unsupported(other, name)

  for (const model of ["o1", "o1-mini", "o3-mini", "o4-mini", "gpt-5", "gpt-5-mini", "openai/o3", "ft:o4-mini:x"]) {
    it.effect(`${model} is limited by max_completion_tokens from the first request on`, () =>
      Effect.gen(function* () {
        const endpoint = over(takes("max_completion_tokens", "max_tokens"))
        for (const call of Object.values(ways)) yield* call(endpoint.model, limited(model))
        expect(endpoint.http.requests.map((sent) => member(sent, "max_completion_tokens"))).toEqual([9, 9])
      })
    )
  }

  it.effect(
    "any other model by max_tokens, until the endpoint names max_completion_tokens; it is remembered by model",
    () =>
      Effect.gen(function* () {
        const { http, model } = over((sent, index) =>
          member(sent, "model") === "deployed" ? takes("max_completion_tokens", "max_tokens")(sent, index) : ok(sent)
        )
        for (const name of ["deployed", "deployed", "gpt-4o", "mixtral-o1x"]) yield* model.complete(limited(name))
        expect(
          http.requests.map((sent) => [member(sent, "max_tokens"), member(sent, "max_completion_tokens")])
        ).toEqual([
          [9, undefined],
          [undefined, 9],
          [undefined, 9],
          [9, undefined],
          [9, undefined]
        ])
      })
  )

  it.effect("an endpoint that does not know max_completion_tokens gets max_tokens", () =>
    Effect.gen(function* () {
      const { http, model } = over(takes("max_tokens", "max_completion_tokens"))
      yield* model.complete(limited("gpt-5-local"))
      yield* model.complete(limited("gpt-5-local"))
      expect(http.requests.map((sent) => member(sent, "max_tokens"))).toEqual([undefined, 9, 9])
    })
  )

  it.effect("a limit that is too large is refused once, and one that is never accepted ends as a refusal", () =>
    Effect.gen(function* () {
      const large = over(refusal("max_tokens is too large: 9. This model supports at most 5 completion tokens."))
      yield* Effect.flip(large.model.complete(limited("m")))
      expect(large.http.requests).toHaveLength(1)
      const never = over(unsupported("max_tokens", "max_completion_tokens"))
      expect(yield* Effect.flip(never.model.complete(limited("m")))).toMatchObject({ reason: "invalid_request" })
      expect(never.http.requests).toHaveLength(2)
    })
  )
})
