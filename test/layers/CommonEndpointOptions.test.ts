/** The options that `model` and `embedder` share: what is refused when the layer is built, and what reaches the endpoint. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import { type Answer, type Responder, stub } from "../support/stubClient.js"

const url = "https://llm.test/v1"
const hello = { messages: [{ role: "user", content: "Hello" }] } as const

const reply: Answer = {
  body: { id: "c", choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }] }
}

/** Builds an engine whose endpoints answer so. */
const engine = (options: object, answers: Answer | Responder = reply) => {
  const http = stub(answers)
  // Options that the compiler refuses are what users of JavaScript give.
  const layer = Embedded.layerMemory(options as Embedded.Options)
  return { http, layer: Layer.provide(layer, Layer.succeed(Embedded.Outbound, http.client)) }
}

/** One chat of a new session, after an hour if it has to wait. */
const chatting = (stream = false) =>
  Effect.gen(function* () {
    const { agents, sessions } = yield* Julep
    const agent = yield* agents.create({ name: "Ada" })
    const session = yield* sessions.create({ agent_id: agent.id })
    const turn: Effect.Effect<unknown, unknown> = stream
      ? Stream.runDrain(sessions.chatStream(session.id, hello))
      : sessions.chat(session.id, hello)
    return yield* Effect.fork(Effect.either(turn))
  })

const refused: Readonly<Record<string, readonly [given: object, message: string]>> = {
  "credentials in the URL": [{ url: "https://sam:secret@llm.test/v1" }, "must not hold credentials"],
  "a header that HTTP cannot carry": [{ headers: { "x a": "secret" } }, '.headers: The header "x a"'],
  "a value that HTTP cannot carry": [{ headers: { "x-a": "secret\n" } }, '.headers: The header "x-a"'],
  "a key of more than one line": [{ apiKey: "secret\nsecret" }, ".apiKey must hold printable ASCII"],
  "extra that is a list": [{ extra: ["secret"] }, ".extra must be an object"],
  ...Object.fromEntries(
    ["model", "messages", "tools", "stream", "n", "response_format"].map(
      (name): readonly [string, readonly [object, string]] => [
        `extra with ${name}`,
        [{ extra: { [name]: "secret" } }, `.extra must not hold "${name}"`]
      ]
    )
  ),
  "omit that is a name": [{ omit: "seed" }, '.omit must be a list of names such as ["seed"], not "seed".'],
  "omit with the model": [{ omit: ["seed", "model"] }, '.omit must not hold "model"'],
  "a timeout of nothing": [{ timeout: 0 }, ".timeout must be milliseconds or a duration"],
  "a part of a timeout that is not a duration": [{ timeout: { headers: "soon" } }, ".timeout must be"],
  "retry that is a number": [{ retry: 3 }, ".retry must be false or a policy"],
  "no concurrency": [{ maxConcurrency: 0 }, ".maxConcurrency must be a whole number from 1, not 0."],
  "half a call at a time": [{ maxConcurrency: 0.5 }, ".maxConcurrency must be a whole number from 1, not 0.5."]
}

describe("the options of endpoints", () => {
  for (const [what, [given, message]] of Object.entries(refused)) {
    it.effect(`refuse ${what}, of a model and of an embedder, and show no secret`, () =>
      Effect.gen(function* () {
        for (const at of ["model", "embedder"]) {
          const { layer } = engine({ [at]: { url, name: "m", ...given } })
          const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
          expect(error).toMatchObject({ _tag: "JulepConfigError", message: expect.stringContaining(message) })
          expect(error.message).not.toContain(what === "extra that is a list" ? "\u0000" : "secret")
        }
      })
    )
  }

  it.effect("refuse what is not a model, an embedder or a reranker, and show no value of it", () =>
    Effect.gen(function* () {
      for (const options of [
        { model: { baseUrl: url, apiKey: "secret" } },
        { model: null },
        { model: 5 },
        { embedder: { baseUrl: url, apiKey: "secret" } },
        { embedder: null },
        { embedder: "some" },
        { embedder: { url } },
        { embedder: { url, name: "e", queryTimeout: "soon" } },
        { embedder: { url, name: "e", queryTimeout: 0 } },
        { embedder: { url, name: "e", maxTokens: 0.5 } },
        { rerank: { baseUrl: url, apiKey: "secret" } },
        { rerank: null },
        { rerank: "some" },
        { rerank: { url: "ftp://x", apiKey: "secret" } },
        { rerank: { url, model: " ", apiKey: "secret" } },
        { rerank: { url, timeout: "soon" } },
        { rerank: { url, extra: { query: "secret" } } }
      ]) {
        const error = yield* Effect.flip(Effect.scoped(Layer.build(engine(options).layer)))
        expect(error._tag).toBe("JulepConfigError")
        expect(error.message).not.toContain("secret")
      }
    })
  )

  it.effect("reach the endpoint, a key without the blanks around it", () =>
    Effect.gen(function* () {
      for (const apiKey of ["key", " key\n", Redacted.make("key ")]) {
        const { http, layer } = engine({
          model: {
            url: "https://llm.test/v1/chat/completions?api-version=1",
            apiKey,
            name: "m",
            headers: { "x-team": "a" },
            extra: { reasoning_effort: "low" }
          }
        })
        yield* Effect.flatMap(chatting(), Fiber.join).pipe(Effect.provide(layer))
        const [sent] = http.requests
        expect(sent?.url.href).toBe("https://llm.test/v1/chat/completions?api-version=1")
        expect(sent?.headers).toMatchObject({ authorization: "Bearer key", "x-team": "a" })
        expect(sent?.body).toMatchObject({ model: "m", reasoning_effort: "low" })
      }
      const { http, layer } = engine({ model: { url, name: "m", apiKey: " " } })
      yield* Effect.flatMap(chatting(), Fiber.join).pipe(Effect.provide(layer))
      expect(http.requests[0]?.headers).not.toHaveProperty("authorization")
    })
  )

  it.effect("a timeout of one duration bounds whole and streamed chats; retry: false makes one attempt", () =>
    Effect.gen(function* () {
      for (const stream of [false, true]) {
        const slow = engine({ model: { url, name: "m", timeout: "2 seconds" } }, () => Effect.never)
        yield* Effect.gen(function* () {
          const turn = yield* chatting(stream)
          yield* TestClock.adjust("2 seconds")
          expect(Either.isLeft(yield* Fiber.join(turn))).toBe(true)
        }).pipe(Effect.provide(slow.layer))
        const down = engine({ model: { url, name: "m", retry: false } }, { status: 503 })
        const failed = yield* Effect.flatMap(chatting(stream), Fiber.join).pipe(Effect.provide(down.layer))
        expect(Either.isLeft(failed)).toBe(true)
        expect(down.http.requests).toHaveLength(1)
      }
    })
  )

  it.effect("a request to /v1 gets one attempt, and its caller may retry", () =>
    Effect.gen(function* () {
      const { http, layer } = engine({ model: { url, name: "m" } }, { status: 503, headers: { "retry-after": "2" } })
      const error = yield* Effect.flatMap(Julep, ({ chat }) => Effect.flip(chat.completions.create(hello))).pipe(
        Effect.provide(layer)
      )
      expect(error).toMatchObject({ _tag: "ServerError", retryAfter: 2 })
      expect(Reflect.get(error, "shouldRetry")).toBeUndefined()
      expect(http.requests).toHaveLength(1)
    })
  )
})
