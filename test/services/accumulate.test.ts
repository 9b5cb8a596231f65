/** A streamed reply, collected, has the same members as the unary reply. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Stream from "effect/Stream"
import {
  accumulateChat,
  accumulateChatCompletion,
  accumulateCompletion,
  type ChatCompletionChunk,
  ChatId,
  type ChatStreamEvent,
  Julep,
  messageText
} from "../../src/index.js"
import { layerMemory } from "../../src/testing/index.js"
import * as f from "../support/fixtures.js"
import { says } from "../support/turns.js"

type Delta = NonNullable<ChatCompletionChunk["choices"][number]["delta"]>

describe("accumulateChat", () => {
  it.effect("keeps every member of a reply, its sources included", () =>
    Effect.gen(function* () {
      const { agents, sessions } = yield* Julep
      const docs = [{ title: "Harbour", content: "The Lisbon harbour closes at nine." }]
      const agent = yield* agents.create({ name: "Ada", docs })
      const input = { messages: [says("When does the harbour close?")], remember: false, record: false } as const
      const { id } = yield* sessions.create({ agent_id: agent.id })
      const unary = yield* sessions.chat(id, input)
      const streamed = yield* accumulateChat(sessions.chatStream(id, input))
      expect(unary.recalled?.snippets).toHaveLength(1)
      expect(streamed.recalled).toEqual(unary.recalled)
      expect(Object.keys(streamed).sort()).toEqual(Object.keys(unary).sort())
      expect(messageText(streamed)).toBe(messageText(unary))
    }).pipe(Effect.provide(layerMemory({ script: () => "At nine, sailor" })))
  )
})

describe("accumulateChat of events that other servers send", () => {
  /** A choice as its deltas: each message begins with a role, and goes on without one. */
  const message = fc.record({
    role: fc.constantFrom("assistant", "function_call"),
    name: fc.option(fc.string()),
    pieces: fc.array(fc.string(), { minLength: 1, maxLength: 4 })
  })
  const choices = fc.array(fc.array(message, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })

  it("has every message of every choice, however their deltas are mixed", async () => {
    await fc.assert(
      fc.asyncProperty(choices, fc.infiniteStream(fc.nat()), async (all, picks) => {
        const left = all.map((messages) =>
          messages.flatMap(({ name, pieces, role }) =>
            pieces.map((content, at) => (at === 0 ? { role, name, content } : { content }))
          )
        )
        const events: Array<ChatStreamEvent> = []
        for (const pick of picks) {
          const waiting = left.flatMap((deltas, index) => (deltas.length > 0 ? [index] : []))
          if (waiting.length === 0) break
          const chosen = waiting[pick % waiting.length]
          const response = left.map((deltas, index) => (index === chosen ? deltas.splice(0, 1 + (pick % 2)) : []))
          events.push({ id: ChatId.make(f.chatId), response, finish_reason: null })
        }
        const reply = await Effect.runPromise(accumulateChat(Stream.fromIterable(events)))
        expect(reply.response).toEqual(
          all.map((messages) => messages.map(({ name, pieces, role }) => ({ role, name, content: pieces.join("") })))
        )
      })
    )
  })

  it.effect("has one empty message for a choice without any, and the last of what events repeat", () =>
    Effect.gen(function* () {
      const usage = (total_tokens: number) => ({ prompt_tokens: 0, completion_tokens: total_tokens, total_tokens })
      const event = (response: ChatStreamEvent["response"], rest: Partial<ChatStreamEvent> = {}): ChatStreamEvent => ({
        id: ChatId.make(f.chatId),
        response,
        finish_reason: null,
        ...rest
      })
      const reply = yield* accumulateChat(
        Stream.make(
          event([], { usage: usage(1), jobs: [f.jobId] }),
          event([[], [{ role: "assistant", content: "b" }]], { finish_reason: "length", usage: usage(2) }),
          event([[], [], []], { usage: null, jobs: null })
        )
      )
      expect(reply).toMatchObject({ finish_reason: "length", usage: usage(2), jobs: [f.jobId] })
      expect(reply.response.map(([only]) => only?.content)).toEqual(["", "b", ""])
    })
  )
})

describe("accumulateChatCompletion and accumulateCompletion", () => {
  it.effect("take the id of the chunks, and leave it out if no chunk has one", () =>
    Effect.gen(function* () {
      const chat = { choices: [{ index: 0, delta: { content: "At nine" } }] }
      expect(yield* accumulateChatCompletion(Stream.make(chat))).not.toHaveProperty("id")
      expect(yield* accumulateChatCompletion(Stream.make({ id: "c-1", ...chat }, chat))).toHaveProperty("id", "c-1")
      const text = { choices: [{ index: 0, text: "At nine" }] }
      expect(yield* accumulateCompletion(Stream.make(text))).not.toHaveProperty("id")
      expect(yield* accumulateCompletion(Stream.make({ id: "c-1", ...text }, text))).toHaveProperty("id", "c-1")
    })
  )

  it.effect(
    "take the first id, time and model that a chunk gives, which the first and last of Azure's leave empty",
    () =>
      Effect.gen(function* () {
        const empty = { id: "", created: 0, model: "", choices: [] }
        const heading = { id: "c-1", created: 7, model: "m-1" }
        const other = { id: "c-2", created: 8, model: "m-2", choices: [] }
        const chunks = Stream.make(empty, { ...heading, choices: [] }, other, empty)
        expect(yield* accumulateChatCompletion(chunks)).toMatchObject(heading)
        expect(yield* accumulateCompletion(chunks)).toMatchObject(heading)
      })
  )

  it.effect(
    "put together what else an endpoint streams: refusals, logprobs, older calls, custom tools, several choices",
    () =>
      Effect.gen(function* () {
        const chunk = (index: number, delta: Delta, rest: object = {}) => ({ choices: [{ index, delta, ...rest }] })
        const whole = yield* accumulateChatCompletion(
          Stream.make(
            chunk(0, { role: "assistant", refusal: "I " }, { logprobs: { content: [{ token: "I" }], refusal: null } }),
            chunk(1, { function_call: { name: "f", arguments: '{"a"' } }),
            chunk(0, { refusal: "cannot." }, { logprobs: { content: [{ token: "cannot" }], refusal: null } }),
            chunk(1, { function_call: { arguments: ":1}" } }, { finish_reason: "function_call" }),
            chunk(2, {
              tool_calls: [{ index: 0, id: "a", type: "custom", custom: { name: "sql", input: "select " } }]
            }),
            chunk(2, { tool_calls: [{ index: 0, custom: { input: "1" } }] }),
            { choices: [], usage: { prompt_tokens: 1, total_tokens: 2, prompt_tokens_details: { cached_tokens: 1 } } }
          )
        )
        expect(whole).toEqual({
          object: "chat.completion",
          choices: [
            {
              index: 0,
              message: { role: "assistant", content: null, refusal: "I cannot." },
              logprobs: { content: [{ token: "I" }, { token: "cannot" }], refusal: null },
              finish_reason: null
            },
            {
              index: 1,
              message: { role: "assistant", content: null, function_call: { name: "f", arguments: '{"a":1}' } },
              finish_reason: "function_call"
            },
            {
              index: 2,
              message: {
                role: "assistant",
                content: null,
                tool_calls: [{ id: "a", type: "custom", custom: { name: "sql", input: "select 1" } }]
              },
              finish_reason: null
            }
          ],
          usage: { prompt_tokens: 1, total_tokens: 2, prompt_tokens_details: { cached_tokens: 1 } }
        })
      })
  )
})
