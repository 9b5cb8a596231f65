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
          yield* post("/v1/completions", { model: "m" })
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
