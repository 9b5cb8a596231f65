/** Suggestions: their order and bounds, what they go with, and the count of replies since. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { EntryRow, Storage } from "../../../src/engine/ports/Storage.js"
import { type Database, storesOf } from "../../support/storage/database.js"
import {
  agentRow,
  alice,
  bob,
  entryRow,
  memoryRow,
  rowsOf,
  sessionRow,
  suggestionRow
} from "../../support/storage/rows.js"

const replyRow = () => entryRow({ role: "assistant", from_model: true })

/** A session with an agent and two replies. */
const conversation = Effect.fnUntraced(function* (store: Storage.Service) {
  const agent = agentRow()
  const session = sessionRow({ agent_id: agent.id })
  const [first, second] = [replyRow(), replyRow()]
  yield* store.agents.insert(alice, agent)
  yield* store.sessions.insert(alice, session)
  yield* store.entries.append(alice, session.id, [entryRow(), first, entryRow(), second])
  const after = (message_id: string) => ({ session_id: session.id, message_id })
  const make = (message_id: string, contents: ReadonlyArray<string>, most = 100) =>
    store.suggestions.add(
      alice,
      after(message_id),
      contents.map((content) => suggestionRow({ ...after(message_id), content })),
      most
    )
  const contents = (page: Partial<Parameters<typeof store.suggestions.list>[2]> = {}) =>
    Effect.map(rowsOf(store.suggestions.list(alice, session.id, { limit: 100, offset: 0, ...page })), (rows) =>
      rows.map(({ content }) => content)
    )
  return { agent, session, first, second, make, contents }
})

export const suggestions = (database: Database) => {
  const withStore = storesOf(database)

  describe("suggestions", () => {
    it.effect("are listed as they were written, the newest first, and of those made together the best", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { contents, first, make, second, session } = yield* conversation(store)
          const row = suggestionRow({ session_id: session.id, message_id: first.id, target: "agent", created_at: 9 })
          yield* store.suggestions.add(alice, row, [row], 100)
          expect(yield* rowsOf(store.suggestions.list(alice, session.id, { limit: 1, offset: 0 }))).toEqual([row])
          yield* make(second.id, ["Best", "Good"])
          expect(yield* contents()).toEqual(["Best", "Good", row.content])
          expect(yield* contents({ limit: 1, offset: 1 })).toEqual(["Good"])
        })
      )
    )

    it.effect("are written once, up to case and white space, and the oldest leave", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { contents, first, make, second } = yield* conversation(store)
          yield* make(first.id, ["Drink tea", "drink  TEA ", "Drink coffee"])
          expect(yield* contents()).toEqual(["drink  TEA ", "Drink coffee"])
          expect(yield* make(second.id, ["Rest", "drink coffee"], 2)).toBe(true)
          expect(yield* contents()).toEqual(["Rest", "drink  TEA "])
        })
      )
    )

    it.effect("are deleted with their message, and with a memory of their session", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, contents, first, make, second, session } = yield* conversation(store)
          const remember = (id: string) => {
            const memory = memoryRow({ agent_id: agent.id, source_message_ids: [id] })
            return Effect.as(store.memories.remember(alice, memory), memory)
          }
          const elsewhere = yield* remember(first.id.replace(/^./, "0"))
          yield* make(first.id, ["Rest"])
          yield* store.memories.remove(alice, agent.id, elsewhere.id)
          expect(yield* contents()).toEqual(["Rest"])
          const { id } = yield* remember(second.id)
          yield* store.memories.remove(alice, agent.id, id)
          expect(yield* contents()).toEqual([])
          yield* make(first.id, ["Rest"])
          yield* store.entries.clear(alice, session.id)
          expect(yield* contents()).toEqual([])
          expect(yield* make(first.id, ["Rest"])).toBe(false)
          expect(yield* contents()).toEqual([])
        })
      )
    )

    it.effect(
      "fall due after so many whole replies of the model, and then after as many again, however the job ends",
      () =>
        withStore((store) =>
          Effect.gen(function* () {
            const { first, make, second, session } = yield* conversation(store)
            const due = (message_id: string, turns: number, developer = alice) =>
              store.suggestions.fallDue(developer, { session_id: session.id, message_id }, turns)
            const append = (...entries: ReadonlyArray<EntryRow>) => store.entries.append(alice, session.id, entries)
            expect(yield* due(second.id, 3)).toBe(false)
            expect(yield* due(second.id, 2, bob)).toBe(false)
            expect(yield* due(first.id, 2)).toBe(true)
            expect(yield* due(second.id, 2)).toBe(false)
            expect(yield* due(second.id, 1)).toBe(true)
            // A late job does not set the count back.
            yield* make(first.id, [])
            expect(yield* due(second.id, 1)).toBe(false)
            const third = replyRow()
            const broken = entryRow({ role: "assistant", from_model: true, aborted: true })
            yield* append(entryRow(), entryRow({ role: "function_call", from_model: true }), broken, third)
            expect(yield* due(third.id, 2)).toBe(false)
            expect(yield* due(third.id, 1)).toBe(true)
            yield* store.entries.clear(alice, session.id)
            const fourth = replyRow()
            yield* append(fourth)
            expect(yield* due(fourth.id, 1)).toBe(true)
          })
        )
    )
  })
}
