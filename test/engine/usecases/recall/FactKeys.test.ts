import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type MemoryRow, Storage } from "../../../../src/engine/ports/Storage.js"
import { entryOf } from "../../../../src/engine/usecases/prompt/Context.js"
import { isSaidBy, lend, make } from "../../../../src/engine/usecases/recall/FactKeys.js"
import { memoryRow } from "../../../support/storage/rows.js"

const turn = (content: string, id: string) => ({
  rowId: 1,
  session_id: "s",
  entry: entryOf({ role: "user", content }, id, 0)
})
const memory = (content: string, ...source_message_ids: ReadonlyArray<string>): MemoryRow =>
  memoryRow({ agent_id: "a", content, source_message_ids })

describe("the sources of memories", () => {
  it.effect("are the newest four of the best twenty: a fact that was replaced many times names many messages", () => {
    const asked: Array<string> = []
    const entries: Pick<Storage.Service["entries"], "rowIds"> = {
      rowIds: (_developer, _session, ids) =>
        Effect.sync(() => {
          asked.push(...ids)
          return new Map(ids.map((id) => [id, Number(id)]))
        })
    }
    return Effect.gen(function* () {
      const sources = yield* make
      const found = Array.from({ length: 25 }, (_, index) => ({
        ...memory("A fact.", ...Array.from({ length: 6 }, (_, source) => `${100 * index + source}`)),
        rowId: index
      }))
      const rowIds = yield* sources("d", "s", found)
      expect([...rowIds.keys()]).toEqual(Array.from({ length: 20 }, (_, index) => index))
      expect(rowIds.get(3)).toEqual([302, 303, 304, 305])
      expect(asked).toHaveLength(80)
      // The part of the store that is used.
    }).pipe(Effect.provideService(Storage, { entries } as Storage.Service))
  })
})

describe("lend", () => {
  it("gives the terms of a memory to the turns that it was made of, each once", () => {
    const turns = { rows: 3, postings: [[1], [2, 3], []] }
    const memories = { rows: 2, postings: [[91, 92], [91], [92]] }
    expect(lend(turns, memories, new Map([[91, [3, 1]]])).postings).toEqual([[1, 3], [2, 3, 1], []])
    expect(lend(turns, memories, new Map())).toEqual(turns)
    const nothing = { rows: 0, postings: [] }
    expect(lend(nothing, memories, new Map([[91, [3]]]))).toEqual(nothing)
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
