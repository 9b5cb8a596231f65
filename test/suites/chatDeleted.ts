import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Julep, type RequestError } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { SessionId } from "../../src/schema/Session.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, says, sceneWithUser } from "../support/turns.js"

/** A turn whose session is deleted, alone or with its agent or user, before the model has replied. */
export const chatDeleted = (mode: Mode) =>
  describe("a session deleted in mid-turn", () => {
    const message = "I live by the harbour."

    const streamed = (session: SessionId, input: { readonly record?: boolean } = {}) =>
      Effect.flatMap(Julep, ({ sessions }) =>
        Stream.runDrain(sessions.chatStream(session, { messages: [says(message)], ...input }))
      )

    const withTurn = (
      what: "agent" | "user" | "session",
      turn: (session: SessionId) => Effect.Effect<unknown, RequestError, Julep>
    ) =>
      Effect.gen(function* () {
        const [reached, answer] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
        const held: Scripted.Step = (request) => {
          Deferred.unsafeDone(reached, Effect.void)
          return Scripted.hold(answer, Scripted.reply("Too late"))(request)
        }
        return yield* Effect.gen(function* () {
          const { agent, julep, session, user } = yield* sceneWithUser()
          const failed = yield* Effect.fork(failure(turn(session.id)))
          yield* Effect.raceFirst(Deferred.await(reached), Fiber.join(failed))
          if (what === "agent") yield* julep.agents.delete(agent.id)
          if (what === "user") yield* julep.users.delete(user.id)
          if (what === "session") yield* julep.sessions.delete(session.id)
          yield* Deferred.succeed(answer, undefined)
          expect(yield* Fiber.join(failed)).toMatchObject({
            _tag: "NotFound",
            status: 404,
            resource: "session",
            id: session.id,
            message: expect.stringContaining(`Session ${session.id} not found`)
          })
        }).pipe(Effect.provide(mode(() => held)))
      })

    it.live.each(["agent", "user", "session"] as const)("is NotFound, also with its %s", (what) =>
      withTurn(what, (session) => chat(session, message))
    )

    it.live.each(["agent", "user"] as const)("is NotFound if only memories are to be stored, with its %s", (what) =>
      withTurn(what, (session) => chat(session, message, { record: false }))
    )

    it.live.each(["agent", "user", "session"] as const)(
      "is NotFound at the end of a stream, also with its %s",
      (what) => withTurn(what, (session) => streamed(session))
    )

    it.live("is NotFound if nothing of the turn is recorded", () =>
      withTurn("session", (session) => chat(session, "Hello", { record: false }))
    )

    it.live("is NotFound at the end of a stream of which nothing is recorded", () =>
      withTurn("session", (session) => streamed(session, { record: false }))
    )

    for (const [name, turn] of Object.entries({
      whole: (session: SessionId) => chat(session, message),
      streamed: (session: SessionId) => streamed(session)
    })) {
      it.live(`history that is deleted meanwhile gets no late reply, and leaves no memory: ${name}`, () =>
        Effect.gen(function* () {
          const [reached, answer] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
          const held: Scripted.Step = (request) => {
            Deferred.unsafeDone(reached, Effect.void)
            return Scripted.hold(answer, Scripted.reply("Too late"))(request)
          }
          yield* Effect.gen(function* () {
            const { agent, julep, session } = yield* sceneWithUser()
            const failed = yield* Effect.fork(failure(turn(session.id)))
            yield* Effect.raceFirst(Deferred.await(reached), Fiber.join(failed))
            yield* julep.sessions.deleteHistory(session.id)
            yield* Deferred.succeed(answer, undefined)
            expect(yield* Fiber.join(failed)).toMatchObject({
              _tag: "NotFound",
              message: expect.stringContaining(`The history of session ${session.id} was deleted`)
            })
            expect(yield* julep.sessions.history(session.id)).toEqual([])
            expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([])
          }).pipe(Effect.provide(mode([held])))
        })
      )
    }
  })
