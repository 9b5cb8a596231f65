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
