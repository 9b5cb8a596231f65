import { describe, expect, it } from "@effect/vitest"
import { Chunk, Effect, JSONSchema, Schema, Stream } from "effect"
import { z } from "zod"
import { accumulateObject, type ChatInput, Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { backgroundOf, chat, historyOf, lastRequest, requests, scene, turnsOf } from "../support/turns.js"

const Ticket = Schema.Struct({
  title: Schema.NonEmptyString,
  priority: Schema.Literal("low", "high"),
  due: Schema.optional(Schema.Date)
})

const ticket = { title: "Tea", priority: "low" }
const good = JSON.stringify(ticket)
const bad = JSON.stringify({ title: "Tea", priority: "medium" })
const mail = "The tea is cold."

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const replies = (...texts: ReadonlyArray<string>) => texts.map((text) => Scripted.reply(text, { usage }))

/** Typed answers: a reply is decoded, asked for again where it does not fit, and streamed as it is written. */
export const chatObjects = (mode: Mode) =>
  describe("typed answers", () => {
    it.effect("are what the schema decodes, with the reply and its usage; the turn is one like any other", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const answer = yield* julep.sessions.chatObject(session.id, mail, Ticket)
        expect(answer.object).toEqual({ ...ticket, due: new Date("2026-03-01") })
        expect(answer).toMatchObject({ usage, reply: { finish_reason: "stop", usage } })
        expect(yield* historyOf(session.id)).toEqual([
          ["user", mail],
          ["assistant", JSON.stringify({ ...ticket, due: "2026-03-01" })]
        ])
        const { response_format } = (yield* lastRequest).settings
        expect(response_format).toMatchObject({
          type: "json_object",
          strict: true,
          schema: { required: ["title", "priority", "due"], properties: { priority: { enum: ["low", "high"] } } }
        })
        expect(JSON.stringify(response_format?.schema)).toContain(
          '"due":{"anyOf":[{"$ref":"#/$defs/Date"},{"type":"null"}]}'
        )
      }).pipe(Effect.provide(mode(replies(JSON.stringify({ ...ticket, due: "2026-03-01" })))))
    )

    const wrapped = {
      "a code fence": `\`\`\`json\n${good}\n\`\`\``,
      "thoughts with another object": `<think>{"title": "", "priority": "high"}?</think>\n${good}`,
      "text around it": `Here you are {as asked}: ${good} Anything else?`,
      "null for what is absent": JSON.stringify({ ...ticket, due: null })
    }
    for (const [name, text] of Object.entries(wrapped)) {
      it.effect(`are read from a reply with ${name}, also streamed`, () =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          expect((yield* julep.sessions.chatObject(session.id, mail, Ticket)).object).toEqual(ticket)
          const whole = yield* accumulateObject(julep.sessions.chatObjectStream(session.id, mail, Ticket))
          expect(whole).toMatchObject({ done: true, object: ticket, usage })
          expect(yield* requests).toHaveLength(2)
        }).pipe(Effect.provide(mode(replies(text, text))))
      )
    }

    it.effect("take a Standard Schema and a JSON Schema, whose values are not checked", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const zod = z.object({ title: z.string(), priority: z.string().transform((text) => text.length) })
        expect((yield* julep.sessions.chatObject(session.id, mail, zod)).object).toEqual({ title: "Tea", priority: 3 })
        const { object } = yield* julep.sessions.chatObject(session.id, mail, JSONSchema.make(Ticket))
        expect(object).toEqual({ title: "Tea", priority: "medium" })
        const schema = (yield* lastRequest).settings.response_format?.schema
        expect(schema, "null would reach the program").toMatchObject({ required: ["title", "priority"] })
      }).pipe(Effect.provide(mode(replies(good, bad))))
    )

    it.effect("may be lists and alternatives, which are asked for as a member of an object", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const list = Schema.Array(Schema.Int)
        expect((yield* julep.sessions.chatObject(session.id, mail, list)).object).toEqual([1, 2])
        expect((yield* lastRequest).settings.response_format?.schema).toMatchObject({
          type: "object",
          properties: { value: { type: "array", items: { $ref: "#/$defs/Int" } } },
          $defs: { Int: { type: "integer" } }
        })
        expect((yield* julep.sessions.chatObject(session.id, mail, list)).object).toEqual([3])
        const either = Schema.Union(Ticket, Schema.Struct({ value: Schema.String }))
        expect((yield* julep.sessions.chatObject(session.id, mail, either)).object).toEqual({ value: "x" })
      }).pipe(Effect.provide(mode(replies('{"value":[1,2]}', "[3]", '{"value":{"value":"x"}}'))))
    )

    it.effect(
      "are asked for once more with what is wrong; history has neither the complaint nor the second reply",
      () =>
        Effect.gen(function* () {
          const docs = [{ title: "Cold tea", content: "Cold tea has a high priority." }]
          const { julep, session } = yield* scene({ agent: { docs } })
          const answer = yield* julep.sessions.chatObject(session.id, mail, Ticket)
          expect(answer.object).toEqual(ticket)
          expect(answer.usage).toEqual({ prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 })
          const [first, second] = yield* requests
          expect(second?.settings).toEqual(first?.settings)
          const turns = second === undefined ? [] : turnsOf(second)
          expect(turns.slice(0, 2)).toMatchObject([{ content: mail }, { content: bad }])
          expect(String(turns[2]?.content)).toMatch(/does not fit its JSON Schema: priority: Expected "low".*whole/)
          expect(second && backgroundOf(second), "docs are recalled for the question").toContain("Cold tea has")
          expect(yield* historyOf(session.id)).toEqual([
            ["user", mail],
            ["assistant", bad]
          ])
          yield* chat(session.id, "Thanks")
          expect(JSON.stringify(yield* lastRequest)).not.toContain("does not fit")
        }).pipe(Effect.provide(mode(replies(bad, good, "ok"))))
    )

    it.effect("leave nothing where the turn is not recorded, and a repair has the question and the reply", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const messages = [{ role: "user", content: mail }] as const
        const input: ChatInput = { messages, record: false, temperature: 0 }
        expect((yield* julep.sessions.chatObject(session.id, input, Ticket)).object).toEqual(ticket)
        expect(turnsOf(yield* lastRequest)).toMatchObject([{ content: mail }, { content: bad }, { role: "user" }])
        expect((yield* lastRequest).settings.temperature).toBe(0)
        expect(yield* historyOf(session.id)).toEqual([])
      }).pipe(Effect.provide(mode(replies(bad, good))))
    )

    it.effect("are asked for again with the reply that is complained about, of any repair", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* julep.sessions.chatObject(session.id, mail, Ticket, { repair: 2 })
        expect(turnsOf(yield* lastRequest)).toMatchObject([
          { role: "user", content: mail },
          { role: "assistant", content: bad },
          { role: "user", content: expect.stringContaining("medium") },
          { role: "assistant", content: '{"title":""}' },
          { role: "user", content: expect.stringContaining("title") }
        ])
        expect(yield* historyOf(session.id)).toHaveLength(2)
      }).pipe(Effect.provide(mode(replies(bad, '{"title":""}', good))))
    )

    it.effect("refuse a number of repairs that is none, and a schema that no value fits, before anything is sent", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        for (const repair of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5]) {
          const error = yield* Effect.flip(julep.sessions.chatObject(session.id, mail, Ticket, { repair }))
          expect(error).toMatchObject({ _tag: "InvalidRequest", issues: [{ path: "repair" }] })
        }
        const none = { type: "object", properties: { a: { enum: [] } }, required: ["a"] }
        for (const schema of [
          Schema.Never,
          Schema.Struct({ a: Schema.Never }),
          z.never(),
          { anyOf: [{ not: {} }] },
          none
        ]) {
          const error = yield* Effect.flip(julep.sessions.chatObject(session.id, mail, schema))
          expect(error).toMatchObject({ _tag: "InvalidRequest", issues: [{ path: "schema" }] })
          const stream = julep.sessions.chatObjectStream(session.id, mail, schema)
          expect(yield* Effect.flip(Stream.runDrain(stream))).toMatchObject({ _tag: "InvalidRequest" })
        }
        expect(yield* requests).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("are not the arguments of a call, whatever its finish_reason", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const tools = [{ type: "function", function: { name: "tide", parameters: {} } }] as const
        const input: ChatInput = { messages: [{ role: "user", content: mail }], tools, tool_choice: "auto" }
        const loose = { type: "object" }
        const called = yield* Effect.flip(julep.sessions.chatObject(session.id, input, loose))
        expect(called).toMatchObject({ _tag: "InvalidObject", text: "" })
        expect(called.message).toContain("called a tool")
        const unset: ChatInput = { messages: input.messages, tools, tool_choice: undefined }
        yield* julep.sessions.chatObject(session.id, unset, loose)
        expect((yield* lastRequest).tool_choice).toBe("none")
        expect(yield* requests).toHaveLength(2)
      }).pipe(Effect.provide(mode([Scripted.toolCall("tide", { at: 6 }), Scripted.reply(good)])))
    )

    it.effect("fail with the text and the issues once they were asked for as often as `repair` says", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const of = (repair?: number) =>
          Effect.flip(julep.sessions.chatObject(session.id, mail, Ticket, repair === undefined ? {} : { repair }))
        const issues = [{ path: "priority", message: expect.stringContaining("medium") }]
        expect(yield* of()).toMatchObject({ _tag: "InvalidObject", text: bad, issues, finish_reason: "stop" })
        expect(yield* requests).toHaveLength(2)
        expect(yield* of(0)).toMatchObject({ _tag: "InvalidObject", text: bad })
        expect(yield* requests).toHaveLength(3)
        yield* of(3)
        expect(yield* requests).toHaveLength(7)
      }).pipe(Effect.provide(mode(() => Scripted.reply(bad))))
    )

    it.effect("fail at once where the reply is cut off or calls a tool", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const tools = [{ type: "function", function: { name: "tide", parameters: {} } }] as const
        const cut = yield* Effect.flip(julep.sessions.chatObject(session.id, mail, Ticket))
        expect(cut).toMatchObject({ _tag: "InvalidObject", finish_reason: "length" })
        expect(cut.message).toContain("raise `max_tokens`")
        const messages = [{ role: "user", content: mail }] as const
        yield* julep.sessions.chatObject(session.id, { messages, tools }, Ticket)
        expect((yield* lastRequest).tool_choice).toBe("none")
        const input: ChatInput = { messages, tools, tool_choice: "auto" }
        const called = yield* Effect.flip(julep.sessions.chatObject(session.id, input, Ticket))
        expect(called.message).toContain("called a tool")
        expect(yield* requests).toHaveLength(3)
      }).pipe(
        Effect.provide(
          mode([
            Scripted.reply(good.slice(0, 20), { finish_reason: "length" }),
            Scripted.reply(good),
            Scripted.toolCall("tide")
          ])
        )
      )
    )

    it.effect("send nothing for a schema without a JSON Schema", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const dated = Schema.Struct({ at: Schema.DateFromSelf })
        expect(yield* Effect.flip(julep.sessions.chatObject(session.id, mail, dated))).toMatchObject({
          _tag: "InvalidRequest",
          issues: [{ path: "schema" }]
        })
        const stream = julep.sessions.chatObjectStream(session.id, mail, dated)
        expect(yield* Effect.flip(Stream.runDrain(stream))).toMatchObject({ _tag: "InvalidRequest" })
        expect(yield* requests).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("under an idempotency key, a repeated one is the same, with its repair", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const ask = julep.sessions.chatObject(session.id, mail, Ticket).pipe(Julep.withOptions({ idempotencyKey: "k" }))
        const first = yield* ask
        expect(yield* ask).toEqual(first)
        expect(yield* requests).toHaveLength(2)
      }).pipe(Effect.provide(mode(replies(bad, good))))
    )

    it.effect("are streamed as they are written, and last whole", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const events = yield* Stream.runCollect(julep.sessions.chatObjectStream(session.id, mail, Ticket))
        expect(Chunk.toReadonlyArray(events)).toMatchObject([
          { done: false, object: { title: "Te" } },
          { done: false, object: { title: 'Tea "hot"' } },
          { done: false, object: { title: 'Tea "hot"', priority: "lo" } },
          { done: false, object: { title: 'Tea "hot"', priority: "low" } },
          { done: true, object: { title: 'Tea "hot"', priority: "low" }, reply: { finish_reason: "stop" } }
        ])
      }).pipe(
        Effect.provide(
          mode([Scripted.pieces(["Sure: {", '"title": "Te', 'a \\"hot\\"", "pri', 'ority": "lo', 'w"', "} Bye"])])
        )
      )
    )

    it.effect("fail at the end of the stream if they do not fit, and are not asked for again", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const seen: Array<unknown> = []
        const read = Stream.runForEach(julep.sessions.chatObjectStream(session.id, mail, Ticket), (event) =>
          Effect.sync(() => seen.push(event))
        )
        expect(yield* Effect.flip(read)).toMatchObject({ _tag: "InvalidObject", text: bad })
        expect(seen.at(-1)).toEqual({ done: false, object: JSON.parse(bad) })
        expect(yield* requests).toHaveLength(1)
      }).pipe(Effect.provide(mode(replies(bad))))
    )
  })
