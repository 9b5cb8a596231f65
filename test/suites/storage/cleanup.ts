/** What is no longer needed, and how it is deleted. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Prune from "../../../src/engine/usecases/admin/Prune.js"
import { MemoryLifetime } from "../../../src/engine/usecases/recall/MemoryLifetime.js"
import { counts, type Database, storesOf } from "../../support/storage/database.js"
import { keep, keptUnder } from "../../support/storage/replies.js"
import {
  agentRow,
  alice,
  bob,
  entryRow,
  ids,
  jobRow,
  memoryRow,
  page,
  rowsOf,
  seed,
  sessionRow
} from "../../support/storage/rows.js"

const DAY = Duration.toMillis("1 day")
const NOW = 1000 * DAY

const pruned = (options?: Prune.Options) => Effect.flatMap(Prune.make, (prune) => prune(options))

export const cleanup = (database: Database) => {
  const withStore = storesOf(database)

  describe("pruning", () => {
    it.effect(
      "deletes replies and finished jobs after a day, of all developers, and what is old of the rest if asked",
      () =>
        withStore((store) =>
          Effect.gen(function* () {
            yield* TestClock.setTime(NOW)
            const { agent, session } = yield* seed(alice)
            const old = { created_at: NOW - DAY, updated_at: NOW - DAY }
            const young = { created_at: NOW - DAY + 1, updated_at: NOW - DAY + 1 }
            const jobs = [
              jobRow(bob, { ...old, state: "succeeded" }),
              jobRow(bob, { ...young, state: "failed" }),
              jobRow(bob, { ...old, state: "pending" })
            ]
            yield* Effect.forEach(jobs, (job) => store.jobs.insert(bob, job))
            const reply = { status: 200, body: "{}", fingerprint: "f" }
            yield* keep(store, alice, "POST /x", "old", { ...reply, created_at: NOW - DAY })
            yield* keep(store, bob, "POST /x", "young", { ...reply, created_at: NOW - DAY + 1 })
            // Used by its last message, or by its last change.
            const talked = sessionRow({ agent_id: agent.id })
            const changed = sessionRow({ agent_id: agent.id, updated_at: NOW - DAY })
            yield* store.sessions.insert(alice, talked)
            yield* store.sessions.insert(alice, changed)
            yield* store.entries.append(alice, talked.id, [entryRow({ created_at: NOW - DAY })])
            yield* store.memories.remember(
              alice,
              memoryRow({ agent_id: agent.id, last_accessed_at: NOW, content: "New" })
            )

            const before = yield* counts
            const options = { memoriesBefore: NOW - 1, sessionsBefore: NOW - DAY }
            const expected = { replies: 1, jobs: 1, memories: 1, sessions: 1, more: false }
            expect(yield* pruned({ ...options, dryRun: true })).toEqual(expected)
            expect(yield* counts).toEqual(before)

            expect(yield* pruned()).toEqual({ ...expected, memories: 0, sessions: 0 })
            expect(yield* pruned({ ...options, vacuum: true })).toEqual({ ...expected, replies: 0, jobs: 0 })
            expect(yield* pruned(options)).toEqual({ replies: 0, jobs: 0, memories: 0, sessions: 0, more: false })
            expect(ids(yield* rowsOf(store.sessions.list(alice, page({ order: "asc" }))))).toEqual([
              talked.id,
              changed.id
            ])
            expect((yield* store.jobs.get(bob, jobs[0]?.id ?? ""))._tag).toBe("None")
            expect((yield* store.jobs.get(bob, jobs[2]?.id ?? ""))._tag).toBe("Some")
            expect((yield* keptUnder(store, bob, "POST /x", "young"))._tag).toBe("Some")
            expect(yield* rowsOf(store.entries.list(alice, session.id, page()))).toEqual([])
          })
        )
    )

    it.effect("goes by the lifetime of memories, and deletes some at a time", () =>
      withStore((store) =>
        Effect.gen(function* () {
          yield* TestClock.setTime(NOW)
          const agent = agentRow()
          yield* store.agents.insert(alice, agent)
          const all = Array.from({ length: 2050 }, (_, at) => memoryRow({ agent_id: agent.id, content: `Fact ${at}` }))
          yield* store.transaction(Effect.forEach(all, (row) => store.memories.remember(alice, row)))
          const nothing = { replies: 0, jobs: 0, sessions: 0 }
          expect(yield* pruned()).toEqual({ ...nothing, memories: 0, more: false })
          const forDays = Effect.provideService(MemoryLifetime, Duration.days(30))
          expect(yield* forDays(pruned())).toEqual({ ...nothing, memories: 2000, more: true })
          expect(yield* forDays(pruned())).toEqual({ ...nothing, memories: 50, more: false })
          const { indexed_memories } = yield* counts
          expect(indexed_memories).toBe(0)
        })
      )
    )
  })
}
