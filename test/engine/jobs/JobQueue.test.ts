import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { JobQueue, type Work } from "../../../src/engine/usecases/JobQueue.js"
import * as EmbedJobs from "../../../src/engine/usecases/recall/EmbedJobs.js"
import { makeStore, queueOn, settled, states } from "./support/jobStore.js"

const summary = (session_id: string): Work => ({ name: "summarize_session", payload: { session_id } })

describe("JobQueue", () => {
  it.effect("adds a summary once while it waits, and again when it is done", () => {
    const store = makeStore()
    return Effect.gen(function* () {
      const { add } = yield* JobQueue
      const first = yield* add("d", summary("a"))
      expect(yield* add("d", summary("a"))).toBe(first)
      expect(yield* add("d", summary("b"))).not.toBe(first)
      expect(Object.keys(states(store))).toHaveLength(2)
      const job = store.rows.get(first)
      if (job !== undefined) store.rows.set(first, { ...job, state: "succeeded", due_at: undefined })
      expect(yield* add("d", summary("a"))).not.toBe(first)
      yield* settled
      expect(Object.keys(states(store))).toHaveLength(3)
    }).pipe(Effect.provide(queueOn(store)))
  })

  it.effect("gives work that is added once a lane, because a store finds what waits by its lane", () => {
    const store = makeStore()
    const session: Work["payload"] = { session_id: "s" }
    const works: ReadonlyArray<readonly [Work, string]> = [
      [{ name: "summarize_session", payload: session }, "s"],
      [{ name: "make_suggestions", payload: session }, "s/suggestions"],
      [EmbedJobs.ofSession("s"), "s/vectors"],
      [EmbedJobs.ofMemories("a", "u"), "a/u"],
      [EmbedJobs.ofMemories("a", null), "a/"]
    ]
    return Effect.gen(function* () {
      const { add } = yield* JobQueue
      for (const [work, lane] of works) expect(store.rows.get(yield* add("d", work))?.lane).toBe(lane)
    }).pipe(Effect.provide(queueOn(store)))
  })

  it.effect("adds other work each time", () => {
    const store = makeStore()
    return Effect.gen(function* () {
      const { add } = yield* JobQueue
      const work: Work = { name: "index_doc", payload: { doc_id: "a" } }
      expect(yield* add("d", work)).not.toBe(yield* add("d", work))
      expect(Object.keys(states(store))).toHaveLength(2)
    }).pipe(Effect.provide(queueOn(store)))
  })

  it.effect("work that is done already leaves a finished job, and wakes nobody", () => {
    const store = makeStore()
    return Effect.gen(function* () {
      const { add, addDone, wakeUps } = yield* JobQueue
      const work: Work = { name: "index_doc", payload: { doc_id: "a" } }
      const id = yield* addDone("d", work, "it is indexed")
      expect(store.rows.get(id)).toMatchObject({
        ...work,
        state: "succeeded",
        reason: "it is indexed",
        progress: 100,
        attempts: 0
      })
      const waiting = yield* Effect.fork(wakeUps.woken)
      yield* Effect.yieldNow()
      expect(waiting.unsafePoll()).toBeNull()
      yield* add("d", work)
      yield* Fiber.join(waiting)
    }).pipe(Effect.provide(queueOn(store)))
  })
})
