import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { combineTurns, make, pool } from "../../../../src/engine/usecases/recall/TurnVectors.js"
import { sessionRow } from "../../../support/storage/rows.js"

const scores = (...all: ReadonlyArray<readonly [rowId: number, score: number]>) => ({
  rowIds: Float64Array.from(all, ([rowId]) => rowId),
  scores: Float64Array.from(all, ([, score]) => score)
})

describe("the vectors of turns", () => {
  it("count with those of the turns before and after, if these follow each other", () => {
    const { rowIds, scores } = pool({ rowIds: [1, 2, 3, 10, 11], cosines: [0.5, 0.1, 0.2, 0.9, 0.4] })
    expect([...rowIds]).toEqual([1, 2, 3, 10, 11])
    const expected = [0.5 + 0.4 * 0.1, 0.1 + 0.4 * 0.7, 0.2 + 0.4 * 0.1, 0.9 + 0.4 * 0.4, 0.4 + 0.4 * 0.9]
    for (const [index, sum] of expected.entries()) expect(scores[index]).toBeCloseTo(sum / 1.8, 10)
  })

  it("find turns without a word of the question, and rank those that words find anew; of equals, the newest first", () => {
    const byWords = scores([1, 0.2], [5, 0.4], [20, 0], [30, 0.2])
    const cosines = { rowIds: [1, 5, 12, 16, 30], cosines: [0.9, 0.1, 0.9, 0.9, 0.1] }
    const order = (near: typeof cosines, semantic: boolean) =>
      combineTurns(byWords, near, semantic).map(({ rowId }) => rowId)
    expect(order(cosines, true)).toEqual([1, 5, 16, 12, 30])
    expect(order({ rowIds: [], cosines: [] }, true)).toEqual([5, 30, 1])
    // Cosines that know nothing but words move no turn that words found.
    expect(order(cosines, false)).toEqual([5, 30, 1, 16, 12])
  })

  it.effect("are those of the newest 20,000, and of the turns that words find with the ones beside them", () => {
    const asked: Array<readonly [newest: number, rowIds: ReadonlyArray<number>]> = []
    const turnVectors: Pick<Storage.Service["turnVectors"], "similarities"> = {
      similarities: (_developer, _session, _vector, newest, rowIds) =>
        Effect.sync(() => {
          asked.push([newest, rowIds])
          return { rowIds: [], cosines: [] }
        })
    }
    return Effect.gen(function* () {
      const search = yield* make
      const session = sessionRow({ agent_id: "a" })
      yield* search("d", session, scores([5, 0.4], [9, 0], [20, 0.2]), { vector: Float32Array.of(1), semantic: true })
      expect(asked).toEqual([[20_000, [4, 5, 6, 19, 20, 21]]])
      // The part of the store that is used.
    }).pipe(Effect.provideService(Storage, { turnVectors } as Storage.Service))
  })
})
