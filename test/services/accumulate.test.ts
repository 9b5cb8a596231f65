/** A streamed reply, collected, has the same members as the unary reply. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { accumulateChat, accumulateChatCompletion, accumulateCompletion, Julep, messageText } from "../../src/index.js"
import { layerMemory, Scripted } from "../../src/testing/index.js"
import { says } from "../support/turns.js"

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
    }).pipe(Effect.provide(layerMemory(() => Scripted.reply("At nine, sailor"))))
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
})
