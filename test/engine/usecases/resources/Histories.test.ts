/** Long histories are deleted batch by batch, and others use the store between the batches. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { yieldToEventLoop } from "../../../../src/engine/ports/EventLoop.js"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { Engine } from "../../../../src/engine/usecases/Engine.js"
import { rowsOf } from "../../../support/storage/rows.js"
import { DEVELOPER, turnEngine, turnScene } from "../../../support/turnEngine.js"
import { entryRow, memoryRow, withStore } from "../../storage/support/store.js"

const MESSAGES = 4001

/** A session of many messages; `lengths` are those that another fiber sees while an effect runs. */
const scene = Effect.gen(function* () {
  const store = yield* Storage
  const ids = yield* turnScene
  const rows = Array.from({ length: MESSAGES }, () => entryRow({ role: "tool", tool_call_id: "call_1" }))
  yield* store.entries.append(DEVELOPER, ids.session_id, rows)
  const page = { limit: 2 * MESSAGES, offset: 0, order: "asc" } as const
  const history = rowsOf(store.entries.list(DEVELOPER, ids.session_id, page))
  const length = Effect.map(history, (entries) => entries.length)
  const lengths = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const seen = new Set<number>()
      const look = Effect.map(length, (found) => seen.add(found))
      const watcher = yield* Effect.fork(Effect.forever(Effect.zipRight(look, yieldToEventLoop)))
      yield* Effect.zipRight(yieldToEventLoop, effect)
      yield* look
      yield* Fiber.interrupt(watcher)
      return [...seen]
    })
  return { ...ids, lengths, oldest: rows[0]?.id ?? "", store }
})

type Scene = Effect.Effect.Success<typeof scene>

const run = <A, E>(test: (scene: Scene, engine: Engine["Type"]) => Effect.Effect<A, E, Storage>) =>
  withStore(() =>
    Effect.provide(
      Effect.flatMap(Engine, (engine) => Effect.flatMap(scene, (made) => test(made, engine))),
      turnEngine([])
    )
  )

describe("a long history is deleted batch by batch", () => {
  for (const [what, remove] of [
    ["with its session", ({ session_id }, { sessions }) => sessions.remove(DEVELOPER, session_id)],
    ["with its agent", ({ agent_id }, { agents }) => agents.remove(DEVELOPER, agent_id)],
    ["with its user", ({ user_id }, { users }) => users.remove(DEVELOPER, user_id)],
    ["by itself", ({ session_id }, { sessions }) => sessions.clearHistory(DEVELOPER, session_id)]
  ] as const satisfies ReadonlyArray<
    readonly [string, (of: Scene, engine: Engine["Type"]) => Effect.Effect<unknown, unknown>]
  >) {
    it.effect(what, () =>
      run((of, engine) =>
        Effect.gen(function* () {
          expect(yield* of.lengths<unknown, unknown, never>(remove(of, engine))).toEqual([
            MESSAGES,
            MESSAGES - 2000,
            MESSAGES - 4000,
            0
          ])
        })
      )
    )
  }

  it.effect("and an interruption waits for the end", () =>
    run(({ lengths, session_id }, { sessions }) =>
      Effect.gen(function* () {
        const interrupted = Effect.gen(function* () {
          const fiber = yield* Effect.fork(sessions.remove(DEVELOPER, session_id))
          yield* yieldToEventLoop
          yield* Fiber.interrupt(fiber)
        })
        expect((yield* lengths(interrupted)).at(-1)).toBe(0)
      })
    )
  )

  it.effect("and a memory goes with its source in the first batch", () =>
    run(({ agent_id, oldest, session_id, store, user_id }, { sessions }) =>
      Effect.gen(function* () {
        const memory = memoryRow({ agent_id, user_id, source_message_ids: [oldest] })
        yield* store.memories.remember(DEVELOPER, memory)
        yield* sessions.clearHistory(DEVELOPER, session_id)
        expect(yield* rowsOf(store.memories.list(DEVELOPER, agent_id, { limit: 10, offset: 0 }))).toEqual([])
      })
    )
  )
})
