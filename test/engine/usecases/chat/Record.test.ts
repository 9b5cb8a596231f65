import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Storage, StorageError } from "../../../../src/engine/ports/Storage.js"
import { Engine } from "../../../../src/engine/usecases/Engine.js"
import * as Scripted from "../../../../src/layers/Scripted.js"
import { rowsOf } from "../../../support/storage/rows.js"
import { DEVELOPER, type TurnEngineOptions, turnEngine, turnOf, turnScene } from "../../../support/turnEngine.js"
import { withStore } from "../../storage/support/store.js"

/** Gives the memories of a turn the id of the first, which makes the second one fail. */
const withOneId =
  (finish: Storage.Service["turns"]["finish"]): Storage.Service["turns"]["finish"] =>
  (developer, session, turn, following) => {
    const [first] = turn.memories
    const memories = turn.memories.map((memory) => ({ ...memory, id: first?.id ?? memory.id }))
    return finish(developer, session, { ...turn, memories }, following)
  }

const broken = Effect.fail(new StorageError({ message: "the disk is full", cause: undefined }))

/** The rows of the store after a turn whose last write fails. */
const leftBy = (options: TurnEngineOptions) =>
  withStore((store) =>
    Effect.gen(function* () {
      const { chat } = yield* Engine
      const { agent_id, session_id } = yield* turnScene
      const statements = turnOf("I live in Lisbon. My boat is called Nessie.")
      const error = yield* Effect.flip(chat.complete(DEVELOPER, session_id, statements))
      expect(error._tag).toBe("StorageError")
      const page = { limit: 10, offset: 0 }
      const entries = yield* rowsOf(store.entries.list(DEVELOPER, session_id, { ...page, order: "asc" }))
      return {
        roles: entries.map(({ role }) => role),
        memories: (yield* rowsOf(store.memories.list(DEVELOPER, agent_id, page))).map(({ content }) => content)
      }
    }).pipe(Effect.provide(turnEngine(() => Scripted.reply("Noted."), options)))
  )

describe("what a turn adds is written in one transaction", () => {
  it.effect("a job that cannot be written leaves no reply", () =>
    Effect.gen(function* () {
      const storage = (store: Storage.Service) => ({ ...store, jobs: { ...store.jobs, insert: () => broken } })
      expect(yield* leftBy({ instructable: true, storage })).toEqual({ roles: ["user"], memories: [] })
    })
  )

  it.effect("a memory that cannot be written leaves neither the reply nor the memory before it", () =>
    Effect.gen(function* () {
      const storage = (store: Storage.Service) => ({
        ...store,
        turns: { ...store.turns, finish: withOneId(store.turns.finish) }
      })
      expect(yield* leftBy({ storage })).toEqual({ roles: ["user"], memories: [] })
    })
  )
})
