/** Deleting a row deletes the rows and index entries that depend on it, and no others. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { counts, type Database, dump, storesOf } from "../../support/storage/database.js"
import { alice, bob, seed } from "../../support/storage/rows.js"
import { memoriesOf, passages } from "../../support/storage/search.js"

const one = {
  agents: 1,
  users: 1,
  sessions: 1,
  tools: 1,
  docs: 2,
  passages: 3,
  vectors: 2,
  vector_spaces: 1,
  entries: 1,
  turn_vectors: 1,
  memories: 1,
  memory_vectors: 1,
  suggestions: 1,
  jobs: 1,
  indexed_passages: 3,
  indexed_turns: 1,
  indexed_memories: 1
}

const cases = {
  agent: {
    remove: "agents",
    left: {
      ...one,
      agents: 0,
      sessions: 0,
      tools: 0,
      docs: 1,
      passages: 1,
      vectors: 1,
      entries: 0,
      turn_vectors: 0,
      memories: 0,
      memory_vectors: 0,
      suggestions: 0,
      indexed_passages: 1,
      indexed_turns: 0,
      indexed_memories: 0
    }
  },
  user: {
    remove: "users",
    left: {
      ...one,
      users: 0,
      sessions: 0,
      docs: 1,
      passages: 2,
      vectors: 1,
      entries: 0,
      turn_vectors: 0,
      memories: 0,
      memory_vectors: 0,
      suggestions: 0,
      indexed_passages: 2,
      indexed_turns: 0,
      indexed_memories: 0
    }
  },
  session: {
    remove: "sessions",
    left: { ...one, sessions: 0, entries: 0, turn_vectors: 0, suggestions: 0, indexed_turns: 0 }
  }
} as const

export const cascades = (database: Database) => {
  const withStore = storesOf(database)

  describe("cascading deletes", () => {
    for (const kind of ["agent", "user", "session"] as const) {
      it.effect(kind, () =>
        withStore((store, { faults }) =>
          Effect.gen(function* () {
            const other = yield* seed(bob)
            const others = yield* dump(bob)
            const before = yield* counts
            const seeded = yield* seed(alice)
            const { left, remove } = cases[kind]
            expect(yield* store[remove].remove(alice, seeded[kind].id)).toBe(true)

            const expected = Object.fromEntries(
              Object.entries(before).map(([table, count]) => {
                const isKept = database.numbered || !/^(turn|memory)_vectors$/.test(table)
                return [table, isKept ? count + left[table as keyof typeof left] : 0]
              })
            )
            expect(yield* counts).toEqual(expected)
            expect(yield* dump(bob)).toEqual(others)
            expect(yield* faults).toEqual([])

            // The index finds the remaining rows and no others.
            const search = passages(store)(alice, [seeded.ofAgent, seeded.ofUser], "Saturn rings Mars roses", 10)
            expect((yield* search).length).toBe(left.passages)
            const memories = memoriesOf(store, alice, seeded.agent.id, "tea")
            expect((yield* memories).length).toBe(left.memories)
            expect(yield* passages(store)(bob, [other.ofAgent], "Saturn", 10)).toHaveLength(1)
          })
        )
      )
    }

    it.effect("agent and user, after which every table and index is empty", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, user } = yield* seed(alice)
          yield* store.agents.remove(alice, agent.id)
          yield* store.users.remove(alice, user.id)
          expect(yield* counts).toEqual({
            ...Object.fromEntries(Object.keys(one).map((table) => [table, 0])),
            vector_spaces: 1,
            jobs: 1
          })
        })
      )
    )
  })
}
