/** Memories: their rows, and the search of them by words. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Storage } from "../../../src/engine/ports/Storage.js"
import { DAY } from "../../../src/engine/text/Periods.js"
import { counts, type Database, storesOf } from "../../support/storage/database.js"
import {
  agentRow,
  alice,
  entryRow,
  ids,
  memoryRow,
  newId,
  rowsOf,
  sessionRow,
  some,
  userRow
} from "../../support/storage/rows.js"
import { memoriesOf } from "../../support/storage/search.js"

const people = (store: Storage.Service) =>
  Effect.gen(function* () {
    const [agent, other, uma, ugo] = [agentRow(), agentRow(), userRow(), userRow()]
    yield* store.agents.insert(alice, agent)
    yield* store.agents.insert(alice, other)
    yield* store.users.insert(alice, uma)
    yield* store.users.insert(alice, ugo)
    return { agent: agent.id, other: other.id, uma: uma.id, ugo: ugo.id }
  })

const all = { limit: 100, offset: 0 }

export const memories = (database: Database) => {
  const withStore = storesOf(database)

  describe("memories", () => {
    it.effect("are returned as they were written, to the last digit", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent } = yield* people(store)
          const memory = memoryRow({ agent_id: agent, content: "tea", sentiment: 0.1 + 0.2, timestamp: 2 ** 53 - 1 })
          const timed = memoryRow({ agent_id: agent, content: "cake", timestamp: 0, ends_at: 2 ** 53 - 1 })
          for (const row of [memory, timed]) yield* store.memories.remember(alice, row)
          expect(yield* memoriesOf(store, alice, agent, "tea")).toMatchObject([memory])
          expect(yield* memoriesOf(store, alice, agent, "cake")).toMatchObject([timed])
        })
      )
    )

    it.effect("are found by their time, if they have one", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent } = yield* people(store)
          const time = { timestamp: Date.UTC(2023, 4, 7), ends_at: Date.UTC(2023, 4, 8) }
          const rows = [
            memoryRow({ agent_id: agent, content: "Has a dog", ...time }),
            memoryRow({ agent_id: agent, content: "Has a cat", ...time, ends_at: null })
          ]
          for (const row of rows) yield* store.memories.remember(alice, row)
          expect(ids(yield* memoriesOf(store, alice, agent, "7 May 2023"))).toEqual(ids(rows.slice(0, 1)))
        })
      )
    )

    it.effect("are not written if the agent or the user was deleted", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, other, ugo, uma } = yield* people(store)
          yield* store.agents.remove(alice, other)
          yield* store.users.remove(alice, ugo)
          expect(yield* store.memories.remember(alice, memoryRow({ agent_id: agent, user_id: uma }))).toBe(true)
          expect(yield* store.memories.remember(alice, memoryRow({ agent_id: agent, user_id: ugo }))).toBe(false)
          expect(yield* store.memories.remember(alice, memoryRow({ agent_id: other }))).toBe(false)
          expect((yield* counts)["memories"]).toBe(1)
        })
      )
    )

    it.effect("keeps one memory per agent, user and content, with all its sources", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, other, uma, ugo } = yield* people(store)
          const [m1, m2, m3] = [newId(), newId(), newId()]
          const first = memoryRow({ agent_id: agent, entities: [{ a: 1 }], source_message_ids: [m2, m1, m2] })
          yield* store.memories.remember(alice, first)
          for (let n = 0; n < 100; n++) {
            const again = { content: " the user  LIKES\ntea ", source_message_ids: [m1, m3], created_at: n }
            yield* store.memories.remember(alice, memoryRow({ agent_id: agent, ...again }))
          }
          expect(yield* rowsOf(store.memories.list(alice, agent, all))).toEqual([
            { ...first, source_message_ids: [m2, m1, m3] }
          ])
          expect((yield* counts)["indexed_memories"]).toBe(1)

          yield* store.memories.remember(alice, memoryRow({ agent_id: agent, user_id: uma }))
          yield* store.memories.remember(alice, memoryRow({ agent_id: agent, user_id: ugo }))
          yield* store.memories.remember(alice, memoryRow({ agent_id: agent, content: "The user likes coffee" }))
          yield* store.memories.remember(alice, memoryRow({ agent_id: other }))
          expect(yield* rowsOf(store.memories.list(alice, agent, all))).toHaveLength(4)
          expect(yield* rowsOf(store.memories.list(alice, other, all))).toHaveLength(1)
        })
      )
    )

    it.effect("keeps one memory of a long content, and another where its end differs", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent } = yield* people(store)
          // Without a pattern, because a database may compress what its index holds.
          const long = String.fromCharCode(...Array.from({ length: 2000 }, (_, n) => 0x4e00 + ((n * 7919) % 20_000)))
          const of = (content: string) => memoryRow({ agent_id: agent, content })
          const rows = [of(long), of(`${long}!`), of(` ${long}`)]
          for (const row of rows) yield* store.memories.remember(alice, row)
          expect(ids(yield* rowsOf(store.memories.list(alice, agent, all))).toSorted()).toEqual(
            ids(rows.slice(0, 2)).toSorted()
          )
        })
      )
    )

    it.effect("keeps one memory per time: what happens on two days is two memories", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent } = yield* people(store)
          const of = (day: number, more: object = {}) =>
            memoryRow({ agent_id: agent, timestamp: day * DAY, ends_at: (day + 1) * DAY, ...more })
          const [first, second, untimed] = [of(1), of(30), memoryRow({ agent_id: agent })]
          const source = newId()
          const again = of(30, { timestamp: 30 * DAY + 1, source_message_ids: [source] })
          for (const row of [first, second, untimed, again]) yield* store.memories.remember(alice, row)
          expect(ids(yield* rowsOf(store.memories.list(alice, agent, all))).toSorted()).toEqual(
            ids([first, second, untimed]).toSorted()
          )
          expect(some(yield* store.memories.same(alice, again))).toEqual({ ...second, source_message_ids: [source] })
          expect(Option.isNone(yield* store.memories.same(alice, of(2)))).toBe(true)
        })
      )
    )

    it.effect("lists newest first, by page and by user", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, uma, ugo } = yield* people(store)
          const rows = [
            memoryRow({ agent_id: agent, content: "a", created_at: 2, user_id: uma, last_accessed_at: 3 }),
            memoryRow({ agent_id: agent, content: "b", created_at: 2 }),
            memoryRow({ agent_id: agent, content: "c", created_at: 1, user_id: uma }),
            memoryRow({ agent_id: agent, content: "d", created_at: 2, user_id: ugo })
          ]
          for (const row of rows) yield* store.memories.remember(alice, row)
          const [a, b, c, d] = rows
          expect(yield* rowsOf(store.memories.list(alice, agent, all))).toEqual([d, b, a, c])
          expect(yield* rowsOf(store.memories.list(alice, agent, { limit: 2, offset: 1 }))).toEqual([b, a])
          expect(yield* rowsOf(store.memories.list(alice, agent, { ...all, user_id: uma }))).toEqual([a, c])
        })
      )
    )

    it.effect("finds what matches any word, best first, by page and by user", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, other, uma, ugo } = yield* people(store)
          const rows = [
            memoryRow({ agent_id: agent, content: "Likes tea" }),
            memoryRow({ agent_id: agent, content: "Likes tea from Assam", user_id: uma }),
            memoryRow({ agent_id: agent, content: "京都が好きです", user_id: uma }),
            memoryRow({ agent_id: agent, content: "Likes coffee", user_id: ugo }),
            memoryRow({ agent_id: other, content: "Likes tea from Assam" })
          ]
          for (const row of rows) yield* store.memories.remember(alice, row)
          const [tea, assam, kyoto] = ids(rows)
          const found = (query: string, more: { user_id?: string; limit?: number; offset?: number } = {}) =>
            Effect.map(memoriesOf(store, alice, agent, query, more), ids)
          expect(yield* found("tea of Assam?")).toEqual([assam, tea])
          expect(yield* found("tea of Assam?", { limit: 1, offset: 1 })).toEqual([tea])
          expect(yield* found("tea of Assam?", { user_id: uma })).toEqual([assam])
          expect(yield* found("tea", { user_id: ugo })).toEqual([])
          expect(yield* found("京都")).toEqual([kyoto])
          expect(yield* found('"NEAR( * tea')).toEqual([assam, tea])
          expect(yield* found("?!")).toEqual([])
        })
      )
    )

    it.effect("removes by id", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, other } = yield* people(store)
          const rows = ["a", "b", "c"].map((content) => memoryRow({ agent_id: agent, content }))
          const [, b] = ids(rows)
          for (const row of rows) yield* store.memories.remember(alice, row)
          expect(yield* store.memories.remove(alice, other, b!)).toBe(false)
          expect(yield* store.memories.remove(alice, agent, b!)).toBe(true)
          expect(yield* store.memories.remove(alice, agent, b!)).toBe(false)
          expect(yield* memoriesOf(store, alice, agent, "b")).toEqual([])
          const source_message_ids = [newId()]
          yield* store.memories.remember(alice, { ...rows[1]!, source_message_ids })
          expect(yield* memoriesOf(store, alice, agent, "b")).toMatchObject([{ source_message_ids }])
        })
      )
    )

    it.effect("lose the messages of a session as sources, and those without another one are deleted", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, uma } = yield* people(store)
          const [first, second] = [1, 2].map(() => sessionRow({ agent_id: agent, user_id: uma }))
          const [a, b, c] = [entryRow(), entryRow(), entryRow()]
          const gone = newId()
          for (const session of [first!, second!]) yield* store.sessions.insert(alice, session)
          yield* store.entries.append(alice, first!.id, [a, b])
          yield* store.entries.append(alice, second!.id, [c])
          const of = (content: string, source_message_ids: ReadonlyArray<string>, user_id: string | null = uma) =>
            memoryRow({ agent_id: agent, user_id, content, source_message_ids })
          const rows = [
            of("first", [a.id, b.id]),
            of("both", [c.id, a.id]),
            of("a session that is gone", [gone, b.id]),
            of("second", [c.id]),
            of("none", []),
            of("another user", [a.id], null)
          ]
          for (const row of rows) yield* store.memories.remember(alice, row)
          yield* store.memories.removeSources(alice, first!.id)
          const left = yield* rowsOf(store.memories.list(alice, agent, all))
          expect(
            Object.fromEntries(left.map(({ content, source_message_ids }) => [content, source_message_ids]))
          ).toEqual({
            both: [c.id],
            "a session that is gone": [gone],
            second: [c.id],
            none: [],
            "another user": [a.id]
          })
          yield* store.memories.removeSources(alice, second!.id)
          expect(
            (yield* rowsOf(store.memories.list(alice, agent, all))).map(({ content }) => content).toSorted()
          ).toEqual(["a session that is gone", "another user", "none"])
        })
      )
    )

    it.effect("that are deleted leave their sources forgotten, and drop the summaries that cover them", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, other, uma } = yield* people(store)
          const [session, later, apart] = [1, 2, 3].map(() => sessionRow({ agent_id: agent, user_id: uma }))
          const [a, b, c, d] = [entryRow(), entryRow(), entryRow(), entryRow()]
          for (const each of [session!, later!, apart!]) yield* store.sessions.insert(alice, each)
          yield* store.entries.append(alice, session!.id, [a, b])
          yield* store.entries.append(alice, later!.id, [d, c])
          yield* store.entries.append(alice, apart!.id, [entryRow()])
          const summarized = (id: string, through: string) =>
            store.sessions.summarize(alice, id, { from: null, through, summary: "S" })
          yield* summarized(session!.id, b.id)
          yield* summarized(later!.id, d.id)
          const memory = memoryRow({ agent_id: agent, user_id: uma, source_message_ids: [a.id, c.id, newId()] })
          yield* store.memories.remember(alice, memory)
          expect(yield* store.sessions.dropSummaries(alice, other, memory.id)).toEqual([])
          expect(yield* store.sessions.dropSummaries(alice, agent, memory.id)).toEqual([session!.id])
          const stored = yield* Effect.forEach([session!, later!], ({ id }) => store.sessions.get(alice, id))
          expect(stored.map((row) => some(row))).toMatchObject([
            { summary: null, summarized_through: b.id },
            // Its summary ends before the source.
            { summary: "S", summarized_through: d.id }
          ])

          const sources = [a, b, c, d].map(({ id }) => id)
          expect(yield* store.entries.forgotten(alice, sources)).toEqual(new Set())
          yield* store.memories.remove(alice, agent, memory.id)
          expect(yield* store.entries.forgotten(alice, sources)).toEqual(new Set([a.id, c.id]))
        })
      )
    )
  })
}
