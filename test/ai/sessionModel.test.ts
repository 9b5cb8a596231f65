/** A session as a `LanguageModel`: programs of `@effect/ai` in both modes of the client. */
import * as Chat from "@effect/ai/Chat"
import * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Prompt from "@effect/ai/Prompt"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SessionModel } from "../../src/ai/index.js"
import { Embedded } from "../../src/embedded.js"
import type { SessionId } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { type Mode, modes } from "../support/modes.js"
import { chat as ask, lastRequest, requests, scene, systemOf, turnsOf } from "../support/turns.js"

const Refund = Tool.make("refund", {
  description: "Refunds an order",
  parameters: { order: Schema.NumberFromString, note: Schema.optional(Schema.String) },
  success: Schema.Struct({ refunded: Schema.NumberFromString }),
  failure: Schema.Never
})
const Orders = Toolkit.make(Refund)
const handlers = Orders.toLayer({ refund: ({ order }) => Effect.succeed({ refunded: order }) })

const call = (name = "refund", args: object = { order: "17" }) => ({
  id: "call_1",
  name,
  arguments: JSON.stringify(args)
})

const inSession = (session: SessionId, options?: SessionModel.SessionModelOptions) =>
  Effect.provide(SessionModel.layer(session, options))

/** The texts of the history, the oldest first, with their roles. */
const said = (session: SessionId) =>
  Effect.flatMap(scene(), ({ julep }) =>
    Effect.map(julep.sessions.history(session, { limit: 1000 }), (messages) =>
      messages.map(({ content, role }) => [role, content])
    )
  )

const suite = (mode: Mode) => {
  /** The steps in their order, and then the last again. */
  const on = (...steps: ReadonlyArray<Scripted.Step>) =>
    Effect.provide(mode((_, index) => steps[Math.min(index, steps.length - 1)] ?? Scripted.reply("ok")))

  it.scopedLive("generateText is a turn, with docs and history, and its sources", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene({
        agent: { docs: [{ title: "Tea", content: "Tea takes four minutes." }] }
      })
      const response = yield* LanguageModel.generateText({ prompt: "How long does tea take?" }).pipe(
        inSession(session.id)
      )
      expect(response.text).toBe("Four minutes")
      expect(response.finishReason).toBe("stop")
      expect(response.usage.totalTokens).toBeGreaterThan(0)
      expect(response.content).toContainEqual(expect.objectContaining({ type: "source", title: "Tea" }))
      expect(JSON.stringify((yield* lastRequest).messages)).toContain("Tea takes four minutes.")
      yield* LanguageModel.generateText({ prompt: "Sure?" }).pipe(inSession(session.id))
      expect((yield* julep.sessions.history(session.id)).map(({ content }) => content)).toEqual([
        "How long does tea take?",
        "Four minutes",
        "Sure?",
        "Four minutes"
      ])
    }).pipe(on(Scripted.reply("Four minutes")))
  )

  it.scopedLive("streamText emits one text in pieces, and its end", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      const parts = yield* LanguageModel.streamText({ prompt: "Hello" }).pipe(Stream.runCollect, inSession(session.id))
      const types = Chunk.toReadonlyArray(parts).map(({ type }) => type)
      expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
        "response-metadata",
        "text-start",
        "text-delta",
        "text-end",
        "finish"
      ])
      const text = Chunk.toReadonlyArray(parts).map((part) => (part.type === "text-delta" ? part.delta : ""))
      expect(text.join("")).toBe("Good morning to you")
      expect(Chunk.unsafeLast(parts)).toMatchObject({ reason: "stop", usage: { totalTokens: expect.any(Number) } })
    }).pipe(on(Scripted.reply("Good morning to you")))
  )

  it.scopedLive("generateObject asks for JSON of the schema and decodes it", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      const schema = Schema.Struct({ city: Schema.String, since: Schema.DateFromString })
      const { value } = yield* LanguageModel.generateObject({ prompt: "Where?", schema }).pipe(inSession(session.id))
      expect(value).toEqual({ city: "Oslo", since: new Date("2020-01-01") })
      expect((yield* lastRequest).settings.response_format).toMatchObject({
        type: "json_object",
        schema: { type: "object", required: ["city", "since"] }
      })
    }).pipe(on(Scripted.reply('{"city":"Oslo","since":"2020-01-01"}')))
  )

  it.scopedLive("a Chat sends only what is new, its system message, too", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      yield* Effect.gen(function* () {
        const chat = yield* Chat.fromPrompt([{ role: "system", content: "Speak like a pirate." }])
        yield* chat.generateText({ prompt: "One" })
        yield* Stream.runDrain(chat.streamText({ prompt: "Two" }))
        yield* chat.generateText({ prompt: "Three" })
      }).pipe(inSession(session.id))
      const request = yield* lastRequest
      expect(systemOf(request).split("Speak like a pirate.")).toHaveLength(2)
      expect(turnsOf(request).map(({ content }) => content)).toEqual(["One", "Aye", "Two", "Aye", "Three"])
      expect((yield* said(session.id)).filter(([role]) => role !== "assistant")).toEqual([
        ["system", "Speak like a pirate."],
        ["user", "One"],
        ["user", "Two"],
        ["user", "Three"]
      ])
    }).pipe(on(Scripted.reply("Aye")))
  )

  for (const how of ["generateText", "streamText"] as const) {
    it.scopedLive(`a toolkit runs, and its results are the next turn (${how})`, () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* Effect.gen(function* () {
          const chat = yield* Chat.empty
          const toolkit = Orders
          if (how === "generateText") {
            const first = yield* chat.generateText({ prompt: "Refund 17", toolkit })
            expect(first.toolCalls).toMatchObject([{ name: "refund", params: { order: 17 } }])
            expect(first.toolResults).toMatchObject([{ result: { refunded: 17 } }])
            expect(first.finishReason).toBe("tool-calls")
            expect((yield* chat.generateText({ prompt: [], toolkit })).text).toBe("Done")
          } else {
            yield* Stream.runDrain(chat.streamText({ prompt: "Refund 17", toolkit }))
            yield* Stream.runDrain(chat.streamText({ prompt: [], toolkit }))
          }
          yield* chat.generateText({ prompt: "Thanks", toolkit, toolChoice: { tool: "refund" } })
        }).pipe(inSession(session.id), Effect.provide(handlers))
        const [first, second, third] = yield* requests
        expect(first?.tools).toMatchObject([
          { name: "refund", description: "Refunds an order", parameters: { type: "object", required: ["order"] } }
        ])
        expect(turnsOf(second ?? (yield* lastRequest)).slice(1)).toMatchObject([
          { role: "assistant", content: "One moment.", tool_calls: [{ name: "refund", arguments: '{"order":"17"}' }] },
          { role: "tool", content: '{"refunded":"17"}' }
        ])
        expect(third?.tool_choice).toEqual({ type: "function", function: { name: "refund" } })
      }).pipe(
        on(Scripted.reply("One moment.", { tool_calls: [call()] }), Scripted.reply("Done"), Scripted.reply("Welcome"))
      )
    )
  }

  it.scopedLive("fault: a prompt with other messages than the session's history is refused, and nothing is sent", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      yield* ask(session.id, "One")
      const sent = (yield* requests).length
      const prompts: ReadonlyArray<Prompt.RawInput> = [
        [
          { role: "user", content: "One" },
          { role: "assistant", content: "Nay" },
          { role: "user", content: "Two" }
        ],
        [
          { role: "user", content: "Uno" },
          { role: "assistant", content: "Aye" },
          { role: "user", content: "Two" }
        ],
        [
          { role: "user", content: "Zero" },
          { role: "assistant", content: "Aye" },
          { role: "user", content: "One" },
          { role: "assistant", content: "Aye" },
          { role: "user", content: "Two" }
        ]
      ]
      for (const prompt of prompts) {
        for (const program of [
          Effect.asVoid(LanguageModel.generateText({ prompt })),
          Stream.runDrain(LanguageModel.streamText({ prompt }))
        ]) {
          const error = yield* Effect.flip(program.pipe(inSession(session.id)))
          expect(error).toMatchObject({ _tag: "MalformedInput", description: expect.stringContaining(session.id) })
        }
      }
      expect(yield* requests).toHaveLength(sent)
      // The session went on elsewhere: a chat that does not know it is refused.
      const chat = yield* Chat.fromPrompt([
        { role: "user", content: "One" },
        { role: "assistant", content: "Aye" }
      ])
      yield* ask(session.id, "Elsewhere")
      const behind = yield* Effect.flip(chat.generateText({ prompt: "Two" }).pipe(inSession(session.id)))
      expect(behind._tag).toBe("MalformedInput")
    }).pipe(on(Scripted.reply("Aye")))
  )

  it.scopedLive("a prompt may begin in the middle of a long history", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      yield* Effect.forEach(
        Array.from({ length: 60 }, (_, index) => `Question ${index}`),
        (text) => ask(session.id, text)
      )
      const history = (yield* said(session.id)).slice(-110)
      const prompt = [
        ...history.map(
          ([role, content]): Prompt.MessageEncoded => ({ role: role as "user", content: String(content) })
        ),
        { role: "user" as const, content: "And now?" }
      ]
      yield* LanguageModel.generateText({ prompt }).pipe(inSession(session.id))
      expect((yield* said(session.id)).slice(-2)).toEqual([
        ["user", "And now?"],
        ["assistant", "Aye"]
      ])
    }).pipe(on(Scripted.reply("Aye")))
  )

  it.scopedLive("a question whose call failed does not stop the chat", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      yield* Effect.gen(function* () {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "One" })
        const error = yield* Effect.flip(chat.generateText({ prompt: "Two" }))
        expect(error).toMatchObject({ _tag: "HttpResponseError", response: { status: 502 } })
        yield* chat.generateText({ prompt: "Three" })
        expect((yield* chat.generateText({ prompt: "Four" })).text).toBe("Aye")
      }).pipe(inSession(session.id))
    }).pipe(
      on(
        Scripted.reply("Aye"),
        Scripted.fail(new Embedded.ModelError({ reason: "unavailable", message: "down", shouldRetry: false })),
        Scripted.reply("Aye"),
        Scripted.reply("Aye")
      )
    )
  )

  it.scopedLive("fault: a call of the agent's tool that the toolkit lacks is refused by its name", () =>
    Effect.gen(function* () {
      const { julep, agent, session } = yield* scene()
      yield* julep.tools.create({
        agent_id: agent.id,
        tool: { type: "function", function: { name: "ship", parameters: { type: "object" } } }
      })
      for (const program of [
        Effect.asVoid(LanguageModel.generateText({ prompt: "Ship it", toolkit: Orders })),
        Stream.runDrain(LanguageModel.streamText({ prompt: "Ship it", toolkit: Orders }))
      ]) {
        const error = yield* Effect.flip(program.pipe(inSession(session.id), Effect.provide(handlers)))
        expect(error).toMatchObject({ _tag: "MalformedOutput", description: expect.stringContaining('"ship"') })
      }
      yield* LanguageModel.generateText({ prompt: "Just talk" }).pipe(Effect.flip, inSession(session.id))
      expect((yield* lastRequest).tool_choice).toBe("none")
    }).pipe(on(Scripted.reply(null, { tool_calls: [call("ship", {})] })))
  )

  it.scopedLive("the options of the layer are the settings of each turn", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      yield* LanguageModel.generateText({ prompt: "Hello" }).pipe(inSession(session.id, { temperature: 0.25 }))
      expect((yield* lastRequest).settings).toEqual({ temperature: 0.25 })
    }).pipe(on(Scripted.reply("Aye")))
  )

  const Search = Tool.providerDefined({
    id: "openai.web_search",
    toolkitName: "WebSearch",
    providerName: "web_search",
    args: {}
  })({})
  const image = (mediaType: string, options = {}) => [
    { role: "user" as const, content: [{ type: "file" as const, mediaType, data: new Uint8Array([1, 2, 3]), options }] }
  ]
  const refused: ReadonlyArray<
    readonly [string, Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>, string]
  > = [
    ["a file", LanguageModel.generateText({ prompt: image("application/pdf") }), "application/pdf"],
    [
      "options of a provider",
      LanguageModel.generateText({ prompt: image("image/png", { openai: { imageDetail: "low" } }) }),
      "openai"
    ],
    [
      "a tool of a provider",
      LanguageModel.generateText({ prompt: "?", toolkit: Toolkit.make(Search) }),
      "openai.web_search"
    ],
    [
      "a prompt without a new message",
      LanguageModel.generateText({ prompt: [{ role: "assistant", content: "Hi" }] }),
      "nothing follows"
    ]
  ]
  for (const [what, program, names] of refused) {
    it.scopedLive(`fault: ${what} is refused by name`, () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const error = yield* Effect.flip(program.pipe(inSession(session.id)))
        expect(error).toMatchObject({ _tag: "MalformedInput", description: expect.stringContaining(names) })
        expect(yield* requests).toEqual([])
      }).pipe(on(Scripted.reply("Aye")))
    )
  }

  it.scopedLive("an image is sent as a data URL, and is the same in the next turn", () =>
    Effect.gen(function* () {
      const { session } = yield* scene()
      yield* Effect.gen(function* () {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: image("image/png") })
        yield* chat.generateText({ prompt: "And now?" })
      }).pipe(inSession(session.id))
      expect(turnsOf(yield* lastRequest)[0]?.content).toEqual([
        { type: "image_url", image_url: { url: "data:image/png;base64,AQID" } }
      ])
    }).pipe(on(Scripted.reply("Aye")))
  )
}

for (const [name, mode] of modes) describe(`a session is a LanguageModel, ${name}`, () => suite(mode))
