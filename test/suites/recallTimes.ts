/** Questions that name a time find what was said then, and the memories about then. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { chat, sceneWithUser, systemOf } from "../support/turns.js"

const noting =
  (memory: object): Scripted.Script =>
  (request) =>
    Scripted.reply(systemOf(request).includes("You note what") ? JSON.stringify({ memories: [memory] }) : "ok")

/** What a chat recalls in a new session, whose prompt shows none of the earlier messages. */
const recalledBy = (
  question: string,
  { agent, julep, user }: Effect.Effect.Success<ReturnType<typeof sceneWithUser>>
) =>
  Effect.gen(function* () {
    const session = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
    const { recalled } = yield* chat(session.id, question, { record: false, remember: false })
    return recalled?.memories.map(({ content }) => content)
  })

/** Waits for a memory, whose job the clock starts. */
const remembered = Effect.flatMap(Julep, ({ agents, memories }) =>
  Effect.gen(function* () {
    const [agent] = yield* agents.list()
    yield* TestClock.adjust("1 second")
    return agent === undefined ? [] : yield* memories.list({ agent_id: agent.id })
  }).pipe(Effect.repeat({ until: (found) => found.length > 0 }))
)

const questions = [
  "What did I do on 7 May?",
  "What happened last month?",
  "And on 2023-05-07?",
  "What was in May 2023?"
]
const others = ["What did I do on 8 May?", "What happened last week?", "What was in June?", "May I ask you something?"]

export const recallTimes = (mode: Mode) =>
  describe("recall of times", () => {
    it.effect.each([
      ["a model", noting({ content: "Sam adopted a dog.", time: "2023-05-07" }), "Sam adopted a dog."],
      ["the user", undefined, "I adopted a dog yesterday."]
    ] as const)("a question finds what happened at the time that it names, in the words of %s", ([, script, content]) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2023, 4, 8, 10))
        const scene = yield* sceneWithUser()
        yield* chat(scene.session.id, "I adopted a dog yesterday.")
        const [memory] = yield* remembered
        expect(memory).toMatchObject({ content, timestamp: new Date("2023-05-07") })
        yield* TestClock.setTime(Date.UTC(2023, 5, 14))
        for (const question of questions) expect(yield* recalledBy(question, scene), question).toEqual([content])
        for (const question of others) expect(yield* recalledBy(question, scene), question).toEqual([])
        const found = yield* scene.julep.memories.list({ agent_id: scene.agent.id, query: "last month" })
        expect(found.map(({ id }) => id)).toEqual([memory?.id])
      }).pipe(Effect.provide(mode(script, { instructable: script !== undefined })))
    )

    it.effect("a question finds what was said at the time that it names", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2023, 4, 8, 10))
        const { agent, julep, session, user } = yield* sceneWithUser()
        yield* chat(session.id, "How do I cook rice?")
        yield* TestClock.setTime(Date.UTC(2023, 4, 20))
        yield* chat(session.id, "How do I bake bread?")
        yield* TestClock.setTime(Date.UTC(2023, 4, 22))
        const ask = (question: string) =>
          Effect.gen(function* () {
            const other = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
            const { recalled } = yield* chat(other.id, question, { record: false })
            return recalled?.messages.flatMap(({ content, role }) => (role === "user" ? [content] : []))
          })
        expect((yield* ask("What did I ask you two weeks ago?"))?.[0]).toBe("How do I cook rice?")
        expect((yield* ask("What did I ask you last week?"))?.[0]).toBe("How do I bake bread?")
      }).pipe(Effect.provide(mode()))
    )
  })
