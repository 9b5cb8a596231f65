/** Text completions of `/v1`: relayed where the endpoint has them, else asked as chats, one a prompt. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { events, withRelay } from "../../support/relayed.js"
import type { Answer, Responder, Sent } from "../../support/stubClient.js"

const PATH = "/v1/completions"

const member = (sent: Sent, name: string): unknown => Reflect.get(Object(sent.body), name)

const promptOf = (sent: Sent): string => Reflect.get(Object(Object(member(sent, "messages"))[0]), "content")

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

/** The answer of a chat model that repeats its prompt. */
const echo = (sent: Sent): Answer => {
  const prompt = promptOf(sent)
  const count = Number(member(sent, "n") ?? 1)
  const indexes = Array.from({ length: count }, (_, index) => index)
  const head = { id: `chat-${prompt}`, created: 7, model: "m-1" }
  if (member(sent, "stream") !== true) {
    const choices = indexes.map((index) => ({
      index,
      message: { role: "assistant", content: `${prompt}${index}` },
      finish_reason: "stop"
    }))
    return { body: { ...head, object: "chat.completion", choices, usage } }
  }
  const chunk = (index: number, delta: object, finish_reason: string | null = null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index, delta, finish_reason }]
  })
  return events(
    ...indexes.flatMap((index) => [
      chunk(index, { role: "assistant", content: prompt }),
      chunk(index, { content: String(index) }),
      chunk(index, {}, "stop")
    ]),
    { ...head, choices: [], usage },
    "[DONE]"
  )
}

/** An endpoint without text completions. */
const chatsOnly: Responder = (sent) =>
  sent.path === "/v1/chat/completions" ? echo(sent) : { status: 404, body: { detail: "Not Found" } }

const dataOf = (text: string): ReadonlyArray<unknown> =>
  text
    .trim()
    .split("\n\n")
    .map((event) => event.replace("data: ", ""))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)))

const rich = { prompt: ["a", [1, 2]], echo: true, suffix: "!", best_of: 3, logprobs: 2, n: 2, odd: 1, model: "m" }

describe("a text completion", () => {
  it.effect("reaches an endpoint that has them as it was sent, and comes back as it was answered", () => {
    const answer = '{ "object":"text_completion","choices":[{"text":"x","logprobs":{"tokens":[]}}] }'
    return withRelay({ body: answer, headers: { "content-type": "application/json" } }, ({ ask, http }) =>
      Effect.gen(function* () {
        const { text } = yield* ask(PATH, rich)
        expect(text).toBe(answer)
        expect(http.last()).toMatchObject({ path: PATH, text: JSON.stringify(rich) })
        expect(http.requests).toHaveLength(1)
      })
    )
  })

  it.effect("is one chat a prompt where the endpoint has none, found out once", () =>
    withRelay(chatsOnly, ({ ask, http }) =>
      Effect.gen(function* () {
        const body = { model: "m", prompt: ["a", "b"], n: 2, temperature: 0.5, echo: false, suffix: null, best_of: 1 }
        const { json } = yield* ask(PATH, body)
        expect(json).toEqual({
          id: "chat-a",
          created: 7,
          model: "m-1",
          object: "text_completion",
          choices: ["a0", "a1", "b0", "b1"].map((text, index) => ({
            index,
            text,
            logprobs: null,
            finish_reason: "stop"
          })),
          usage: { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 }
        })
        expect(http.requests.slice(1).map(({ body }) => body)).toEqual(
          ["a", "b"].map((content) => ({ model: "m", n: 2, temperature: 0.5, messages: [{ role: "user", content }] }))
        )
        yield* ask(PATH, { model: "m", prompt: "c" })
        expect(http.requests.map(({ path }) => path)).toEqual([
          PATH,
          ...["a", "b", "c"].map(() => "/v1/chat/completions")
        ])
      })
    )
  )

  it.effect("is a chat for a model that OpenAI has for chats only, and not for one that does not exist", () =>
    Effect.gen(function* () {
      const message = "This is a chat model and not supported in the v1/completions endpoint."
      const chatModel: Responder = (sent) =>
        sent.path === "/v1/chat/completions"
          ? echo(sent)
          : { status: 404, body: { error: { message, param: "model" } } }
      const { json } = yield* withRelay(chatModel, ({ ask }) => ask(PATH, { prompt: "a" }))
      expect(json).toMatchObject({ choices: [{ text: "a0" }] })
      const error = { message: "The model 'nessie' does not exist.", code: "model_not_found" }
      const refused = yield* withRelay({ status: 404, body: { error } }, ({ ask, http }) =>
        Effect.map(ask(PATH, { prompt: "a", model: "nessie" }), ({ json }) => [json, http.requests.length])
      )
      expect(refused).toEqual([{ error }, 1])
    })
  )

  it.effect("streams the text of chunks that say that they have no error", () => {
    const chunk = { id: "c", error: null, choices: [{ index: 0, delta: { content: "Hi" } }] }
    const answers: Responder = (sent) =>
      sent.path === PATH ? { status: 404, body: { detail: "Not Found" } } : events(chunk, "[DONE]")
    return withRelay(answers, ({ ask }) =>
      Effect.gen(function* () {
        const { text } = yield* ask(PATH, { prompt: "a", stream: true })
        expect(dataOf(text)[0]).toMatchObject({ object: "text_completion", choices: [{ text: "Hi" }] })
      })
    )
  })

  it.effect("has the first id, time and model that a chunk gives, which Azure's first chunk leaves empty", () => {
    const choice = { index: 0, delta: { content: "Hi" } }
    const answers: Responder = (sent) =>
      sent.path === PATH
        ? { status: 404, body: { detail: "Not Found" } }
        : events(
            { id: "", created: 0, model: "", choices: [], prompt_filter_results: [] },
            { id: "c", created: 7, model: "m-1", choices: [choice] },
            { id: "d", created: 8, model: "m-2", choices: [choice] },
            "[DONE]"
          )
    return withRelay(answers, ({ ask }) =>
      Effect.gen(function* () {
        const { text } = yield* ask(PATH, { prompt: "a", stream: true })
        const chunk = { id: "c", created: 7, model: "m-1", choices: [{ text: "Hi" }] }
        expect(dataOf(text)).toMatchObject([chunk, chunk, "[DONE]"])
      })
    )
  })

  it.effect("streams the chats one after the other, with usage where it is asked for", () =>
    withRelay(
      chatsOnly,
      ({ ask }) =>
        Effect.gen(function* () {
          const body = { model: "m", prompt: ["a", "b"], stream: true, stream_options: { include_usage: true } }
          const { headers, text } = yield* ask(PATH, body)
          expect(headers["content-type"]).toContain("text/event-stream")
          const head = { id: "chat-a", created: 7, model: "m-1", object: "text_completion" }
          const chunk = (index: number, text: string, finish_reason: string | null = null) => ({
            ...head,
            choices: [{ index, text, logprobs: null, finish_reason }],
            usage: null
          })
          expect(dataOf(text)).toEqual([
            ...[chunk(0, "a"), chunk(0, "0"), chunk(0, "", "stop")],
            ...[chunk(1, "b"), chunk(1, "0"), chunk(1, "", "stop")],
            { ...head, choices: [], usage: { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 } },
            "[DONE]"
          ])
          const unasked = yield* ask(PATH, { model: "m", prompt: "a", stream: true })
          expect(unasked.text).not.toContain("usage")
        }),
      // The second chat needs the place of the first.
      { model: { maxConcurrency: 1 } }
    )
  )

  for (const [param, body] of [
    ["echo", { echo: true }],
    ["suffix", { suffix: "!" }],
    ["best_of", { best_of: 2 }],
    ["logprobs", { logprobs: 0 }],
    ["prompt", { prompt: [1, 2] }],
    ["prompt", { prompt: [[1], [2]] }]
  ] as const) {
    it.effect(`that no chat can honour is a 400 that names ${param}: ${JSON.stringify(body)}`, () =>
      withRelay(chatsOnly, ({ ask, http }) =>
        Effect.gen(function* () {
          for (const stream of [false, true]) {
            const { json, status } = yield* ask(PATH, { prompt: "a", ...body, stream })
            expect(status).toBe(400)
            expect(json).toMatchObject({
              error: { type: "invalid_request_error", param, code: "unsupported_parameter" }
            })
          }
          expect(http.requests.map(({ path }) => path)).toEqual([PATH])
        })
      )
    )
  }

  it.effect(
    "has at most 2,048 prompts times n where each prompt is a chat, and any number at an endpoint that has it",
    () =>
      Effect.gen(function* () {
        const most = { prompt: Array<string>(8).fill("a"), n: 256 }
        const over = [
          { prompt: Array<string>(2049).fill("a") },
          { prompt: Array<string>(683).fill("a"), n: 3 },
          { prompt: "a", n: 2049 }
        ]
        yield* withRelay(chatsOnly, ({ ask, http }) =>
          Effect.gen(function* () {
            const { json } = yield* ask(PATH, most)
            expect(json).toMatchObject({ choices: expect.toSatisfy((choices) => choices.length === 2048) })
            const asked = http.requests.length
            for (const body of over) {
              for (const stream of [false, true]) {
                const refused = yield* ask(PATH, { ...body, stream })
                expect(refused.status).toBe(400)
                expect(refused.json).toMatchObject({
                  error: { param: "prompt", message: expect.stringContaining("at most 2048 prompts times n") }
                })
              }
            }
            expect(http.requests).toHaveLength(asked)
          })
        )
        for (const body of over) {
          const { status } = yield* withRelay({ body: { choices: [] } }, ({ ask }) => ask(PATH, body))
          expect(status).toBe(200)
        }
      })
  )

  it.effect("fails as its first chat fails", () =>
    Effect.gen(function* () {
      const error = { message: "Slow down.", type: "requests", param: null, code: "rate_limit_exceeded" }
      const failing: Responder = (sent) =>
        sent.path === PATH ? { status: 405 } : { status: 429, body: { error }, headers: { "retry-after": "3" } }
      for (const stream of [false, true]) {
        const { headers, json, status } = yield* withRelay(failing, ({ ask }) => ask(PATH, { prompt: "a", stream }))
        expect([status, json, headers["retry-after"]]).toEqual([429, { error }, "3"])
      }
    })
  )

  it.effect("ends with the first of its chats that fails in the middle", () => {
    const broken: Responder = (sent) =>
      sent.path === PATH
        ? { status: 404 }
        : events(
            { choices: [{ index: 0, delta: { content: "a" } }], error: null },
            { error: { message: "Broke.", code: 503 } }
          )
    return withRelay(broken, ({ ask, http }) =>
      Effect.gen(function* () {
        const { text } = yield* ask(PATH, { prompt: ["a", "b"], stream: true })
        expect(dataOf(text)).toEqual([
          { object: "text_completion", choices: [{ index: 0, text: "a", logprobs: null, finish_reason: null }] },
          { error: { message: "Broke.", code: 503, status: 503 } }
        ])
        expect(http.requests).toHaveLength(2)
      })
    )
  })
})
