import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { UserId } from "../../src/index.js"
import type { Content } from "../../src/schema/Message.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, historyOf, noAgent, scene, sceneWithUser, UNKNOWN_ID } from "../support/turns.js"

const HOUR = new Date(3_600_000)

/** Sessions and their history: creation, reading, PATCH, PUT and deletion. */
export const sessions = (mode: Mode) =>
  describe("sessions", () => {
    it.effect("get and list return a whole session; without a user it has no user_id", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser({ session: { situation: "A storm." } })
        expect(session).toEqual({
          agent_id: agent.id,
          user_id: user.id,
          situation: "A storm.",
          id: session.id,
          created_at: new Date(0),
          jobs: []
        })
        const read = yield* julep.sessions.get(session.id)
        expect(read).toEqual({
          id: session.id,
          agent_id: agent.id,
          user_id: user.id,
          situation: "A storm.",
          metadata: {},
          render_templates: false,
          created_at: new Date(0),
          updated_at: new Date(0)
        })
        expect(yield* julep.sessions.list()).toEqual([read])
        const alone = yield* julep.sessions.create({ agent_id: agent.id, metadata: { a: 1 }, render_templates: false })
        const got = yield* julep.sessions.get(alone.id)
        expect(got).toMatchObject({ situation: "", metadata: { a: 1 }, render_templates: false })
        expect(got).not.toHaveProperty("user_id")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: a session of an unknown agent or user is not created", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* scene()
        const user_id = UserId.make(UNKNOWN_ID)
        expect(yield* failure(julep.sessions.create({ agent_id: noAgent }))).toMatchObject({
          _tag: "NotFound",
          resource: "agent",
          id: noAgent
        })
        expect(yield* failure(julep.sessions.create({ agent_id: agent.id, user_id }))).toMatchObject({
          _tag: "NotFound",
          resource: "user",
          id: user_id
        })
        expect((yield* julep.sessions.list()).map(({ id }) => id)).toEqual([session.id])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: PATCH works without a situation and keeps render_templates", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene({
          session: { situation: "A storm.", metadata: { a: 1 }, render_templates: false }
        })
        yield* TestClock.adjust("1 hour")
        const updated = yield* julep.sessions.update(session.id, { metadata: { b: 2 } })
        expect(updated).toEqual({ metadata: { b: 2 }, id: session.id, updated_at: HOUR, jobs: [] })
        yield* julep.sessions.update(session.id, {})
        expect(yield* julep.sessions.get(session.id)).toMatchObject({
          situation: "A storm.",
          metadata: { a: 1, b: 2 },
          render_templates: false,
          created_at: new Date(0),
          updated_at: HOUR
        })
        yield* julep.sessions.update(session.id, { situation: "" })
        expect((yield* julep.sessions.get(session.id)).situation).toBe("")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("PUT keeps omitted metadata and replaces given metadata", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser({ session: { metadata: { a: 1 } } })
        yield* julep.sessions.update(session.id, { situation: "Calm." }, { overwrite: true })
        const owners = { agent_id: agent.id, user_id: user.id }
        expect(yield* julep.sessions.get(session.id)).toMatchObject({
          situation: "Calm.",
          metadata: { a: 1 },
          ...owners
        })
        yield* julep.sessions.update(session.id, { situation: "", metadata: { b: 2 } }, { overwrite: true })
        expect(yield* julep.sessions.get(session.id)).toMatchObject({ situation: "", metadata: { b: 2 }, ...owners })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("history is empty at first, then oldest first, in pages, and newest first on request", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        expect(yield* julep.sessions.history(session.id)).toEqual([])
        for (const text of ["one", "two", "three"]) yield* chat(session.id, text)
        const turns = [
          ["user", "one"],
          ["assistant", "ok"],
          ["user", "two"],
          ["assistant", "ok"],
          ["user", "three"],
          ["assistant", "ok"]
        ]
        expect(yield* historyOf(session.id)).toEqual(turns)
        const whole = yield* julep.sessions.history(session.id)
        expect(yield* julep.sessions.history(session.id, { limit: 2, offset: 1 })).toEqual(whole.slice(1, 3))
        expect(yield* julep.sessions.history(session.id, { order: "desc" })).toEqual(whole.toReversed())
        expect(yield* julep.sessions.history(session.id, { offset: 6 })).toEqual([])
        expect([...(yield* Stream.runCollect(julep.sessions.historyAll(session.id)))]).toEqual(whole)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("history returns content as it was sent, text or parts, and an absent name as an empty string", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* julep.sessions.chat(session.id, { messages: [{ role: "user", name: "Sam", content: "Hi" }] })
        const parts: Content = [
          { type: "text", text: "And this?" },
          { type: "image_url", image_url: { url: "https://example.com/a.png" } }
        ]
        yield* chat(session.id, parts)
        const [first, answer, second] = yield* julep.sessions.history(session.id)
        expect(first).toMatchObject({ name: "Sam", content: "Hi" })
        expect(first).not.toHaveProperty("tool_call_id")
        expect(answer).toMatchObject({ role: "assistant", content: "ok" })
        expect(second).toMatchObject({ name: "", content: parts })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("deleting the history leaves the session, but no memory of it, and the model forgets the turns", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser()
        yield* chat(session.id, "I live in Lisbon.")
        expect(yield* julep.sessions.deleteHistory(session.id)).toBe(undefined)
        yield* julep.sessions.deleteHistory(session.id)
        expect(yield* historyOf(session.id)).toEqual([])
        expect(yield* julep.sessions.get(session.id)).toMatchObject({ id: session.id })
        expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([])
        yield* chat(session.id, "Hello", { recall: false })
        expect(yield* historyOf(session.id)).toHaveLength(2)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: history is deleted with its session, and a second delete changes nothing", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, "Hello")
        yield* julep.sessions.delete(session.id)
        const notFound = { _tag: "NotFound", resource: "session", id: session.id }
        expect(yield* failure(julep.sessions.history(session.id))).toMatchObject(notFound)
        expect(yield* julep.sessions.delete(session.id)).toBe(undefined)
        expect(yield* julep.sessions.deleteHistory(session.id)).toBe(undefined)
        expect(yield* failure(julep.sessions.suggestions(session.id))).toMatchObject(notFound)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("suggestions of an existing session are a list", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        expect(yield* julep.sessions.suggestions(session.id, { limit: 1, offset: 0 })).toEqual([])
      }).pipe(Effect.provide(mode()))
    )
  })
