import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Julep, MemoryId, UserId } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { background, chat, failure, noAgent, scene, sceneWithUser, UNKNOWN_ID } from "../support/turns.js"

const contents = (memories: ReadonlyArray<{ readonly content: string }>) => memories.map(({ content }) => content)

/** The memories that agents have of users. */
export const memories = (mode: Mode) =>
  describe("memories", () => {
    it.effect("v0.3 fault: a user's statement becomes a memory that names its message", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        yield* TestClock.adjust("1 hour")
        yield* chat(session.id, "Hi! I live in Lisbon. What about you?")
        const [source] = yield* julep.sessions.history(session.id)
        const listed = yield* julep.memories.list({ agent_id: agent.id })
        expect(listed).toEqual([
          {
            id: expect.any(String),
            agent_id: agent.id,
            user_id: user.id,
            content: "I live in Lisbon.",
            entities: [],
            sentiment: 0,
            timestamp: new Date(3_600_000),
            source_message_ids: [source?.id],
            created_at: new Date(3_600_000)
          }
        ])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a statement can be given: chats recall it, and it names no source", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        yield* TestClock.adjust("1 hour")
        const participants = { agent_id: agent.id, user_id: user.id }
        const details = { entities: [{ name: "Bo" }], sentiment: 0.5, timestamp: new Date(1000) }
        const input = { ...participants, content: "Sam's dog is called Bo.", ...details }
        const created = yield* julep.memories.create(input)
        expect(created).toEqual({ ...input, id: created.id, created_at: new Date(3_600_000), jobs: [] })
        const plain = yield* julep.memories.create({ ...participants, content: "The shop opens at nine." })
        const memory = { ...participants, source_message_ids: [], created_at: new Date(3_600_000) }
        expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([
          {
            ...memory,
            id: plain.id,
            content: "The shop opens at nine.",
            entities: [],
            sentiment: 0,
            timestamp: new Date(3_600_000)
          },
          { ...memory, ...details, id: created.id, content: "Sam's dog is called Bo." }
        ])
        const { recalled } = yield* chat(session.id, "What is my dog called?")
        expect(recalled?.memories).toEqual([
          { id: created.id, content: "Sam's dog is called Bo.", score: expect.any(Number) }
        ])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a statement that is given a hundred times, or was heard in a chat, is one memory", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        const participants = { agent_id: agent.id, user_id: user.id }
        const statements = Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? "Sam likes  tea." : " sam LIKES tea."))
        const made = yield* Effect.forEach(
          statements,
          (content) => julep.memories.create({ ...participants, content }),
          { concurrency: 10 }
        )
        expect(new Set(made.map(({ id }) => id)).size).toBe(1)
        expect(yield* julep.memories.list(participants)).toHaveLength(1)
        yield* chat(session.id, "I live in Lisbon.")
        const [heard] = yield* julep.memories.list({ ...participants, query: "Lisbon" })
        const again = yield* julep.memories.create({ ...participants, content: "i live in Lisbon." })
        expect(again.id).toBe(heard?.id)
        // Of another user, it is another memory.
        const eve = yield* julep.users.create({ name: "Eve" })
        yield* julep.memories.create({ agent_id: agent.id, user_id: eve.id, content: "Sam likes tea." })
        expect(yield* julep.memories.list({ agent_id: agent.id })).toHaveLength(3)
        // Of a day, it is another memory, too.
        const timed = { ...participants, content: "Sam likes tea.", timestamp: new Date(1000) }
        const ofDay = yield* julep.memories.create(timed)
        expect(ofDay.id).not.toBe(made[0]?.id)
        expect((yield* julep.memories.create({ ...timed, timestamp: new Date(2000) })).id).toBe(ofDay.id)
        // Forgotten, it can be given again.
        yield* julep.memories.delete({ agent_id: agent.id, memory_id: made[0]!.id })
        expect((yield* julep.memories.create({ ...participants, content: "Sam likes tea." })).id).not.toBe(made[0]!.id)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a statement of an agent or a user that does not exist is NotFound", () =>
      Effect.gen(function* () {
        const { agent, julep } = yield* scene()
        const content = "Sam likes tea."
        const user_id = UserId.make(UNKNOWN_ID)
        expect(yield* failure(julep.memories.create({ agent_id: noAgent, user_id, content }))).toMatchObject({
          _tag: "NotFound",
          resource: "agent"
        })
        expect(yield* failure(julep.memories.create({ agent_id: agent.id, user_id, content }))).toMatchObject({
          _tag: "NotFound",
          resource: "user",
          id: user_id
        })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("questions, requests and small talk are not remembered, nor anything but the user's messages", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser({
          agent: { docs: [{ title: "Harbour", content: "The harbour closes at nine in winter." }] },
          session: { situation: "We are in the harbour office." }
        })
        yield* julep.sessions.chat(session.id, {
          messages: [
            { role: "user", content: "When does the harbour close?" },
            { role: "user", content: "Tell me about the harbour." },
            { role: "user", content: "Thanks a lot!" },
            { role: "assistant", content: "The assistant said that it likes tea." },
            { role: "system", content: "The system said that it likes rum." },
            { role: "function", name: "harbour", content: "The tool said that the harbour is shut." }
          ]
        })
        expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([])
      }).pipe(Effect.provide(mode([Scripted.reply("You like the harbour very much.")])))
    )

    it.effect("recalled text never becomes a memory of its own", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser({
          agent: { docs: [{ title: "Boat", content: "The boat called Marguerite is blue." }] }
        })
        yield* chat(session.id, "My boat is called Marguerite.")
        for (let turn = 0; turn < 3; turn++) yield* chat(session.id, "What colour is my boat?")
        expect(yield* background).toContain("My boat is called Marguerite.")
        expect(yield* background).toContain("The boat called Marguerite is blue.")
        const listed = yield* julep.memories.list({ agent_id: agent.id })
        expect(contents(listed)).toEqual(["My boat is called Marguerite."])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("the same statement a hundred times is one row that names each of its messages", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser()
        const spelled = ["I live in Lisbon.", "i live  in lisbon.", "I LIVE IN LISBON."]
        for (let turn = 0; turn < 25; turn++) {
          const messages = [0, 1, 2, 3].map((index) => ({
            role: "user" as const,
            content: spelled[(turn + index) % 3] ?? ""
          }))
          const [first, ...rest] = messages
          if (first !== undefined) {
            yield* julep.sessions.chat(session.id, { messages: [first, ...rest], recall: false })
          }
        }
        const listed = yield* julep.memories.list({ agent_id: agent.id })
        expect(contents(listed)).toEqual(["I live in Lisbon."])
        const said = yield* julep.sessions.history(session.id, { limit: 1000 })
        const sources = said.filter(({ role }) => role === "user").map(({ id }) => id)
        expect(sources).toHaveLength(100)
        expect(listed[0]?.source_message_ids).toEqual(sources)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("memories are listed newest first, by pages, by user and by words", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        const tom = yield* julep.users.create({ name: "Tom" })
        const ofTom = yield* julep.sessions.create({ agent_id: agent.id, user_id: tom.id })
        yield* chat(session.id, "I live in Lisbon.")
        yield* chat(session.id, "My favourite tea is oolong.")
        yield* chat(ofTom.id, "I drink tea in Turin.")
        const list = (query: object) => Effect.map(julep.memories.list({ agent_id: agent.id, ...query }), contents)
        const [lisbon, oolong, turin] = ["I live in Lisbon.", "My favourite tea is oolong.", "I drink tea in Turin."]
        expect(yield* list({})).toEqual([turin, oolong, lisbon])
        expect(yield* list({ limit: 1, offset: 1 })).toEqual([oolong])
        expect(yield* list({ user_id: user.id })).toEqual([oolong, lisbon])
        expect(new Set(yield* list({ query: "which tea?" }))).toEqual(new Set([turin, oolong]))
        expect(yield* list({ query: "favourite tea", limit: 1 })).toEqual([oolong])
        expect(yield* list({ query: "tea", user_id: tom.id })).toEqual([turin])
        expect(yield* list({ query: "rum" })).toEqual([])
        const other = yield* julep.agents.create({ name: "Bob" })
        expect(yield* julep.memories.list({ agent_id: other.id })).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a memory is recalled in other sessions of that agent and user, and in no others", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        yield* chat(session.id, "I live in Lisbon.")
        yield* julep.sessions.delete(session.id)
        const other = yield* julep.agents.create({ name: "Bob" })
        const tom = yield* julep.users.create({ name: "Tom" })
        const recalledBy = Effect.fnUntraced(function* (input: Parameters<typeof julep.sessions.create>[0]) {
          const opened = yield* julep.sessions.create(input)
          yield* chat(opened.id, "Where in Lisbon?")
          return (yield* background).includes("I live in Lisbon.")
        })
        expect(yield* recalledBy({ agent_id: agent.id, user_id: user.id })).toBe(true)
        expect(yield* recalledBy({ agent_id: agent.id, user_id: tom.id })).toBe(false)
        expect(yield* recalledBy({ agent_id: agent.id })).toBe(false)
        expect(yield* recalledBy({ agent_id: other.id, user_id: user.id })).toBe(false)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("memories survive their session, recall says when it used them", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        yield* chat(session.id, "I live in Lisbon.")
        const [before] = yield* julep.memories.list({ agent_id: agent.id })
        yield* julep.sessions.delete(session.id)
        expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([before])
        yield* TestClock.adjust("2 hours")
        const next = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
        yield* chat(next.id, "Where is Lisbon?")
        const [after] = yield* julep.memories.list({ agent_id: agent.id })
        expect(after).toEqual({ ...before, last_accessed_at: new Date(7_200_000) })
        yield* TestClock.adjust("59 seconds")
        yield* chat(next.id, "Where is Lisbon?", { remember: false })
        expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([after])
        yield* TestClock.adjust("1 second")
        yield* chat(next.id, "Where is Lisbon?", { remember: false })
        expect((yield* julep.memories.list({ agent_id: agent.id }))[0]?.last_accessed_at).toEqual(new Date(7_260_000))
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a deleted memory is forgotten; only its own agent has it", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser()
        yield* chat(session.id, "I live in Lisbon.")
        const other = yield* julep.agents.create({ name: "Bob" })
        const memory_id = (yield* julep.memories.list({ agent_id: agent.id }))[0]?.id ?? MemoryId.make(UNKNOWN_ID)
        const notThere = { _tag: "NotFound", resource: "memory", id: memory_id }
        expect(yield* failure(julep.memories.delete({ agent_id: other.id, memory_id }))).toMatchObject(notThere)
        expect(yield* julep.memories.delete({ agent_id: agent.id, memory_id })).toBe(undefined)
        expect(yield* failure(julep.memories.delete({ agent_id: agent.id, memory_id }))).toMatchObject(notThere)
        expect(yield* julep.memories.list({ agent_id: agent.id, query: "Lisbon" })).toEqual([])
        yield* julep.sessions.deleteHistory(session.id)
        yield* chat(session.id, "Where in Lisbon?")
        expect(yield* background).not.toContain("I live in Lisbon.")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("deleting the history deletes the memories that have no other source", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        const other = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
        yield* chat(session.id, "I live in Lisbon.")
        yield* chat(session.id, "My favourite tea is oolong.")
        yield* chat(other.id, "My favourite tea is oolong.")
        yield* julep.sessions.deleteHistory(session.id)
        const [source] = yield* julep.sessions.history(other.id)
        const listed = yield* julep.memories.list({ agent_id: agent.id })
        expect(contents(listed)).toEqual(["My favourite tea is oolong."])
        expect(listed[0]?.source_message_ids).toEqual([source?.id])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: memories of an agent or user that does not exist are NotFound", () =>
      Effect.gen(function* () {
        const { agent, julep } = yield* scene()
        const user_id = UserId.make(UNKNOWN_ID)
        expect(yield* julep.memories.list({ agent_id: agent.id, query: "tea" })).toEqual([])
        expect(yield* failure(julep.memories.list({ agent_id: noAgent, query: "tea" }))).toMatchObject({
          _tag: "NotFound",
          resource: "agent",
          id: noAgent
        })
        expect(yield* failure(julep.memories.list({ agent_id: agent.id, user_id }))).toMatchObject({
          _tag: "NotFound",
          resource: "user",
          id: user_id
        })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a statement without a user becomes a memory without a user", () =>
      Effect.gen(function* () {
        const { agents, memories, sessions } = yield* Julep
        const agent = yield* agents.create({ name: "Ada" })
        const session = yield* sessions.create({ agent_id: agent.id })
        yield* chat(session.id, "The harbour closes at nine.")
        const listed = yield* memories.list({ agent_id: agent.id })
        expect(listed).toMatchObject([{ content: "The harbour closes at nine." }])
      }).pipe(Effect.provide(mode()))
    )
  })
