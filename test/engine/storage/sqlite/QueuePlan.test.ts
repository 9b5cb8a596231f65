import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { plansOf } from "../support/plans.js"
import { alice, jobRow, storeOn } from "../support/store.js"

describe("the queue of jobs", () => {
  it.effect("is read by its indexes, which have no job that waits for another", () =>
    Effect.provide(
      Effect.gen(function* () {
        const { jobs } = yield* Storage
        const names = ["note_facts", "summarize_session"]
        const claim = yield* plansOf(jobs.claim(names, 1))
        const due = claim.filter((line) => line.includes("jobs_due"))
        expect(due).toHaveLength(2)
        for (const line of due) expect(line).toContain("SEARCH jobs USING COVERING INDEX jobs_due (name=?)")
        expect(claim.filter((line) => line.includes("SCAN jobs") || line.includes("TEMP B-TREE"))).toEqual([])
        expect(yield* plansOf(jobs.nextDue(names))).toEqual(["SEARCH jobs USING COVERING INDEX jobs_due (name=?)"])
        const work = jobRow(alice, { lane: "a" })
        expect(yield* plansOf(jobs.waiting(alice, work))).toEqual([
          "SEARCH jobs USING INDEX jobs_lane (developer_id=? AND lane=?)"
        ])
      }),
      storeOn()
    )
  )
})
