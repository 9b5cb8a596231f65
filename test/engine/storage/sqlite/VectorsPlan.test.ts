import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { plansOf } from "../support/plans.js"
import { alice, storeOn } from "../support/store.js"

describe("the vectors of a batch of passages", () => {
  it.effect("are written without a look at the other passages of the doc", () =>
    Effect.provide(
      Effect.gen(function* () {
        const { vectors } = yield* Storage
        const rows = [{ position: 0, embedded: "a", vector: Float32Array.of(1) }]
        const plan = yield* plansOf(vectors.put(alice, "doc", { name: "m", dimensions: 1 }, rows))
        const ofPassages = plan.filter((line) => line.startsWith("SEARCH p "))
        expect(ofPassages).toHaveLength(1)
        expect(ofPassages[0]).toContain("(developer_id=? AND doc_id=? AND position=?)")
      }),
      storeOn()
    )
  )
})

describe("a search of vectors", () => {
  it.effect("reads the codes of an owner in the order of its index, and the vectors of a few by their numbers", () =>
    Effect.provide(
      Effect.gen(function* () {
        const { turnVectors, vectors } = yield* Storage
        const question = Float32Array.of(1)
        const turns = yield* plansOf(turnVectors.similarities(alice, "session", question, 20, [7]))
        const read = (plan: ReadonlyArray<string>, table: string) =>
          plan.filter((line) => line.startsWith(`SEARCH ${table} `))
        expect(read(turns, "v")).toEqual([
          "SEARCH v USING COVERING INDEX turn_vectors_owner (developer_id=? AND owner=? AND turn>?)"
        ])
        expect(read(turns, "turn_vectors")).toEqual([
          "SEARCH turn_vectors USING INTEGER PRIMARY KEY (rowid=?)",
          "SEARCH turn_vectors USING COVERING INDEX turn_vectors_owner (developer_id=? AND owner=?)"
        ])
        const owners = [{ kind: "agent" as const, id: "agent" }]
        const passages = yield* plansOf(vectors.nearestNeighbours(alice, owners, question, 5))
        expect(read(passages, "vectors")).toEqual([
          "SEARCH vectors USING INTEGER PRIMARY KEY (rowid=?)",
          "SEARCH vectors USING INDEX vectors_owner (developer_id=? AND owner=?)"
        ])
        const byKey = "(developer_id=? AND doc_id=? AND position=?)"
        expect(read(passages, "p")).toEqual([`SEARCH p USING COVERING INDEX sqlite_autoindex_passages_1 ${byKey}`])
        const given = yield* plansOf(vectors.similarities(alice, [7], question))
        expect(read(given, "p")).toEqual(["SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"])
        expect(read(given, "v")).toEqual([`SEARCH v USING INDEX sqlite_autoindex_vectors_1 ${byKey}`])
      }),
      storeOn()
    )
  )
})
