import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ModelError } from "../../src/engine/ports/Model.js"
import { accumulateChatCompletion, DEFAULT_MODEL, Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { failure, lastRequest } from "../support/turns.js"
import { type Method, send, type Wired } from "../support/wire.js"

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
/** Usage as OpenAI's schema has it. */
const detailed = {
  ...usage,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0
  }
}
const hello = [{ role: "user", content: "Hello" }] as const
const call = { id: "c1", type: "function", function: { name: "tide", arguments: '{"at":"noon"}' } }
const tool = { type: "function", function: { name: "tide", description: "tells", parameters: { type: "object" } } }

/** `/v1`: the model itself. */
export const completions = (mode: Wired) =>
  describe("/v1", () => {
    it.effect("a chat completion is the model's reply in OpenAI's form", () =>
      Effect.gen(function* () {
        const { chat } = yield* Julep
        const completion = yield* chat.completions.create({ model: "mine", messages: hello })
        expect(completion).toEqual({
          id: expect.stringMatching(/^chatcmpl-./),
          object: "chat.completion",
          created: 0,
          model: "mine",
          choices: [
            {
              index: 0,
              message: { role: "assistant", content: "Ahoy", refusal: null },
              logprobs: null,
              finish_reason: "length"
            }
          ],
          usage: detailed
        })
        expect(yield* lastRequest).toMatchObject({ model: "mine", messages: hello, tools: [], settings: {} })
      }).pipe(Effect.provide(mode([Scripted.reply("Ahoy", { finish_reason: "length", usage })])))
    )

    it.effect("a text completion is the model's reply to one prompt", () =>
      Effect.gen(function* () {
        const { completions } = yield* Julep
        for (const prompt of ["Once", ["Once"]]) {
          const completion = yield* completions.create({ model: "mine", prompt })
          expect(completion).toEqual({
            id: expect.stringMatching(/^cmpl-./),
            object: "text_completion",
            created: 0,
            model: "mine",
            choices: [{ index: 0, text: "upon a time", logprobs: null, finish_reason: "stop" }],
            usage: detailed
          })
          expect((yield* lastRequest).messages).toEqual([{ role: "user", content: "Once" }])
        }
        expect(yield* failure(completions.create({ prompt: [] }))).toMatchObject({
          _tag: "UnprocessableRequest",
          issues: [{ path: "prompt" }]
        })
      }).pipe(Effect.provide(mode(() => Scripted.reply("upon a time", { usage }))))
    )

    it.effect("without a model, the default one or the operator's stand-in is requested", () =>
      Effect.gen(function* () {
        const { chat } = yield* Julep
        expect((yield* chat.completions.create({ messages: hello })).model).toBe(DEFAULT_MODEL)
        expect((yield* lastRequest).model).toBe("scripted")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("every member reaches the endpoint, unknown ones as they are, null ones left out", () =>
      Effect.gen(function* () {
        const { chat, completions } = yield* Julep
        const more = {
          temperature: 0,
          min_p: 0.1,
          n: 1,
          stop: "END",
          user: "u",
          weird_key: { a: [null] },
          logit_bias: null
        }
        const { logit_bias: _, ...extra } = more
        // Those with a word of the port's own are settings, as in a chat; nothing is lost either way.
        const reached = Effect.map(lastRequest, ({ extra, settings }) => ({ ...settings, ...extra }))
        yield* chat.completions.create({ model: "mine", messages: hello, ...more })
        expect(yield* reached).toEqual(extra)
        expect((yield* lastRequest).extra).toMatchObject({ n: 1, user: "u", weird_key: { a: [null] } })
        yield* completions.create({ model: "mine", prompt: "Once", ...more, odd: 2 })
        expect(yield* reached).toEqual({ ...extra, odd: 2 })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("messages of every role, parts, tools and calls reach the model", () =>
      Effect.gen(function* () {
        const { chat } = yield* Julep
        const parts = [
          { type: "text", text: "What?" },
          { type: "image_url", image_url: { url: "https://x.test/i.png" } }
        ]
        yield* chat.completions.create({
          model: "mine",
          messages: [
            { role: "developer", content: "Obey." },
            { role: "user", content: parts, name: "Sam" },
            { role: "assistant", content: null, tool_calls: [call] },
            { role: "tool", content: "six", tool_call_id: "c1" }
          ],
          tools: [tool],
          tool_choice: "none"
        })
        const { messages, tool_choice, tools } = yield* lastRequest
        expect(messages).toEqual([
          { role: "system", content: "Obey." },
          { role: "user", content: parts, name: "Sam" },
          { role: "assistant", content: null, tool_calls: [{ id: "c1", name: "tide", arguments: '{"at":"noon"}' }] },
          { role: "tool", content: "six", tool_call_id: "c1" }
        ])
        expect(tools).toEqual([tool.function])
        expect(tool_choice).toBe("none")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("tool_choice required reaches the endpoint too", () =>
      Effect.gen(function* () {
        const { chat } = yield* Julep
        yield* chat.completions.create({ model: "mine", messages: hello, tools: [tool], tool_choice: "required" })
        const { extra, tool_choice } = yield* lastRequest
        expect(tool_choice ?? extra?.["tool_choice"]).toBe("required")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("calls of the model come back as tool_calls", () =>
      Effect.gen(function* () {
        const { chat } = yield* Julep
        const { choices } = yield* chat.completions.create({ model: "mine", messages: hello, tools: [tool] })
        expect(choices).toEqual([
          {
            index: 0,
            message: { role: "assistant", content: null, refusal: null, tool_calls: [call] },
            logprobs: null,
            finish_reason: "tool_calls"
          }
        ])
      }).pipe(Effect.provide(mode([Scripted.toolCall("tide", { at: "noon" }, "c1")])))
    )

    it.effect("what a provider added to a message or a call comes back, and goes on when the caller sends it", () =>
      Effect.gen(function* () {
        const { chat } = yield* Julep
        const input = { model: "mine", messages: hello, tools: [tool] }
        const { choices } = yield* chat.completions.create(input)
        const streamed = yield* accumulateChatCompletion(chat.completions.stream(input))
        const message = {
          role: "assistant",
          content: null,
          reasoning_content: "Hm.",
          tool_calls: [{ ...call, extra_content: { signature: "A==" } }]
        }
        expect(choices[0]?.message).toEqual({ ...message, refusal: null })
        expect(streamed.choices[0]?.message).toEqual(message)
        yield* chat.completions.create({ ...input, messages: [...hello, message] })
        const sent = (yield* lastRequest).messages.at(-1)
        expect(sent).toMatchObject({
          extra: { reasoning_content: "Hm." },
          tool_calls: [{ id: "c1", extra: { extra_content: { signature: "A==" } } }]
        })
      }).pipe(
        Effect.provide(
          mode(() =>
            Scripted.reply(null, {
              tool_calls: [
                { id: "c1", name: "tide", arguments: '{"at":"noon"}', extra: { extra_content: { signature: "A==" } } }
              ],
              extra: { reasoning_content: "Hm." }
            })
          )
        )
      )
    )

    it.effect("an unknown model is NotFound and names it, here as nowhere else", () =>
      Effect.gen(function* () {
        const { chat, completions } = yield* Julep
        const unknown = { _tag: "NotFound", status: 404, code: "model_not_found", resource: "model", id: "nessie" }
        expect(yield* failure(chat.completions.create({ model: "nessie", messages: hello }))).toMatchObject(unknown)
        expect(yield* failure(completions.create({ model: "nessie", prompt: "x" }))).toMatchObject(unknown)
      }).pipe(
        Effect.provide(mode(() => Scripted.fail(new ModelError({ reason: "unknown_model", message: "no such model" }))))
      )
    )

    it.effect("other failures of the model are those of a chat", () =>
      Effect.gen(function* () {
        const { chat } = yield* Julep
        const ask = failure(chat.completions.create({ model: "m", messages: hello }))
        expect(yield* ask).toMatchObject({ _tag: "RateLimited", retryAfter: 7 })
        expect(yield* ask).toMatchObject({ _tag: "ServerError", status: 502 })
        expect(yield* ask).toMatchObject({ _tag: "BadRequest", code: "MODEL_REFUSED" })
      }).pipe(
        Effect.provide(
          mode([
            Scripted.fail(new ModelError({ reason: "rate_limited", message: "slow", retryAfter: 7 })),
            Scripted.fail(new ModelError({ reason: "unavailable", message: "down" })),
            Scripted.fail(new ModelError({ reason: "invalid_request", message: "too long" }))
          ])
        )
      )
    )

    it.effect("models are listed in OpenAI's form", () =>
      Effect.gen(function* () {
        expect(yield* send("GET", "/v1/models")).toMatchObject({
          status: 200,
          body: { object: "list", data: [{ id: "one", object: "model" }, { id: "two" }] }
        })
      }).pipe(Effect.provide(mode([], { models: ["one", "two"] })))
    )

    it.effect("a request that no model can answer is a 422 that names the fault", () =>
      Effect.gen(function* () {
        const post = (path: string, json: unknown) => send("POST" satisfies Method, path, { json })
        const refused = [
          yield* post("/v1/chat/completions", { model: "m", messages: [] }),
          yield* post("/v1/chat/completions", { model: "m", messages: [{ role: "pirate", content: "x" }] }),
          yield* post("/v1/chat/completions", { model: "m", messages: [{ role: "user", content: [{}] }] }),
          yield* post("/v1/completions", { model: "m" }),
          yield* post("/v1/completions", { model: "m", prompt: Array(2049).fill("a") })
        ]
        for (const { body, status } of refused) {
          expect(status).toBe(422)
          expect(body).toMatchObject({
            error: { issues: [{ path: expect.stringMatching(/^(messages|prompt)/) }] }
          })
        }
        expect(yield* (yield* Scripted.Scripted).requests).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("what no reply of the model can have is a 400 that names the member, and nothing is asked", () =>
      Effect.gen(function* () {
        const part = (part: object) => ({ messages: [{ role: "user", content: [{ type: "text", text: "a" }, part] }] })
        const custom = { id: "a", type: "custom", custom: { name: "sql", input: "x" } }
        for (const [param, body] of [
          ["n", { n: 2 }],
          ["logprobs", { logprobs: true }],
          ["top_logprobs", { top_logprobs: 3 }],
          ["modalities", { modalities: ["text", "audio"] }],
          ["functions", { functions: [{ name: "f" }] }],
          ["function_call", { function_call: "auto" }],
          ["web_search_options", { web_search_options: {} }],
          ["response_format.type", { response_format: { type: "grammar" } }],
          ["tool_choice", { tools: [tool], tool_choice: { type: "allowed_tools" } }],
          ["tools[1]", { tools: [tool, { type: "custom", custom: { name: "sql" } }] }],
          ["messages[0].content[1]", part({ type: "input_audio", input_audio: { data: "AA", format: "wav" } })],
          ["messages[0].content[1]", part({ type: "file", file: { file_id: "f" } })],
          ["messages[0].tool_calls[0]", { messages: [{ role: "assistant", tool_calls: [custom] }] }],
          [
            "messages[0].function_call",
            { messages: [{ role: "assistant", function_call: { name: "f", arguments: "{}" } }] }
          ]
        ] as const) {
          for (const stream of [false, true]) {
            const json = { model: "m", messages: hello, ...body, stream }
            const { body: answered, status } = yield* send("POST", "/v1/chat/completions", { json })
            expect([param, status]).toEqual([param, 400])
            expect(answered).toMatchObject({
              error: {
                type: "invalid_request_error",
                param,
                code: "unsupported_parameter",
                message: expect.any(String)
              }
            })
          }
        }
        expect(yield* (yield* Scripted.Scripted).requests).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("members that ask for nothing beyond a reply are fine: n 1, no logprobs, text, a format", () =>
      Effect.gen(function* () {
        const { chat } = yield* Julep
        const schema = { type: "object", properties: {} }
        yield* chat.completions.create({
          messages: [...hello, { role: "assistant", content: null, refusal: "No." }],
          n: 1,
          logprobs: false,
          modalities: ["text"],
          max_completion_tokens: 9,
          response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema } }
        })
        expect(yield* lastRequest).toMatchObject({
          messages: [...hello, { role: "assistant", content: "No." }],
          settings: { max_tokens: 9, response_format: { type: "json_object", schema } }
        })
      }).pipe(Effect.provide(mode()))
    )

    const dataOf = (body: unknown): ReadonlyArray<unknown> =>
      String(body)
        .split("\n\n")
        .filter((event) => event.startsWith("data: {"))
        .map((event) => JSON.parse(event.slice("data: ".length)))

    it.effect("a stream has the role in its first delta, no empty text, and usage in a chunk of its own if asked", () =>
      Effect.gen(function* () {
        const stream = (json: object, path = "/v1/chat/completions") =>
          Effect.map(send("POST", path, { json: { model: "m", stream: true, ...json } }), ({ body }) => body)
        const chunk = (delta: object, finish_reason: string | null = null) => ({
          id: expect.stringMatching(/^chatcmpl-./),
          object: "chat.completion.chunk",
          created: 0,
          model: "m",
          choices: [{ index: 0, delta, logprobs: null, finish_reason }]
        })
        const text = yield* stream({ messages: hello, stream_options: { include_usage: true } })
        expect(dataOf(text)).toEqual([
          { ...chunk({ role: "assistant", content: "Ahoy" }), usage: null },
          { ...chunk({ content: " there" }), usage: null },
          { ...chunk({}, "stop"), usage: null },
          { ...chunk({}), choices: [], usage: detailed }
        ])
        expect(String(text).endsWith("data: [DONE]\n\n")).toBe(true)
        expect(dataOf(yield* stream({ messages: hello }))).toEqual([
          chunk({ role: "assistant", content: null, tool_calls: [{ index: 0, ...call }] }),
          chunk({}, "tool_calls")
        ])
        const texts = yield* stream({ prompt: ["a", "b"], stream_options: { include_usage: true } }, "/v1/completions")
        expect(dataOf(texts)).toMatchObject([
          ...[0, 0, 1, 1].map((index) => ({
            object: "text_completion",
            choices: [{ index, logprobs: null }],
            usage: null
          })),
          { choices: [], usage: { total_tokens: 10 } }
        ])
      }).pipe(
        Effect.provide(
          mode([
            Scripted.reply("Ahoy there", { usage }),
            Scripted.toolCall("tide", { at: "noon" }, "c1"),
            Scripted.reply("A", { usage }),
            Scripted.reply("B", { usage })
          ])
        )
      )
    )

    it.effect("what fails before the first event of a stream is its status, with the pause", () =>
      Effect.gen(function* () {
        for (const path of ["/v1/chat/completions", "/v1/completions"]) {
          for (const [status, type, code] of [
            [429, "rate_limit_error", "RATE_LIMITED"],
            [404, "invalid_request_error", "model_not_found"],
            [502, "server_error", "MODEL"]
          ] as const) {
            const json = { model: "m", messages: hello, prompt: "a", stream: true }
            const answered = yield* send("POST", path, { json })
            expect(answered).toMatchObject({ status, body: { error: { type, code } } })
            expect(answered.headers["retry-after"]).toBe(status === 429 ? "7" : undefined)
          }
        }
      }).pipe(
        Effect.provide(
          mode(
            ["/v1/chat/completions", "/v1/completions"].flatMap(() => [
              Scripted.fail(new ModelError({ reason: "rate_limited", message: "slow", retryAfter: 7 })),
              Scripted.fail(new ModelError({ reason: "unknown_model", message: "none" })),
              Scripted.fail(new ModelError({ reason: "unavailable", message: "down" }))
            ])
          )
        )
      )
    )

    it.effect("a failure after the first event is the last event, in OpenAI's form", () =>
      Effect.gen(function* () {
        const json = { model: "m", messages: hello, stream: true }
        const { body, status } = yield* send("POST", "/v1/chat/completions", { json })
        expect(status).toBe(200)
        expect(dataOf(body).at(-1)).toMatchObject({
          error: { type: "server_error", param: null, code: "MODEL", status: 502, message: "it broke" }
        })
        expect(String(body)).not.toContain("[DONE]")
      }).pipe(
        Effect.provide(
          mode([
            Scripted.pieces(["Ahoy"], Scripted.fail(new ModelError({ reason: "unavailable", message: "it broke" })))
          ])
        )
      )
    )

    it.effect(
      "models have what OpenAI's schema demands, one by one as well; there are no responses or embeddings",
      () =>
        Effect.gen(function* () {
          const entry = (id: string) => ({ id, object: "model", created: 0, owned_by: "effect-julep" })
          expect((yield* send("GET", "/v1/models")).body).toEqual({ object: "list", data: [entry("a/b"), entry("m")] })
          for (const path of ["a/b", "a%2Fb"]) {
            expect((yield* send("GET", `/v1/models/${path}`)).body).toEqual(entry("a/b"))
          }
          expect(yield* send("GET", "/v1/models/no")).toMatchObject({
            status: 404,
            body: { error: { code: "model_not_found", param: "model" } }
          })
          for (const path of ["/v1/responses", "/v1/embeddings"]) {
            expect(yield* send("POST", path, { json: { input: "a" } })).toMatchObject({
              status: 404,
              body: { error: { type: "invalid_request_error", code: "unknown_url" } }
            })
          }
        }).pipe(Effect.provide(mode([], { models: ["a/b", "m"] })))
    )

    it.effect("/v1 stores nothing", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        yield* julep.chat.completions.create({ messages: [{ role: "user", content: "I live in Lisbon." }] })
        expect([yield* julep.agents.list(), yield* julep.users.list(), yield* julep.sessions.list()]).toEqual([
          [],
          [],
          []
        ])
      }).pipe(Effect.provide(mode()))
    )
  })
