/** The messages of sessions. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Storage } from "../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../src/engine/text/Words.js"
import { counts, type Database, storesOf } from "../../support/storage/database.js"
import { agentRow, alice, bob, entryRow, ids, newId, page, rowsOf, sessionRow } from "../../support/storage/rows.js"
import { limits } from "../../support/storage/search.js"

const sessions = (store: Storage.Service) =>
  Effect.gen(function* () {
    const agent = agentRow()
    const [one, two] = [sessionRow({ agent_id: agent.id }), sessionRow({ agent_id: agent.id })]
    yield* store.agents.insert(alice, agent)
    yield* store.sessions.insert(alice, one)
    yield* store.sessions.insert(alice, two)
    return [one.id, two.id] as const
  })

const all = { limit: 1000, offset: 0, order: "asc" } as const

export const entries = (database: Database) => {
  const withStore = storesOf(database)

  describe("entries", () => {
    it.effect(
      "claims rows all or none, in their session and developer, and takes over what was claimed before a time",
      () =>
        withStore((store) =>
          Effect.gen(function* () {
            const [session, other] = yield* sessions(store)
            const [one, two] = [entryRow({ role: "function_call" }), entryRow({ role: "function_call" })]
            yield* store.entries.append(alice, session, [one, two])
            const claim = (ids: ReadonlyArray<string>, now: number, before: number | null = null) =>
              store.entries.claim(alice, session, ids, now, before)
            expect(yield* store.entries.claim(alice, other, [one.id], 1, null)).toBe(false)
            expect(yield* store.entries.claim(bob, session, [one.id], 1, null)).toBe(false)
            expect(yield* claim([one.id, newId()], 1)).toBe(false)
            expect(yield* claim([two.id], 10)).toBe(true)
            expect(yield* claim([one.id, two.id], 11)).toBe(false)
            expect(yield* claim([one.id], 12)).toBe(true)
            expect(yield* claim([one.id, two.id], 20, 11)).toBe(false)
            expect(yield* claim([one.id, two.id], 20, 12)).toBe(true)
            expect(yield* claim([one.id], 21, 19)).toBe(false)
          })
        )
    )

    it.effect("marks the listed rows as suspended, in their session and developer, also when they move", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [session, other] = yield* sessions(store)
          const [one, two] = [entryRow({ role: "function_call" }), entryRow({ role: "function_call" })]
          yield* store.entries.append(alice, session, [one, two])
          yield* store.entries.suspend(alice, other, [two.id])
          yield* store.entries.suspend(bob, session, [two.id])
          yield* store.entries.suspend(alice, session, [one.id])
          const at = store.entries.at(alice, session, [one.id, two.id])
          expect(yield* at).toEqual([{ ...one, suspended: true }, two])
          yield* store.entries.refuse(alice, session, [one.id])
          yield* store.entries.moveToEnd(alice, session, [one.id])
          expect(yield* at).toEqual([two, { ...one, suspended: true }])
        })
      )
    )

    it.effect("reads a call with the calls beside it, through the first message of the next reply", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [session, other] = yield* sessions(store)
          const said = entryRow()
          const call = () => entryRow({ role: "function_call", from_model: true })
          const result = () => entryRow({ role: "function" })
          const [one, two, three, four] = [call(), call(), call(), call()]
          const text = entryRow({ role: "assistant", from_model: true })
          const [first, second, last] = [result(), result(), result()]
          yield* store.entries.append(alice, session, [said, text, one, two, first])
          yield* store.entries.append(alice, other, [call(), result()])
          const beside = (id: string) => store.entries.calls(alice, session, id)
          expect(yield* beside(two.id)).toEqual([one, two, first])
          yield* store.entries.append(alice, session, [second, three, four, last])
          expect(yield* beside(one.id)).toEqual([one, two, first, second, three])
          expect(yield* beside(two.id)).toEqual([one, two, first, second, three])
          expect(yield* beside(four.id)).toEqual([three, four, last])
          expect(yield* beside(newId())).toEqual([])
          expect(yield* store.entries.calls(alice, other, one.id)).toEqual([])
        })
      )
    )

    it.effect("appends, lists in order of insertion regardless of created_at, and clears one session", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [session, other] = yield* sessions(store)
          const entries = [
            entryRow({ created_at: 5 }),
            entryRow({
              created_at: 5,
              role: "assistant",
              name: "Ada",
              content: [
                { type: "text", text: "Look \0 \ud800" },
                { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } }
              ]
            }),
            entryRow({ created_at: 4, role: "function", content: '{"sun":true}', tool_call_id: "call_1" }),
            entryRow({ created_at: 5, content: "" })
          ]
          yield* store.entries.append(alice, session, entries.slice(0, 2))
          yield* store.entries.append(alice, session, entries.slice(2))
          yield* store.entries.append(alice, session, [])
          yield* store.entries.append(alice, other, [entryRow()])

          expect(yield* rowsOf(store.entries.list(alice, session, all))).toEqual(entries)
          expect(yield* rowsOf(store.entries.list(alice, session, { ...all, order: "desc" }))).toEqual(
            [...entries].reverse()
          )
          expect(yield* rowsOf(store.entries.list(alice, session, { ...all, limit: 2, offset: 1 }))).toEqual(
            entries.slice(1, 3)
          )

          yield* store.entries.clear(alice, session)
          expect(yield* rowsOf(store.entries.list(alice, session, all))).toEqual([])
          expect(yield* rowsOf(store.entries.list(alice, other, all))).toHaveLength(1)
        })
      )
    )

    it.effect("the oldest messages of a long history are trimmed, of a session or of every session of an owner", () =>
      withStore((store, { indexed }) =>
        Effect.gen(function* () {
          const [session, other] = yield* sessions(store)
          const [row] = yield* rowsOf(store.sessions.list(alice, page()))
          const agent = { kind: "agent", id: row?.agent_id ?? "" } as const
          const rows = Array.from({ length: 2001 }, () => entryRow({ content: "harbour" }))
          const left = Effect.forEach([session, other], (id) =>
            rowsOf(store.entries.list(alice, id, { ...all, limit: 5000 }))
          )
          yield* store.entries.append(alice, session, rows.slice(0, 2000))
          yield* store.entries.append(alice, other, [entryRow()])
          const [, others] = yield* left
          expect(yield* store.entries.trim(alice, { kind: "session", id: session })).toBe(false)
          yield* store.entries.append(alice, session, rows.slice(2000))
          expect(yield* store.entries.trim(alice, { kind: "session", id: session })).toBe(true)
          expect(yield* left).toEqual([rows.slice(2000), others])
          const more = Array.from({ length: 2001 }, () => entryRow({ role: "tool", tool_call_id: "call_1" }))
          yield* store.entries.append(alice, session, more)
          expect(yield* store.entries.trim(alice, { kind: "user", id: agent.id })).toBe(false)
          expect(yield* store.entries.trim(alice, agent)).toBe(true)
          expect((yield* left).flat()).toHaveLength(3)
          expect(yield* store.entries.trim(alice, agent)).toBe(false)
          expect((yield* indexed).turns).toBe(1)
        })
      )
    )

    it.effect("what was refused stays in history with its mark, and no search finds it", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [session] = yield* sessions(store)
          const [one, two] = [entryRow({ content: "harbour" }), entryRow({ content: "harbour lights" })]
          yield* store.entries.append(alice, session, [one, two])
          yield* store.entries.refuse(alice, session, [one.id])
          expect(yield* rowsOf(store.entries.list(alice, session, all))).toEqual([{ ...one, refused: true }, two])
          const { turns } = yield* store.entries.find(alice, session, parseQuery("harbour"), limits)
          expect(turns.postings.flat()).toHaveLength(1)
        })
      )
    )

    it.effect("messages move to the end in the order that is given, and lose their marks", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [session, other] = yield* sessions(store)
          const [one, two, three] = [entryRow(), entryRow(), entryRow()]
          yield* store.entries.append(alice, session, [one, two, three])
          const elsewhere = entryRow()
          yield* store.entries.append(alice, other, [elsewhere])
          yield* store.entries.refuse(alice, session, [one.id])
          yield* store.entries.moveToEnd(alice, session, [two.id, one.id])
          expect(yield* rowsOf(store.entries.list(alice, session, all))).toEqual([three, two, one])
          expect(yield* rowsOf(store.entries.list(alice, other, all))).toEqual([elsewhere])
          expect(yield* store.entries.at(alice, session, [one.id, two.id, elsewhere.id])).toEqual([two, one])
        })
      )
    )

    it.effect("a summary through a message that moves ends before it", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [session] = yield* sessions(store)
          const [one, two, three] = [entryRow(), entryRow(), entryRow()]
          yield* store.entries.append(alice, session, [one, two, three])
          yield* store.sessions.summarize(alice, session, { from: null, through: two.id, summary: "So far" })
          yield* store.entries.moveToEnd(alice, session, [two.id])
          const moved = Option.getOrThrow(yield* store.sessions.get(alice, session))
          expect(moved).toMatchObject({ summarized_through: one.id, history_epoch: 1 })
        })
      )
    )

    it.effect("appends more rows than one statement takes, all or none", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [session] = yield* sessions(store)
          const many = Array.from({ length: 250 }, () => entryRow())
          yield* store.entries.append(alice, session, many)
          expect(ids(yield* rowsOf(store.entries.list(alice, session, all)))).toEqual(ids(many))
          const again = [...Array.from({ length: 150 }, () => entryRow()), many[0]!]
          yield* Effect.flip(store.entries.append(alice, session, again))
          expect((yield* counts)["entries"]).toBe(250)
        })
      )
    )

    it.effect("says whether the session exists, also inside a transaction and for many rows", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [session, gone] = yield* sessions(store)
          expect(yield* store.entries.append(alice, session, [entryRow()])).toBe(true)
          yield* store.sessions.remove(alice, gone)
          expect(yield* store.entries.append(alice, gone, [entryRow()])).toBe(false)
          const many = Array.from({ length: 250 }, () => entryRow())
          expect(yield* store.entries.append(alice, gone, many)).toBe(false)
          const after = Effect.zipRight(
            store.entries.append(alice, gone, [entryRow()]),
            store.entries.append(alice, session, [entryRow()])
          )
          expect(yield* store.transaction(after)).toBe(true)
          expect((yield* counts)["entries"]).toBe(2)
        })
      )
    )

    it.effect("names a row that it cannot read", () =>
      withStore((store, { overwrite }) =>
        Effect.gen(function* () {
          const [session] = yield* sessions(store)
          const entry = entryRow()
          yield* store.entries.append(alice, session, [entry])
          for (const content of ["not JSON", '[{"type":"video"}]', "5"]) {
            yield* overwrite("entries", "content", content)
            const error = yield* Effect.flip(rowsOf(store.entries.list(alice, session, all)))
            expect(error._tag).toBe("StorageError")
            expect(error.message).toMatch(`The row ${entry.id} of entries cannot be read: content is not`)
          }
        })
      )
    )
  })
}
