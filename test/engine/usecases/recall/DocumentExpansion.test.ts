import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Function from "effect/Function"
import { type MemoryRow, type SessionRow, Storage, type TurnRow } from "../../../../src/engine/ports/Storage.js"
import { entryOf } from "../../../../src/engine/usecases/prompt/Context.js"
import { expand, isSaidBy, make } from "../../../../src/engine/usecases/recall/DocumentExpansion.js"
import { memoryRow, sessionRow } from "../../../support/storage/rows.js"

const turn = (content: string, id: string) => ({
  rowId: 1,
  session_id: "s",
  entry: entryOf({ role: "user", content }, id, 0)
})
const memory = (content: string, ...source_message_ids: ReadonlyArray<string>): MemoryRow =>
  memoryRow({ agent_id: "a", content, source_message_ids })

/** The turns that memories were made of, in a store whose turns have these row ids, and the ids that it was asked for. */
const sourcesIn = Effect.fnUntraced(function* (rowIds: ReadonlyMap<string, number>) {
  const asked: Array<string> = []
  const entries: Pick<Storage.Service["entries"], "rowIds"> = {
    rowIds: (_developer, _session, ids) =>
      Effect.sync(() => {
        asked.push(...ids)
        return new Map([...rowIds].filter(([id]) => ids.includes(id)))
      })
  }
  // The part of the store that is used.
  return { asked, ...(yield* Effect.provideService(make, Storage, { entries } as Storage.Service)) }
})

describe("the sources of memories", () => {
  const [first, second, other] = ["u", "u", "v"].map((user_id) => sessionRow({ agent_id: "a", user_id }))
  const fact = (rowId: number, ...ids: ReadonlyArray<string>) => ({ ...memory("A fact.", ...ids), rowId })

  it.effect("are the newest four of the best twenty: a fact that was replaced many times names many messages", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 2500 }, (_, id) => [`${id}`, id] as const)
      const { asked, sources } = yield* sourcesIn(new Map(all))
      const found = Array.from({ length: 25 }, (_, index) =>
        fact(index, ...Array.from({ length: 6 }, (_, source) => `${100 * index + source}`))
      )
      const rowIds = yield* sources("d", first!, found)
      expect([...rowIds.keys()]).toEqual(Array.from({ length: 20 }, (_, index) => index))
      expect(rowIds.get(3)).toEqual([302, 303, 304, 305])
      expect(asked).toHaveLength(80)
    })
  )

  it.effect("are looked up once for all sessions of a user, and again for other developers and users", () =>
    Effect.gen(function* () {
      const { asked, sources } = yield* sourcesIn(new Map([["one", 1]]))
      const ids = (developer: string, session: SessionRow) =>
        Effect.map(sources(developer, session, [fact(7, "one", "gone")]), (found) => found.get(7))
      expect(yield* ids("d", first!)).toEqual([1])
      expect(yield* ids("d", second!)).toEqual([1])
      expect(asked).toEqual(["one", "gone", "gone"])
      yield* ids("d", other!)
      yield* ids("e", first!)
      expect(asked.slice(3)).toEqual(["one", "gone", "one", "gone"])
    })
  )

  it.effect("of a cached memory are looked up for each user and developer", () =>
    Effect.gen(function* () {
      const { asked, sources } = yield* sourcesIn(new Map([["one", 1]]))
      const cached = [fact(7, "one")]
      for (const session of [first!, second!, other!]) yield* sources("d", session, cached)
      yield* sources("e", first!, cached)
      expect(asked).toEqual(["one", "one", "one"])
    })
  )

  for (const [name, cached] of [
    ["a memory that was read again", () => [fact(7, "one")]],
    ["a cached memory", Function.constant([fact(7, "one")])]
  ] as const) {
    it.effect(
      `of ${name} are looked up again where a turn that was read has the row id of one that must be deleted`,
      () =>
        Effect.gen(function* () {
          const rowIds = new Map([["one", 1]])
          const { asked, correct, sources } = yield* sourcesIn(rowIds)
          const corrects = (read: TurnRow) => correct([{ rowId: read.rowId, score: 1 }], [read], new Map())
          expect((yield* sources("d", first!, cached())).get(7)).toEqual([1])
          expect(corrects(turn("My dog is Rex.", "one"))).toBe(false)
          rowIds.clear()
          expect(corrects(turn("My cat is Tom.", "two"))).toBe(true)
          expect((yield* sources("d", first!, cached())).get(7)).toEqual([])
          expect(asked).toEqual(["one", "one"])
          expect(corrects(turn("My cat is Tom.", "two"))).toBe(false)
        })
    )

    it.effect(`of ${name} are looked up again where one of them was found and is gone`, () =>
      Effect.gen(function* () {
        const rowIds = new Map([["one", 1]])
        const { asked, correct, sources } = yield* sourcesIn(rowIds)
        const found = yield* sources("d", first!, cached())
        expect(found.get(7)).toEqual([1])
        const rows = [1, 2].map((rowId) => ({ rowId, score: 1 }))
        const other = { ...turn("My cat is Tom.", "two"), rowId: 2 }
        expect(correct(rows, [turn("My dog is Rex.", "one")], found)).toBe(false)
        rowIds.clear()
        expect(correct(rows, [other], found)).toBe(true)
        expect((yield* sources("d", first!, cached())).get(7)).toEqual([])
        expect(asked).toEqual(["one", "one"])
      })
    )

    it.effect(`of ${name} are looked up again where a new turn of the session has the row id of one of them`, () =>
      Effect.gen(function* () {
        const rowIds = new Map([["one", 1]])
        const { learn, sources } = yield* sourcesIn(rowIds)
        expect((yield* sources("d", first!, cached())).get(7)).toEqual([1])
        rowIds.clear()
        learn("d", first!, [turn("My cat is Tom.", "two")])
        expect((yield* sources("d", first!, cached())).get(7)).toEqual([])
      })
    )
  }
})

describe("the sources that were read", () => {
  it.effect("are known for a minute, to their developer", () =>
    Effect.gen(function* () {
      const { note, recent } = yield* sourcesIn(new Map())
      const row = (rowId: number) => ({ rowId, score: 1 })
      note("d", [{ ...memory("A fact.", "one", "two"), rowId: 7 }], 1000)
      const known = new Map([[7, { rowId: 7, source_message_ids: ["one", "two"] }]])
      expect(recent("d", [row(7), row(8)], 60_999)).toEqual(known)
      expect(recent("d", [row(7)], 61_000)).toEqual(new Map())
      expect(recent("e", [row(7)], 1000)).toEqual(new Map())
    })
  )
})

describe("expand", () => {
  it("gives the terms of a memory to the turns that it was made of, each once", () => {
    const turns = { rows: 3, postings: [[1], [3, 2], []] }
    const memories = { rows: 2, postings: [[92, 91], [91], [92]] }
    expect(expand(turns, memories, new Map([[91, [3, 1]]])).postings).toEqual([[1, 3], [3, 2, 1], []])
    expect(expand(turns, memories, new Map())).toEqual(turns)
    const nothing = { rows: 0, postings: [] }
    expect(expand(nothing, memories, new Map([[91, [3]]]))).toEqual(nothing)
  })
})

describe("isSaidBy", () => {
  it("is true of a turn whose words are all in memories that were made of it", () => {
    const isSaid = isSaidBy([memory("Sam lives in Lisbon.", "m"), memory("Sam's dog is Rex.", "m", "n")])
    expect(isSaid(turn("I live in Lisbon. My dog is Rex!", "m"))).toBe(true)
    expect(isSaid(turn("I live in Lisbon, near the river.", "m"))).toBe(false)
    expect(isSaid(turn("I live in Lisbon.", "n"))).toBe(false)
    expect(isSaid(turn("My dog is Rex!", "other"))).toBe(false)
  })
})
