import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { ModelError } from "../../src/engine/ports/Model.js"
import { type ChatStreamEvent, deltaText, Julep, textOf } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { SessionId } from "../../src/schema/Session.js"
import type { Mode } from "../support/modes.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { chat, failure, historyOf, lastRequest, says, scene, sceneWithUser } from "../support/turns.js"

const stream = (session: SessionId, text: string) =>
  Stream.unwrap(Effect.map(Julep, ({ sessions }) => sessions.chatStream(session, { messages: [says(text)] })))

const events = (session: SessionId, text: string) =>
  Effect.map(Stream.runCollect(stream(session, text)), (all) => [...all])

/** Streamed turns: they do what unary ones do. */
export const chatStream = (mode: Mode) =>
  describe("chat stream", () => {
    it.live("emits the reply in pieces, ends with usage, and writes the same history", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser({
          agent: { docs: [{ title: "Harbour", content: "The Lisbon harbour closes at nine." }] }
        })
        const emitted = yield* events(session.id, "I live in Lisbon.")
        expect(emitted.map(deltaText).join("")).toBe("Ahoy there, sailor")
        expect(emitted.length).toBeGreaterThan(1)
        expect(emitted[0]?.doc_ids?.agent_doc_ids).toHaveLength(1)
        expect(emitted.at(-1)).toMatchObject({ finish_reason: "stop", usage: { total_tokens: expect.any(Number) } })
        expect(emitted.slice(0, -1).every(({ finish_reason }) => finish_reason === null)).toBe(true)
        expect(new Set(emitted.map(({ id }) => id)).size).toBe(1)
        expect(yield* historyOf(session.id)).toEqual([
          ["user", "I live in Lisbon."],
          ["assistant", "Ahoy there, sailor"]
        ])
        expect(yield* julep.memories.list({ agent_id: agent.id })).toHaveLength(1)
      }).pipe(Effect.provide(mode([Scripted.reply("Ahoy there, sailor")])))
    )

    it.live("its text is that of the reply, and no call is text", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const turn = (text: string) =>
          Stream.tap(stream(session.id, text), (event) => Effect.sync(() => all.push(event)))
        const all: Array<ChatStreamEvent> = []
        expect(yield* textOf(turn("Tides?"))).toBe("Let me look.")
        const calls = all.filter(({ response }) => response[0]?.some(({ role }) => role === "function_call"))
        expect(calls.map(deltaText)).toEqual([""])
        expect(yield* textOf(turn("And?"))).toBe("Ahoy there")
      }).pipe(
        Effect.provide(
          mode([
            Scripted.pieces(["Let me ", "look."], Scripted.toolCall("tide", { at: "noon" })),
            Scripted.reply("Ahoy there")
          ])
        )
      )
    )

    it.live("emits each call whole", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const emitted = yield* events(session.id, "Tides?")
        const messages = emitted.flatMap((event) => event.response[0] ?? [])
        const calls = messages.filter(({ role }) => role === "function_call")
        expect(calls.map(({ content }) => JSON.parse(String(content)))).toEqual([
          { id: "c1", name: "tide", arguments: "{}" },
          { id: "c2", name: "wind", arguments: '{"a":1}' }
        ])
        expect(emitted.at(-1)?.finish_reason).toBe("tool_calls")
      }).pipe(
        Effect.provide(
          mode([
            Scripted.toolCalls([
              { id: "c1", name: "tide", arguments: "{}" },
              { id: "c2", name: "wind", arguments: '{"a":1}' }
            ])
          ])
        )
      )
    )

    it.live("the user's message is in history before the first piece", () =>
      Effect.gen(function* () {
        const go = yield* Deferred.make<void>()
        yield* Effect.gen(function* () {
          const { session } = yield* scene()
          const reached = yield* Deferred.make<void>()
          const turn = yield* stream(session.id, "Hello").pipe(
            Stream.tap(() => Deferred.succeed(reached, undefined)),
            Stream.runDrain,
            Effect.fork
          )
          yield* Effect.raceFirst(Deferred.await(reached), Fiber.join(turn))
          expect((yield* historyOf(session.id))[0]).toEqual(["user", "Hello"])
          yield* Deferred.succeed(go, undefined)
          yield* Fiber.join(turn)
          expect((yield* historyOf(session.id))[1]).toEqual(["assistant", "one two"])
        }).pipe(Effect.provide(mode([Scripted.pieces(["one"], Scripted.hold(go, Scripted.reply(" two")))])))
      })
    )

    it.live("a failure before the first piece is an error with the code and words of a chat; the next chat works", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        expect(yield* failure(events(session.id, "Hello"))).toMatchObject({
          code: "UNKNOWN_MODEL",
          message: expect.stringContaining("no such")
        })
        expect(yield* historyOf(session.id)).toEqual([["user", "Hello"]])
        yield* chat(session.id, "Again")
        expect(strictFaults(yield* lastRequest)).toEqual([])
      }).pipe(
        Effect.provide(
          mode([Scripted.fail(new ModelError({ reason: "unknown_model", message: "no such" })), Scripted.reply("ok")])
        )
      )
    )

    it.live("a failure midway is an error too, never a silent end; what was written is kept and marked", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const failed = yield* failure(events(session.id, "Hello"))
        expect(failed["message"]).toContain("broke")
        const [, reply] = yield* julep.sessions.history(session.id)
        expect(reply).toMatchObject({ role: "assistant", content: "half a", aborted: true })
        yield* chat(session.id, "Again")
        expect(strictFaults(yield* lastRequest)).toEqual([])
      }).pipe(
        Effect.provide(
          mode([
            Scripted.pieces(["half a"], Scripted.fail(new ModelError({ reason: "unavailable", message: "it broke" }))),
            Scripted.reply("ok")
          ])
        )
      )
    )

    it.live("abandoning the stream interrupts the model; what was written is kept and marked", () =>
      Effect.gen(function* () {
        const stopped = yield* Deferred.make<void>()
        const step: Scripted.Step = () =>
          Stream.concat(Stream.make({ _tag: "Text" as const, text: "half a" }), Stream.never).pipe(
            Stream.ensuring(Deferred.succeed(stopped, undefined))
          )
        yield* Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const written = stream(session.id, "Hello").pipe(
            Stream.filter(({ response }) => (response[0]?.[0]?.content ?? "") !== ""),
            Stream.take(1)
          )
          expect(yield* Stream.runCount(written)).toBe(1)
          yield* Deferred.await(stopped)
          yield* chat(session.id, "Again")
          const history = yield* julep.sessions.history(session.id)
          expect(history.map(({ aborted, role }) => [role, aborted])).toEqual([
            ["user", false],
            ["assistant", true],
            ["user", false],
            ["assistant", false]
          ])
          expect(history[1]?.content).toBe("half a")
        }).pipe(Effect.provide(mode([step, Scripted.reply("ok")])))
      })
    )
  })
