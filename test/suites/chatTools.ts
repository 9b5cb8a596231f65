import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as OpenAi from "../../src/engine/ports/OpenAi.js"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { ChatResponse } from "../../src/schema/Chat.js"
import type { InputChatMLMessage } from "../../src/schema/Message.js"
import type { SessionId } from "../../src/schema/Session.js"
import type { Mode } from "../support/modes.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { chat, failure, lastRequest, modelReply, requests, says, scene, turnsOf } from "../support/turns.js"

const tool = (name: string, description?: string) =>
  ({
    type: "function",
    function: { name, parameters: { type: "object" }, ...(description === undefined ? {} : { description }) }
  }) as const

const plain = (name: string, description?: string) => tool(name, description).function

const calls = [
  { id: "c1", name: "tide", arguments: '{"at":"noon"}' },
  { id: "c2", name: "tide", arguments: '{"at":"six"}' },
  { id: "c3", name: "wind", arguments: "{}" }
]
const calling: Scripted.Script = (_, index) => (index === 0 ? Scripted.toolCalls(calls) : Scripted.reply("done"))

/** A reply to which the provider added what it wants back. */
const signed: Scripted.Step = () =>
  Effect.succeed({
    ...modelReply("One moment."),
    extra: { reasoning_content: "Hm." },
    tool_calls: [{ id: "c1", name: "wind", arguments: "{}", extra: { extra_content: { signature: "S" } } }]
  })

const messagesOf = (reply: ChatResponse) => reply.response[0].map(({ content, role }) => [role, content])

const result = (content: string, more: Partial<InputChatMLMessage> = {}): InputChatMLMessage => ({
  role: "function",
  content,
  ...more
})

/** The results that the model was sent, in the order of the calls, each with the id that its call has in history. */
const answered = Effect.map(lastRequest, (request) => {
  const sent = turnsOf(request).flatMap((message) => (message.role === "assistant" ? (message.tool_calls ?? []) : []))
  return turnsOf(request).flatMap((message) => {
    if (message.role !== "tool") return []
    const call = sent.find(({ id }) => id === message.tool_call_id)
    const stored = calls.find(({ arguments: args, name }) => name === call?.name && args === call.arguments)
    return [[stored?.id, message.content]]
  })
})

const send = (session: SessionId, messages: readonly [InputChatMLMessage, ...ReadonlyArray<InputChatMLMessage>]) =>
  Effect.flatMap(Julep, ({ sessions }) => sessions.chat(session, { messages }))

const noFaults = Effect.map(lastRequest, (request) => expect(strictFaults(request)).toEqual([]))

/** Tools in a chat: which the model is offered, calls as messages, and results that find their calls. */
export const chatTools = (mode: Mode) =>
  describe("chat tools", () => {
    it.effect("v0.3 fault: tools of the request join the agent's by name, and the request's win", () =>
      Effect.gen(function* () {
        const { session } = yield* scene({ agent: { tools: [tool("tide", "the agent's"), tool("wind")] } })
        yield* chat(session.id, "Hello")
        expect((yield* lastRequest).tools).toEqual([plain("tide", "the agent's"), plain("wind")])
        yield* chat(session.id, "Hello", { tools: [tool("tide", "the request's"), tool("moon")] })
        expect((yield* lastRequest).tools).toEqual([plain("tide", "the request's"), plain("wind"), plain("moon")])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("strict of an agent's tool and of a request's reaches the model, and nothing where it is not set", () =>
      Effect.gen(function* () {
        const strictly = (name: string, strict: boolean) => {
          const { function: definition, type } = tool(name)
          return { type, function: { ...definition, strict } }
        }
        const { julep, session } = yield* scene({ agent: { tools: [strictly("tide", true), tool("wind")] } })
        const input = { messages: [says("Hello")], tools: [strictly("moon", true), strictly("sun", false)] }
        yield* julep.sessions.chat(session.id, input)
        expect((yield* lastRequest).tools).toEqual([
          { ...plain("tide"), strict: true },
          plain("wind"),
          { ...plain("moon"), strict: true },
          { ...plain("sun"), strict: false }
        ])
        const rendered = yield* julep.sessions.render(session.id, input)
        expect(rendered.tools[2]).toMatchObject({ type: "function", function: { name: "moon", strict: true } })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: tool_choice is honoured, and must name an existing tool", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene({ agent: { tools: [tool("tide")] } })
        const named = (name: string) => ({ type: "function", function: { name } }) as const
        for (const tool_choice of ["none", "auto", "required", named("tide")] as const) {
          yield* chat(session.id, "Hello", { tool_choice })
          expect((yield* lastRequest).tool_choice).toEqual(tool_choice)
        }
        const before = yield* julep.sessions.history(session.id)
        expect(yield* failure(chat(session.id, "Hello", { tool_choice: named("moon") }))).toMatchObject({
          _tag: "UnprocessableRequest",
          issues: [{ path: "tool_choice.function.name", message: expect.stringContaining("moon") }]
        })
        expect(yield* julep.sessions.history(session.id)).toEqual(before)
        yield* chat(session.id, "Hello", { tool_choice: named("moon"), tools: [tool("moon")] })
        expect((yield* lastRequest).tool_choice).toEqual(named("moon"))
      }).pipe(Effect.provide(mode()))
    )

    it.effect("tool_choice: without tools, a required call is refused, and auto or none is left out", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        expect(yield* failure(chat(session.id, "Hello", { tool_choice: "required" }))).toMatchObject({
          _tag: "UnprocessableRequest",
          issues: [{ path: "tool_choice", message: expect.stringContaining("needs a tool") }]
        })
        expect(yield* requests).toEqual([])
        yield* chat(session.id, "Hello", { tool_choice: "auto" })
        expect((yield* lastRequest).tool_choice).toBe(undefined)
        yield* chat(session.id, "Hello", { tool_choice: "required", tools: [tool("moon")] })
        expect((yield* lastRequest).tool_choice).toBe("required")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: n calls are n function_call messages, each a JSON text of id, name and arguments", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const reply = yield* chat(session.id, "Tides?")
        expect(reply.finish_reason).toBe("tool_calls")
        expect(messagesOf(reply)).toEqual(calls.map((call) => ["function_call", JSON.stringify(call)]))
        const stored = yield* julep.sessions.history(session.id)
        expect(stored.slice(1).map(({ id }) => id)).toEqual(reply.response[0].map(({ id }) => id))
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("the name of a call's message is that of its tool, whole, streamed and in history", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const namesOf = (messages: ReadonlyArray<{ readonly role?: unknown; readonly name?: unknown }>) =>
          messages.flatMap(({ name, role }) => (role === "function_call" ? [name] : []))
        const names = calls.map(({ name }) => name)
        expect(namesOf((yield* chat(session.id, "Tides?")).response[0])).toEqual(names)
        const events = yield* Stream.runCollect(julep.sessions.chatStream(session.id, "And today?"))
        expect(namesOf([...events].flatMap(({ response }) => response[0] ?? []))).toEqual(names)
        expect(namesOf(yield* julep.sessions.history(session.id))).toEqual([...names, ...names])
      }).pipe(Effect.provide(mode(() => Scripted.toolCalls(calls))))
    )

    it.effect("v0.3 fault: text beside calls is kept, before them", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const reply = yield* chat(session.id, "Tides?")
        expect(messagesOf(reply)).toEqual([
          ["assistant", "One moment."],
          ["function_call", '{"id":"c3","name":"wind","arguments":"{}"}']
        ])
        yield* send(session.id, [result("calm", { name: "wind" })])
        expect(yield* answered).toEqual([["c3", "calm"]])
        yield* noFaults
      }).pipe(
        Effect.provide(mode([Scripted.reply("One moment.", { tool_calls: calls.slice(2) }), Scripted.reply("ok")]))
      )
    )

    it.effect("results find their calls by tool_call_id, whatever their order and names", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Tides?")
        yield* send(session.id, [
          result("W", { tool_call_id: "c3", name: "tide" }),
          result("T2", { tool_call_id: "c2" }),
          result("T1", { tool_call_id: "c1", name: "wind" })
        ])
        expect(yield* answered).toEqual([
          ["c1", "T1"],
          ["c2", "T2"],
          ["c3", "W"]
        ])
        yield* noFaults
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("results without an id find their calls by the tool's name, those of one tool in order", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Tides?")
        yield* send(session.id, [
          result("W", { name: "wind" }),
          result("T1", { name: "tide" }),
          result("T2", { name: "tide" })
        ])
        expect(yield* answered).toEqual([
          ["c1", "T1"],
          ["c2", "T2"],
          ["c3", "W"]
        ])
        yield* noFaults
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("results without an id or a name find their calls in order", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Tides?")
        yield* send(session.id, [result("1"), result("2"), result("3")])
        expect(yield* answered).toEqual([
          ["c1", "1"],
          ["c2", "2"],
          ["c3", "3"]
        ])
        yield* noFaults
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("a named result does not go to an earlier call of another tool", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Tides?")
        yield* send(session.id, [result("W", { name: "wind" })])
        const results = new Map((yield* answered).map(([id, content]) => [id, content]))
        expect(results.get("c3")).toBe("W")
        expect(results.get("c1")).not.toBe("W")
        yield* noFaults
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("calls without a result get a placeholder, so that a strict endpoint accepts the next turn", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Tides?")
        yield* send(session.id, [result("T2", { tool_call_id: "c2" })])
        yield* noFaults
        yield* send(session.id, [says("Never mind.")])
        yield* noFaults
        const results = yield* answered
        expect(results.map(([id]) => id)).toEqual(["c1", "c2", "c3"])
        expect(results[1]).toEqual(["c2", "T2"])
        expect(results[0]?.[1]).toMatch(/no result/i)
        expect(turnsOf(yield* lastRequest).at(-1)).toMatchObject({ role: "user", content: "Never mind." })
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("calls and results of the caller are sent as they are", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* send(session.id, [
          says("Wind?"),
          { role: "function_call", content: '{"name":"wind","arguments":"{}"}' },
          result("calm", { name: "wind" }),
          says("Thanks.")
        ])
        expect(turnsOf(yield* lastRequest).map(({ role }) => role)).toEqual([
          "user",
          "assistant",
          "tool",
          "assistant",
          "user"
        ])
        expect((yield* answered).map(([, content]) => content)).toEqual(["calm"])
        yield* noFaults
        yield* send(session.id, [{ role: "function_call", content: "not JSON" }, result("x"), says("Well?")])
        yield* noFaults
      }).pipe(Effect.provide(mode()))
    )

    it.effect("messages of the assistant directly after open calls are their results, as v0.3 programs send them", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Tides?")
        const given = ["T1", "T2", "W", "Here you are."].map((content) => ({ role: "assistant", content }) as const)
        yield* send(session.id, [given[0]!, ...given.slice(1)])
        const expected = [
          ["c1", "T1"],
          ["c2", "T2"],
          ["c3", "W"]
        ]
        expect(yield* answered).toEqual(expected)
        expect(turnsOf(yield* lastRequest).at(-2)).toEqual({ role: "assistant", content: "Here you are." })
        yield* noFaults
        // History has the messages as they were sent, and later turns read them in the same way.
        const stored = (yield* julep.sessions.history(session.id)).slice(4, 8)
        expect(stored.map(({ content, role }) => ({ role, content }))).toEqual(given)
        yield* chat(session.id, "Thanks.")
        expect(yield* answered).toEqual(expected)
        yield* noFaults
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("fewer messages of the assistant than calls are the results of the first ones", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Tides?")
        yield* send(session.id, [{ role: "assistant", content: '[{"tide":"high"}]' }])
        const results = yield* answered
        expect(results[0]).toEqual(["c1", '[{"tide":"high"}]'])
        for (const [, content] of results.slice(1)) expect(content).toMatch(/no result/i)
        expect(turnsOf(yield* lastRequest).at(-1)?.role).toBe("tool")
        yield* noFaults
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("a result of role function comes first, and a message of the assistant after it is none", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const call = { role: "function_call", content: '{"name":"wind","arguments":"{}"}' } as const
        const said = { role: "assistant", content: "I look." } as const
        yield* send(session.id, [says("Wind?"), call, said, result("calm", { name: "wind" }), says("And now?")])
        expect((yield* answered)[0]?.[1]).toMatch(/^calm/)
        yield* noFaults
        yield* send(session.id, [says("Wind?"), call, result("strong"), said, says("Thanks.")])
        expect((yield* answered).at(-1)?.[1]).toBe("strong")
        expect(turnsOf(yield* lastRequest).at(-2)).toEqual({ role: "assistant", content: "I look." })
        yield* noFaults
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a result is data, whatever its role: it is not rendered as a template", () =>
      Effect.gen(function* () {
        const { session } = yield* scene({ session: { render_templates: true } })
        yield* chat(session.id, "Tides?")
        const page = "{{ session.id }} {% broken"
        yield* send(session.id, [{ role: "assistant", content: page }])
        expect((yield* answered)[0]).toEqual(["c1", page])
      }).pipe(Effect.provide(mode(calling)))
    )

    it.effect("a tool's name is stored as it was given, and only what an endpoint is sent fits it", () =>
      Effect.gen(function* () {
        const names = ["test name", "test_name", "test.name", "été", "x".repeat(70), `${"x".repeat(70)}y`]
        const { agent, julep, session } = yield* scene({ agent: { tools: names.map((name) => tool(name)) } })
        expect((yield* julep.tools.list(agent.id)).map((each) => each.function.name).toSorted()).toEqual(
          names.toSorted()
        )
        const called = yield* chat(session.id, "Go", {
          tool_choice: { type: "function", function: { name: "test name" } }
        })
        const sent = yield* lastRequest
        const sentNames = sent.tools.map(({ name }) => name)
        expect(new Set(sentNames).size).toBe(names.length)
        for (const name of sentNames) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
        expect(sent.tool_choice).toEqual({ type: "function", function: { name: sentNames[0] } })
        expect(called.response[0].map(({ content }) => JSON.parse(String(content)).name)).toEqual(names)
        yield* send(session.id, [result("done", { name: "test name" })])
        expect(turnsOf(yield* lastRequest).flatMap((each) => (each.role === "tool" ? [each.content] : []))[0]).toBe(
          "done"
        )
        yield* noFaults
      }).pipe(
        Effect.provide(
          mode(({ tools }, index) =>
            index === 0
              ? Scripted.toolCalls(tools.map(({ name }, call) => ({ id: `c${call}`, name, arguments: "{}" })))
              : Scripted.reply("ok")
          )
        )
      )
    )

    it.effect("what a provider added to a reply and its calls is sent back to the same model, and to no other", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* scene({ agent: { model: "gpt-one" } })
        const reply = yield* chat(session.id, "Wind?")
        expect(JSON.stringify([reply, yield* julep.sessions.history(session.id)])).not.toContain("signature")
        yield* send(session.id, [result("calm", { tool_call_id: "c1" })])
        const sent = Effect.map(lastRequest, (request) => request.messages.map(OpenAi.messageOf)[2])
        expect(yield* sent).toMatchObject({
          reasoning_content: "Hm.",
          tool_calls: [{ extra_content: { signature: "S" }, function: { name: "wind" } }]
        })
        yield* julep.agents.update(agent.id, { model: "gpt-two" })
        yield* chat(session.id, "Thanks.")
        expect(JSON.stringify(yield* sent)).not.toMatch(/Hm|signature/)
      }).pipe(Effect.provide(mode((_, index) => (index === 0 ? signed : Scripted.reply("ok")))))
    )
  })
