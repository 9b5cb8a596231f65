import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Stream from "effect/Stream"
import type { Storage } from "../../../../src/engine/ports/Storage.js"
import { Engine } from "../../../../src/engine/usecases/Engine.js"
import * as Scripted from "../../../../src/layers/Scripted.js"
import type { ChatRequest } from "../../../../src/schema/Chat.js"
import type { SessionId } from "../../../../src/schema/Session.js"
import { recordingTracer } from "../../../support/tracer.js"
import { DEVELOPER, turnEngine, turnOf, turnScene } from "../../../support/turnEngine.js"
import { lastRequest, systemOf, turnsOf } from "../../../support/turns.js"
import { withStore } from "../../storage/support/store.js"

const complete = (session: SessionId, content: string, more?: Partial<ChatRequest>) =>
  Effect.flatMap(Engine, ({ chat }) => chat.complete(DEVELOPER, session, turnOf(content, more)))
const stream = (session: SessionId, content: string, more?: Partial<ChatRequest>) =>
  Effect.flatMap(Engine, ({ chat }) =>
    Effect.flatMap(chat.stream(DEVELOPER, session, turnOf(content, more)), (events) => Stream.runDrain(events))
  )
const everyWay = { complete, stream }

/** Counts how often the participants of sessions are read. */
const countingReads = () => {
  let reads = 0
  return {
    reads: () => reads,
    storage: (store: Storage.Service): Storage.Service => ({
      ...store,
      sessions: {
        ...store.sessions,
        participants: (developer, id) => {
          reads++
          return store.sessions.participants(developer, id)
        }
      },
      turns: {
        ...store.turns,
        begin: (developer, id, known) => {
          reads++
          return store.turns.begin(developer, id, known)
        }
      }
    })
  }
}

/** A step that reports the request and then waits for the test. */
const heldStep = Effect.map(Effect.all([Deferred.make<void>(), Deferred.make<void>()]), ([reached, go]) => ({
  reached: Deferred.await(reached),
  go: Deferred.succeed(go, undefined),
  step: ((request) => {
    Deferred.unsafeDone(reached, Effect.void)
    return Scripted.hold(go, Scripted.reply("First"))(request)
  }) satisfies Scripted.Step
}))

/** The tokens in the registry of this process, to which every test adds. */
const tokens = Effect.map(Metric.snapshot, (pairs) => {
  const found = { prompt: 0, completion: 0 }
  for (const { metricKey, metricState } of pairs) {
    const type = metricKey.tags.find(({ key }) => key === "type")?.value
    if (metricKey.name !== "julep_tokens" || !MetricState.isCounterState(metricState)) continue
    if (type === "prompt" || type === "completion") found[type] = Number(metricState.count)
  }
  return found
})

describe("a turn reads its session", () => {
  for (const [name, turn] of Object.entries(everyWay)) {
    it.effect(`once: ${name}`, () => {
      const { reads, storage } = countingReads()
      return withStore(() =>
        Effect.gen(function* () {
          const { session_id } = yield* turnScene
          yield* turn(session_id, "Hello")
          expect(reads()).toBe(1)
        }).pipe(Effect.provide(turnEngine(() => Scripted.reply("ok"), { storage })))
      )
    })

    it.effect(`as it is once the turns before are done: ${name}`, () =>
      Effect.gen(function* () {
        const { go, reached, step } = yield* heldStep
        yield* withStore(() =>
          Effect.gen(function* () {
            const { sessions } = yield* Engine
            const { session_id } = yield* turnScene
            const first = yield* Effect.fork(complete(session_id, "One"))
            yield* Effect.raceFirst(reached, Fiber.join(first))
            const second = yield* Effect.fork(turn(session_id, "Two"))
            yield* Effect.yieldNow()
            yield* sessions.patch(DEVELOPER, session_id, { situation: "The storm is over." })
            yield* go
            yield* Fiber.join(first)
            yield* Fiber.join(second)
            expect(systemOf(yield* lastRequest)).toContain("The storm is over.")
          }).pipe(Effect.provide(turnEngine([step, Scripted.reply("Second")])))
        )
      })
    )
  }
})

describe("a turn", () => {
  it.effect("searches docs where the agent or the user has any, and else does not", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { agent_id, session_id } = yield* turnScene
        const { docs } = yield* Engine
        const searches = Effect.gen(function* () {
          const { spans, tracer } = recordingTracer()
          yield* Effect.withTracer(complete(session_id, "Where is the lamp?"), tracer)
          return spans().filter(({ attributes }) => String(attributes["db.query.text"]).includes("passages_fts")).length
        })
        expect(yield* searches).toBe(0)
        const owner = { kind: "agent", id: agent_id } as const
        yield* docs.create(DEVELOPER, owner, { title: "Lamps", content: "The lamp is on the pier." })
        expect(yield* searches).toBe(1)
      }).pipe(Effect.provide(turnEngine(() => Scripted.reply("Noted."))))
    )
  )
})

describe("a turn is observed", () => {
  for (const [name, turn] of Object.entries(everyWay)) {
    it.effect(`its spans: ${name}`, () =>
      withStore(() =>
        Effect.gen(function* () {
          const { session_id } = yield* turnScene
          const { spans, tracer } = recordingTracer()
          yield* turn(session_id, "I live in Lisbon.").pipe(Effect.withSpan("a chat"), Effect.withTracer(tracer))
          const recorded = spans()
          const ofTurn = recorded.filter(({ name }) => name.startsWith("chat."))
          expect(
            ofTurn.map(({ attributes, failure, name, parent }) => ({ attributes, failure, name, parent }))
          ).toEqual(
            ["chat.recall", "chat.prompt", "chat.model", "chat.record"].map((name) => ({
              name,
              parent: "a chat",
              attributes: { "julep.session_id": session_id },
              failure: undefined
            }))
          )
          const below = (parent: string) => recorded.filter((span) => span.parent === parent).map(({ name }) => name)
          expect(below("chat.recall")).toContain("sql.execute")
          expect(below("chat.prompt")).toContain("sql.execute")
          expect(below("chat.record")).toEqual(["sql.execute"])
          expect(JSON.stringify(recorded)).not.toMatch(/Lisbon|Noted/)
        }).pipe(Effect.provide(turnEngine(() => Scripted.reply("Noted."))))
      )
    )

    it.effect(`the reading of the question that a result continues: ${name}`, () =>
      withStore(() =>
        Effect.gen(function* () {
          const { session_id } = yield* turnScene
          yield* turn(session_id, "When is high tide?")
          const { spans, tracer } = recordingTracer()
          const result = { messages: [{ role: "function" as const, name: "tide", content: "At six." }] }
          yield* turn(session_id, "", result).pipe(Effect.withSpan("a chat"), Effect.withTracer(tracer))
          const history = spans().filter(({ attributes }) =>
            /^SELECT .* FROM entries /s.test(String(attributes["db.query.text"]))
          )
          expect(history.map(({ parent }) => parent)).toEqual(["chat.recall"])
        }).pipe(
          Effect.provide(
            turnEngine((_, index) => (index === 0 ? Scripted.toolCall("tide") : Scripted.reply("At six.")))
          )
        )
      )
    )

    it.effect(`the tokens of the model: ${name}`, () =>
      withStore(() =>
        Effect.gen(function* () {
          const { session_id } = yield* turnScene
          const before = yield* tokens
          yield* turn(session_id, "Hello")
          const after = yield* tokens
          expect([after.prompt - before.prompt, after.completion - before.completion]).toEqual([7, 3])
        }).pipe(
          Effect.provide(
            turnEngine(() =>
              Scripted.reply("ok", { usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } })
            )
          )
        )
      )
    )
  }
})

describe("history that was deleted", () => {
  const down = Scripted.fail(new Scripted.ModelError({ reason: "unavailable", message: "down" }))

  /** Two engines of one store, as two processes would have, and a turn under one idempotency key that fails. */
  it.effect("stays away from the model, though a retry under its key takes the id and the number it had", () =>
    withStore(() =>
      Effect.gen(function* () {
        const one = yield* Layer.build(turnEngine([Scripted.reply("ok"), Scripted.reply("ok"), down, down, down]))
        const other = yield* Layer.build(turnEngine([down]))
        const keyed = (session: SessionId) =>
          Effect.flatMap(Engine, ({ chat }) =>
            Effect.flip(
              chat.complete(DEVELOPER, session, turnOf("Hello"), {
                key: "a key",
                keep: () => Effect.void,
                release: Effect.void
              })
            )
          )

        const { session_id, beside } = yield* Effect.provide(
          Effect.gen(function* () {
            const { session_id } = yield* turnScene
            const beside = yield* turnScene
            yield* complete(session_id, "I live in Lisbon.")
            yield* complete(beside.session_id, "Hello")
            yield* keyed(session_id)
            yield* keyed(session_id)
            return { session_id, beside }
          }),
          one
        )
        yield* Effect.provide(
          Effect.gen(function* () {
            const { sessions } = yield* Engine
            yield* sessions.clearHistory(DEVELOPER, session_id)
            yield* keyed(session_id)
          }),
          other
        )
        const prompt = yield* Effect.provide(Effect.zipRight(keyed(session_id), lastRequest), one)
        expect(turnsOf(prompt)).toEqual([{ role: "user", content: "Hello" }])
        expect(beside.session_id).not.toBe(session_id)
      }).pipe(Effect.scoped)
    )
  )
})
