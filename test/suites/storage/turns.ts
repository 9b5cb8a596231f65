/** What turns leave when they end: all of it is written, or nothing. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Storage } from "../../../src/engine/ports/Storage.js"
import { counts, type Database, dump, storesOf } from "../../support/storage/database.js"
import {
  agentRow,
  alice,
  entryRow,
  finish,
  finishedTurn,
  ids,
  memoryRow,
  newId,
  rowsOf,
  sessionRow,
  some,
  userRow
} from "../../support/storage/rows.js"
import { memoriesOf } from "../../support/storage/search.js"

/** An agent with a user, and a session with a question. */
const scene = (store: Storage.Service, withUser = true) =>
  Effect.gen(function* () {
    const [agent, user] = [agentRow(), userRow()]
    yield* store.agents.insert(alice, agent)
    yield* store.users.insert(alice, user)
    const of = { agent_id: agent.id, user_id: withUser ? user.id : null }
    const session = sessionRow(of)
    yield* store.sessions.insert(alice, session)
    const question = entryRow()
    yield* store.entries.append(alice, session.id, [question])
    return { of, agent: agent.id, user: user.id, session: session.id, question: question.id }
  })

const all = { limit: 100, offset: 0 }

export const turns = (database: Database) => {
  const withStore = storesOf(database)

  describe("what a turn leaves", () => {
    it.effect("is a reply, memories that are found, and the accesses of others", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, of, question, session, user } = yield* scene(store)
          const known = ["a", "b", "c"].map((content) => memoryRow({ ...of, content }))
          for (const row of known) yield* store.memories.remember(alice, row)
          const [a, , c] = ids(known)
          const reply = [entryRow({ role: "assistant", content: "Tea it is" }), entryRow({ role: "function_call" })]
          const memories = [
            memoryRow({ ...of, content: "Likes tea", source_message_ids: [question] }),
            memoryRow({ ...of, content: "Likes cake" })
          ]
          const left = { entries: reply, answers: question, at: 42, accessed: [a!, c!], memories }
          expect(Option.isSome(yield* finish(store, session, left))).toBe(true)

          const listed = yield* rowsOf(store.entries.list(alice, session, { ...all, order: "asc" }))
          expect(ids(listed)).toEqual([question, ...ids(reply)])
          expect((yield* store.entries.rowIds(alice, session, ids(listed))).size).toBe(2)
          const kept = yield* rowsOf(store.memories.list(alice, agent, all))
          expect(new Map(kept.map((row) => [row.content, row.last_accessed_at]))).toEqual(
            new Map([
              ["a", 42],
              ["b", null],
              ["c", 42],
              ["Likes tea", null],
              ["Likes cake", null]
            ])
          )
          expect(yield* memoriesOf(store, alice, agent, "tea")).toMatchObject([memories[0]!])
          expect(yield* memoriesOf(store, alice, agent, "cake", { user_id: user })).toMatchObject([memories[1]!])
        })
      )
    )

    it.effect("a memory that exists keeps its id, gains the sources, and may have been accessed", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, of, session } = yield* scene(store)
          const [tea, cake] = ["Likes tea", "Likes cake"].map((content) =>
            memoryRow({ ...of, content, source_message_ids: [newId()] })
          )
          for (const row of [tea!, cake!]) yield* store.memories.remember(alice, row)
          const said = (content: string) => memoryRow({ ...of, content, source_message_ids: [newId()] })
          const memories = ["likes TEA", "Likes  tea", "Likes cake", "Likes jam", "likes jam"].map(said)
          yield* finish(store, session, { at: 42, accessed: [tea!.id], memories })

          const [first, second, third, jam, again] = memories.map(({ source_message_ids }) => source_message_ids)
          expect(yield* rowsOf(store.memories.list(alice, agent, all))).toEqual([
            { ...memories[3], source_message_ids: [...jam!, ...again!] },
            { ...cake, source_message_ids: [...cake!.source_message_ids, ...third!] },
            { ...tea, last_accessed_at: 42, source_message_ids: [...tea!.source_message_ids, ...first!, ...second!] }
          ])
          for (const word of ["tea", "cake", "jam"])
            expect(yield* memoriesOf(store, alice, agent, word)).toHaveLength(1)
        })
      )
    )

    it.effect("of a session without a user is the agent's", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, of, session, user } = yield* scene(store, false)
          const memory = memoryRow({ ...of, content: "Tea is served" })
          yield* finish(store, session, { memories: [memory] })
          expect(yield* memoriesOf(store, alice, agent, "tea")).toMatchObject([memory])
          expect(yield* memoriesOf(store, alice, agent, "tea", { user_id: user })).toEqual([])
        })
      )
    )

    it.effect("may be more rows than one statement writes", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { of, question, session } = yield* scene(store)
          const entries = Array.from({ length: 101 }, () => entryRow({ role: "assistant" }))
          const memories = Array.from({ length: 102 }, (_, at) => memoryRow({ ...of, content: `Tea ${at}` }))
          const before = yield* counts
          yield* finish(store, session, { entries, answers: question, memories })
          const after = yield* counts
          expect(after["entries"]! - before["entries"]!).toBe(101)
          expect(after["memories"]! - before["memories"]!).toBe(102)
        })
      )
    )

    it.effect("is nothing where the last of many rows cannot be written", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { question, session } = yield* scene(store)
          const rows = Array.from({ length: 100 }, () => entryRow({ role: "assistant" }))
          const before = yield* counts
          const again = finish(store, session, { entries: [...rows, rows[0]!], answers: question })
          expect(yield* Effect.exit(again)).toMatchObject({ _tag: "Failure" })
          expect(yield* counts).toEqual(before)
        })
      )
    )

    it.effect("is nothing where the session or the message that it answers is gone", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { of, question, session } = yield* scene(store)
          const known = memoryRow({ ...of, content: "Known" })
          yield* store.memories.remember(alice, known)
          const memories = [memoryRow({ ...of, content: "Likes tea" })]
          const left = { entries: [entryRow()], at: 42, accessed: [known.id], memories }
          yield* store.entries.clear(alice, session)
          const rows = Effect.map(dump(alice), ({ entries, memories }) => ({ entries, memories }))
          const before = yield* rows
          expect(yield* finish(store, session, { ...left, answers: question })).toEqual(Option.none())
          for (const entries of [left.entries, []])
            expect(yield* finish(store, newId(), { ...left, entries })).toEqual(Option.none())
          expect(yield* rows).toEqual(before)
        })
      )
    )

    it.effect("is written with what follows, or not at all", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { of, session } = yield* scene(store)
          let hooks = 0
          const following = <A, E>(end: Effect.Effect<A, E>, writesMore: boolean) => {
            const left = { entries: [entryRow()], memories: [memoryRow({ ...of, content: "Likes tea" })], writesMore }
            const hook = store.afterCommit(Effect.sync(() => void hooks++))
            return Effect.scoped(
              Effect.flatMap(store.turns.hold(alice, session), (fence) =>
                store.turns.finish(alice, session, finishedTurn(some(fence), left), Effect.zipRight(hook, end))
              )
            )
          }
          const number = Effect.map(counts, ({ entries, memories }) => [entries, memories])
          const before = yield* number
          expect(yield* Effect.exit(following(Effect.fail("no"), true))).toEqual(Exit.fail("no"))
          expect(yield* number).toEqual(before)
          expect(hooks).toBe(0)
          expect(yield* following(Effect.succeed("more"), true)).toEqual(Option.some("more"))
          expect(yield* following(Effect.succeed("alone"), false)).toEqual(Option.some("alone"))
          expect(hooks).toBe(2)
          expect(yield* number).toEqual([before[0]! + 2, before[1]! + 1])
        })
      )
    )
  })
}
