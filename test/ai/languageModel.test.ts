/** A `LanguageModel` of `@effect/ai` as the engine's model, through the client. */
import * as AiError from "@effect/ai/AiError"
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as Tool from "@effect/ai/Tool"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { EngineModel } from "../../src/ai/index.js"
import { Embedded } from "../../src/embedded.js"
import {
  type AccumulatedChat,
  accumulateChat,
  type ChatResponse,
  type CreateTool,
  Julep,
  messageText
} from "../../src/index.js"
import { call, finish, languageModel, saying, silent, text } from "../support/languageModels.js"
import { latch, soon } from "../support/latches.js"
import { chat, says, scene } from "../support/turns.js"

const on =
  (
    fake: { readonly layer: Layer.Layer<LanguageModel.LanguageModel> },
    options: EngineModel.LanguageModelOptions = {}
  ) =>
  <A, E>(program: Effect.Effect<A, E, Julep | Julep.Managers>) =>
    program.pipe(
      Effect.provide(
        Embedded.layerMemory({ model: EngineModel.languageModel(fake.layer, { instructable: false, ...options }) })
      ),
      silent
    )

const refund: CreateTool = {
  type: "function",
  function: {
    name: "refund",
    description: "Refunds an order",
    parameters: {
      type: "object",
      properties: { order: { type: "string", pattern: "^A-" }, amount: { $ref: "#/$defs/amount" } },
      required: ["order"],
      $defs: { amount: { type: "number", exclusiveMinimum: 0 } }
    }
  }
}

/** The calls of a reply. */
const callsOf = ({ response }: Pick<ChatResponse | AccumulatedChat, "response">) =>
  response
    .flat()
    .filter(({ role }) => role === "function_call")
    .map(({ content }) => JSON.parse(String(content)))

const streamed = (input: Parameters<typeof chat>[2] = {}) =>
  Effect.flatMap(scene(), ({ julep, session }) =>
    accumulateChat(julep.sessions.chatStream(session.id, { messages: [says("Hello")], ...input }))
  )

describe("a LanguageModel answers chats", () => {
  it.effect("whole and streamed, with its usage", () => {
    const fake = saying("Good morning")
    return Effect.gen(function* () {
      const { session } = yield* scene({ agent: { instructions: ["Be brief."] } })
      const reply = yield* chat(session.id, "Hello")
      expect(messageText(reply)).toBe("Good morning")
      const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }
      expect(reply.usage).toEqual(usage)
      const { julep } = yield* scene()
      const events = yield* julep.sessions
        .chatStream(session.id, { messages: [says("Again")] })
        .pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))
      const texts = events.flatMap(({ response }) => response.flat().map(({ content }) => content ?? ""))
      expect(texts.filter((each) => each !== "")).toEqual(["Good m", "orning"])
      expect(events.at(-1)).toMatchObject({ usage, finish_reason: "stop" })
      expect(fake.asked[1]?.prompt.content).toMatchObject([
        { role: "system", content: expect.stringContaining("Be brief.") },
        { role: "user", content: [{ type: "text", text: "Hello" }] },
        { role: "assistant", content: [{ type: "text", text: "Good morning" }] },
        { role: "user", content: [{ type: "text", text: "Again" }] }
      ])
    }).pipe(on(fake))
  })

  it.effect("with tools that it does not run: their JSON Schema as it came, their calls and their results", () => {
    const fake = languageModel((_, index) =>
      Effect.succeed(
        index % 2 === 0
          ? [
              { type: "text", text: "One moment." },
              call("refund", { order: "A-1", amount: 5 }),
              call("refund", { order: "A-2" }, "call_2"),
              finish("tool-calls")
            ]
          : text("Done")
      )
    )
    return Effect.gen(function* () {
      for (const ask of ["chat", "chatStream"] as const) {
        const { julep, session } = yield* scene()
        const asked = fake.asked.length
        const send = (input: Parameters<typeof julep.sessions.chat>[1]) =>
          ask === "chat"
            ? julep.sessions.chat(session.id, input)
            : accumulateChat(julep.sessions.chatStream(session.id, input))
        const reply = yield* send({
          messages: [says("Refund them")],
          tools: [refund],
          tool_choice: { type: "function", function: { name: "refund" } }
        })
        const [message] = reply.response[0] ?? []
        expect(message?.content).toBe("One moment.")
        expect(callsOf(reply)).toEqual([
          { id: "call_1", name: "refund", arguments: '{"order":"A-1","amount":5}' },
          { id: "call_2", name: "refund", arguments: '{"order":"A-2"}' }
        ])
        expect(reply.finish_reason).toBe("tool_calls")
        const { toolChoice, tools } = fake.asked[asked] ?? { toolChoice: undefined, tools: [] }
        expect(toolChoice).toEqual({ tool: "refund" })
        expect(tools.map((tool) => [tool.name, tool.description])).toEqual([["refund", "Refunds an order"]])
        expect(tools.map((tool) => Tool.getJsonSchemaFromSchemaAst(tool.parametersSchema.ast))).toEqual([
          refund.function.parameters
        ])
        yield* send({
          messages: [
            { role: "function", name: "refund", tool_call_id: "call_1", content: '{"ok":true}' },
            { role: "function", name: "refund", tool_call_id: "call_2", content: "no such order" }
          ]
        })
        expect(fake.asked.at(-1)?.prompt.content.slice(2)).toMatchObject([
          {
            role: "assistant",
            content: [
              { type: "text", text: "One moment." },
              { type: "tool-call", name: "refund", params: { order: "A-1", amount: 5 } },
              { type: "tool-call", name: "refund", params: { order: "A-2" } }
            ]
          },
          {
            role: "tool",
            content: [
              { type: "tool-result", name: "refund", result: { ok: true } },
              { type: "tool-result", name: "refund", result: "no such order" }
            ]
          }
        ])
      }
    }).pipe(on(fake))
  })

  it.effect("about images: the bytes of data URLs, the address of others", () => {
    const fake = saying("A cat")
    return Effect.gen(function* () {
      const { session } = yield* scene()
      const image = (url: string) => ({ type: "image_url" as const, image_url: { url, detail: "low" as const } })
      yield* chat(session.id, [
        { type: "text", text: "What is this?" },
        image("data:image/png;base64,AQID"),
        image("https://images.test/cat.jpg")
      ])
      expect(fake.asked[0]?.prompt.content[1]?.content).toMatchObject([
        { type: "text" },
        {
          type: "file",
          mediaType: "image/png",
          data: new Uint8Array([1, 2, 3]),
          options: { openai: { imageDetail: "low" } }
        },
        { type: "file", mediaType: "image/*", data: new URL("https://images.test/cat.jpg") }
      ])
      const error = yield* Effect.flip(chat(session.id, [image("data:image/png;base64,%%%")]))
      expect(error).toMatchObject({ _tag: "BadRequest", message: expect.stringContaining("base64") })
    }).pipe(on(fake))
  })

  it.effect("in JSON of a schema, also streamed, and as it was written where it is not JSON", () => {
    const fake = languageModel((_, index) =>
      Effect.succeed(index < 2 ? text('{"city":"Oslo"}') : [{ type: "text", text: '{"city":"Os' }, finish("length")])
    )
    const schema = { type: "object", properties: { city: { type: "string", minLength: 2 } }, required: ["city"] }
    const response_format = { type: "json_object", schema } as const
    return Effect.gen(function* () {
      const { session } = yield* scene()
      expect(messageText(yield* chat(session.id, "Where?", { response_format }))).toBe('{"city":"Oslo"}')
      const format = fake.asked[0]?.responseFormat
      expect(format?.type === "json" && Tool.getJsonSchemaFromSchemaAst(format.schema.ast)).toEqual(schema)
      expect(messageText(yield* streamed({ response_format }))).toBe('{"city":"Oslo"}')
      const cut = yield* chat(session.id, "Where?", { response_format: { type: "json_object" } })
      expect([messageText(cut), cut.finish_reason, cut.usage?.total_tokens]).toEqual(['{"city":"Os', "length", 18])
      const regex = yield* Effect.flip(chat(session.id, "Where?", { response_format: { type: "regex", pattern: "a" } }))
      expect(regex).toMatchObject({
        _tag: "BadRequest",
        code: "MODEL_REFUSED",
        message: expect.stringMatching(/regex/)
      })
    }).pipe(on(fake))
  })

  it.effect("with what a schema decodes, asked once more where the first reply does not parse", () => {
    const fake = languageModel((_, index) => Effect.succeed(text(index === 0 ? "Oslo, I think" : '{"city":"Oslo"}')))
    return Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const City = Schema.Struct({ city: Schema.String })
      const { object } = yield* julep.sessions.chatObject(session.id, "Where?", City)
      expect(object).toEqual({ city: "Oslo" })
      expect(fake.asked.map(({ responseFormat }) => responseFormat.type)).toEqual(["json", "json"])
    }).pipe(on(fake))
  })

  it.effect("with thoughts and metadata, which go back to it with the results of its calls", () => {
    const fake = languageModel((_, index) =>
      Effect.succeed(
        index % 2 === 1
          ? text("Done")
          : [
              { type: "reasoning", text: "They want a refund.", metadata: { anthropic: { signature: "s1" } } },
              { type: "reasoning", text: "I call the tool.", metadata: { anthropic: { signature: "s2" } } },
              { type: "text", text: "One moment.", metadata: { openai: { itemId: "msg_1" } } },
              { ...call("refund", { order: "A-1" }), metadata: { google: { thoughtSignature: "t" } } },
              finish("tool-calls")
            ]
      )
    )
    return Effect.gen(function* () {
      for (const ask of ["chat", "chatStream"] as const) {
        const { julep, session } = yield* scene()
        const input = { messages: [says("Refund it")], tools: [refund] } as const
        const reply =
          ask === "chat"
            ? yield* julep.sessions.chat(session.id, input)
            : yield* accumulateChat(julep.sessions.chatStream(session.id, input))
        expect(messageText(reply)).not.toContain("They want")
        yield* julep.sessions.chat(session.id, {
          messages: [{ role: "function", tool_call_id: "call_1", content: "ok" }]
        })
        expect(fake.asked.at(-1)?.prompt.content[2]?.content).toMatchObject([
          { type: "reasoning", text: "They want a refund.", options: { anthropic: { signature: "s1" } } },
          { type: "reasoning", text: "I call the tool.", options: { anthropic: { signature: "s2" } } },
          { type: "text", text: "One moment.", options: { openai: { itemId: "msg_1" } } },
          { type: "tool-call", params: { order: "A-1" }, options: { google: { thoughtSignature: "t" } } }
        ])
      }
    }).pipe(on(fake))
  })

  it.effect("with a finish reason that OpenAI's clients know", () => {
    const reasons = ["stop", "length", "content-filter", "tool-calls", "other", "unknown"] as const
    const fake = languageModel((_, index) =>
      Effect.succeed([{ type: "text", text: "Hm" }, finish(reasons[index] ?? "stop")])
    )
    return Effect.gen(function* () {
      const { session } = yield* scene()
      const given = yield* Effect.forEach(reasons, () => Effect.map(chat(session.id, "?"), (r) => r.finish_reason))
      expect(given).toEqual(["stop", "length", "content_filter", "tool_calls", "other", "stop"])
    }).pipe(on(fake))
  })
})

class Config extends Context.Tag("test/Config")<
  Config,
  { readonly temperature?: number; readonly stops?: unknown }
>() {}

describe("the settings of a chat", () => {
  it.effect("are refused by name, those of the agent, too", () => {
    const fake = saying("Hi")
    return Effect.gen(function* () {
      const { session } = yield* scene({ agent: { default_settings: { temperature: 0.2 } } })
      const error = yield* Effect.flip(chat(session.id, "Hello", { max_tokens: 5, extra: { reasoning_effort: "low" } }))
      expect(error).toMatchObject({ _tag: "BadRequest", code: "MODEL_REFUSED" })
      expect(error.message).toContain("no place for max_tokens, temperature, reasoning_effort.")
      expect(fake.asked).toEqual([])
    }).pipe(on(fake))
  })

  it.effect("are left out where the option omit has them", () => {
    const fake = saying("Hi")
    return Effect.gen(function* () {
      const { session } = yield* scene()
      yield* chat(session.id, "Hello", { seed: 4, extra: { user: "u" } })
      expect(fake.asked).toHaveLength(1)
    }).pipe(on(fake, { omit: ["seed", "user"] }))
  })

  it.effect("become the configuration of the provider, whole and streamed", () => {
    const seen: Array<unknown> = []
    const note = Effect.contextWith((context: Context.Context<never>) => {
      seen.push(Option.getOrUndefined(Context.getOption(context, Config)))
      return text("Hi")
    })
    const fake = languageModel(() => note)
    const settings = EngineModel.settings(Config, {
      temperature: (temperature) => ({ temperature }),
      stop: (stop) => ({ stops: typeof stop === "string" ? [stop] : stop })
    })
    return Effect.gen(function* () {
      yield* streamed({ temperature: 0.5, stop: "END" })
      const { session } = yield* scene()
      yield* chat(session.id, "Hello", { temperature: 1 })
      expect(seen).toEqual([{ temperature: 0.5, stops: ["END"] }, { temperature: 1 }])
      const error = yield* Effect.flip(chat(session.id, "Hello", { top_p: 0.5 }))
      expect(error.message).toContain("no place for top_p.")
    }).pipe(on(fake, { settings }))
  })
})

describe("the name of a LanguageModel", () => {
  it.effect("is that of agents without a model, and any other is unknown", () => {
    const fake = saying("Hi")
    return Effect.gen(function* () {
      const { session } = yield* scene()
      yield* chat(session.id, "Hello")
      const other = yield* scene({ agent: { model: "gpt-9" } })
      const error = yield* Effect.flip(chat(other.session.id, "Hello"))
      expect(error).toMatchObject({ _tag: "BadRequest", code: "UNKNOWN_MODEL" })
      expect(error.message).toContain("The model of this engine is claude-4, not gpt-9.")
    }).pipe(on(fake, { name: "claude-4" }))
  })
})

const request = {
  method: "POST",
  url: "https://models.test/v1/chat",
  urlParams: [["key", "secret"]],
  hash: Option.none(),
  headers: {}
} as const
const answered = (status: number, body?: string, headers: Record<string, string> = {}) =>
  new AiError.HttpResponseError({
    module: "Fake",
    method: "generateText",
    reason: "StatusCode",
    request,
    response: { status, headers },
    ...(body === undefined ? {} : { body })
  })

describe("the errors of a LanguageModel", () => {
  const refusal = '{"error":{"message":"max tokens"}}'
  const place = { module: "Fake", method: "generateText" }
  const cases: ReadonlyArray<readonly [AiError.AiError, object]> = [
    [
      answered(429, refusal, { "retry-after": "7" }),
      { _tag: "RateLimited", retryAfter: 7, message: expect.stringContaining("max tokens") }
    ],
    [answered(429, '[{"error":{"details":[{"retryDelay":"3s"}]}}]'), { _tag: "RateLimited", retryAfter: 3 }],
    [
      answered(401, "key sk-secret is wrong"),
      {
        _tag: "ServerError",
        status: 502,
        code: "MODEL_UNAUTHORIZED",
        message: expect.stringMatching(/models.test answered with status 401: Check the API key.$/)
      }
    ],
    [answered(403), { code: "MODEL_UNAUTHORIZED" }],
    [answered(402, "pay"), { code: "MODEL_UNAUTHORIZED" }],
    [answered(404, refusal), { _tag: "BadRequest", code: "UNKNOWN_MODEL" }],
    [
      answered(400, refusal),
      {
        _tag: "BadRequest",
        code: "MODEL_REFUSED",
        message: expect.stringMatching(/models.test answered with status 400: max tokens$/)
      }
    ],
    [answered(422, "no"), { _tag: "BadRequest", code: "MODEL_REFUSED" }],
    [answered(503, "", { "retry-after": "2" }), { _tag: "ServerError", code: "MODEL", retryAfter: 2 }],
    [new AiError.HttpRequestError({ ...place, request, reason: "Transport" }), { _tag: "ServerError", code: "MODEL" }],
    [
      new AiError.MalformedInput({ ...place, description: "no pdf" }),
      { _tag: "BadRequest", code: "MODEL_REFUSED", message: expect.stringContaining("no pdf") }
    ],
    [new AiError.MalformedOutput({ ...place }), { _tag: "ServerError", code: "MODEL" }],
    [
      new AiError.UnknownError({ ...place, description: "odd" }),
      { _tag: "ServerError", code: "MODEL", message: expect.stringContaining("odd") }
    ]
  ]
  for (const [error, expected] of cases) {
    const status = error._tag === "HttpResponseError" ? ` ${error.response.status}` : ""
    it.effect(`${error._tag}${status} has the status of the API`, () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const failed = yield* Effect.flip(chat(session.id, "Hello"))
        expect(failed).toMatchObject(expected)
        expect(failed.message).not.toContain("secret")
        const stream = julep.sessions.chatStream(session.id, { messages: [says("Hello")] })
        expect(yield* Effect.flip(Stream.runDrain(stream))).toMatchObject(expected)
      }).pipe(on(languageModel(() => Effect.fail(error))))
    )
  }

  it.effect("an error part, and a stream that ends without its last part, fail the stream", () => {
    const fake = languageModel((_, index) =>
      Effect.succeed([{ type: "text", text: "Hal" }, ...(index === 0 ? [finish("error")] : [])])
    )
    return Effect.gen(function* () {
      for (const message of ["ended the reply with an error", "ended before its last part"]) {
        const error = yield* Effect.flip(streamed())
        expect(error).toMatchObject({ message: expect.stringContaining(message) })
      }
    }).pipe(on(fake))
  })

  it.effect("a layer that fails is a configuration error", () => {
    const model = EngineModel.languageModel(Layer.fail(new Error("no key")))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(Julep, Embedded.layerMemory({ model })))
      expect(error).toMatchObject({ _tag: "JulepConfigError", message: expect.stringContaining("no key") })
    }).pipe(silent)
  })
})

describe("a call of a LanguageModel", () => {
  const started = latch()
  const stopped = latch()
  const never = languageModel(() =>
    Effect.zipRight(
      Effect.sync(started.open),
      Effect.onInterrupt(Effect.never, () => Effect.sync(stopped.open))
    )
  )

  it.effect("is interrupted with the chat", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      const fiber = yield* Effect.fork(chat(session.id, "Hello"))
      yield* soon("the call begins")(started.opened)
      yield* Fiber.interrupt(fiber)
      yield* soon("the call ends")(stopped.opened)
    }).pipe(on(never))
  )

  it.effect("is interrupted when its stream is left", () => {
    const begun = latch()
    const ended = latch()
    const layer = Layer.effect(
      LanguageModel.LanguageModel,
      LanguageModel.make({
        generateText: () => Effect.never,
        streamText: () =>
          Stream.make(
            { type: "text-start" as const, id: "0" },
            { type: "text-delta" as const, id: "0", delta: "Hi" }
          ).pipe(
            Stream.concat(Stream.never),
            Stream.onStart(Effect.sync(begun.open)),
            Stream.ensuring(Effect.sync(ended.open))
          )
      })
    )
    return Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const first = yield* julep.sessions
        .chatStream(session.id, { messages: [says("Hello")] })
        .pipe(Stream.take(1), Stream.runCollect)
      expect(Chunk.size(first)).toBe(1)
      yield* soon("the call ends")(ended.opened)
    }).pipe(on({ layer }))
  })

  it.effect("fails when its time is up", () => {
    const begun = latch()
    const fake = languageModel(() => Effect.zipRight(Effect.sync(begun.open), Effect.never))
    return Effect.gen(function* () {
      const { session } = yield* scene()
      const fiber = yield* Effect.fork(Effect.flip(chat(session.id, "Hello")))
      yield* soon("the call begins")(begun.opened)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "ServerError", message: expect.stringContaining("10s") })
    }).pipe(on(fake, { timeout: "10 seconds" }))
  })

  it.effect("has a valid timeout", () => {
    const model = EngineModel.languageModel(saying("Hi").layer, { timeout: "soon" as "1 second" })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(Julep, Embedded.layerMemory({ model })))
      expect(error).toMatchObject({ _tag: "JulepConfigError", message: expect.stringContaining('"soon"') })
    }).pipe(silent)
  })
})

describe("/v1 on a LanguageModel", () => {
  it.effect("answers completions, whole and streamed, and lists the model", () => {
    const fake = languageModel(({ tools }) =>
      Effect.succeed([
        { type: "reasoning", text: "Easy." },
        { type: "text", text: "Four" },
        ...tools.map(() => call("refund", { order: "A-1" })),
        finish("unknown")
      ])
    )
    const params = { messages: [{ role: "user", content: "2 + 2?" }], tools: [{ ...refund }] } as const
    const message = {
      role: "assistant",
      content: "Four",
      reasoning_content: "Easy.",
      tool_calls: [{ id: "call_1", type: "function", function: { name: "refund", arguments: '{"order":"A-1"}' } }]
    }
    return Effect.gen(function* () {
      const julep = yield* Julep
      const whole = yield* julep.chat.completions.create({ ...params, tool_choice: "required" })
      expect(whole.choices).toMatchObject([{ message, finish_reason: "tool_calls" }])
      expect(whole.usage).toMatchObject({ total_tokens: 18 })
      expect(fake.asked[0]?.toolChoice).toBe("required")
      const chunks = yield* Stream.runCollect(julep.chat.completions.stream(params))
      const deltas = Chunk.toReadonlyArray(chunks).flatMap(({ choices }) => choices.map(({ delta }) => delta))
      expect(deltas.map((delta) => delta?.content ?? "").join("")).toBe("Four")
      const completion = yield* julep.completions.create({ prompt: "2 + 2?" })
      expect(completion.choices[0]?.text).toBe("Four")
      const refused = yield* Effect.flip(julep.chat.completions.create({ ...params, temperature: 0.1, user: "u" }))
      expect(refused.message).toContain("no place for temperature, user.")
      const unknown = yield* Effect.flip(julep.chat.completions.create({ ...params, model: "gpt-9" }))
      expect(unknown).toMatchObject({ _tag: "NotFound" })
    }).pipe(on(fake, { name: "claude-4" }))
  })
})
