import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { isTerminal, JobId, Julep } from "../../src/index.js"
import type { Mode } from "../support/modes.js"
import { failure, UNKNOWN_ID } from "../support/turns.js"

/** Background jobs, in real time: the runner is woken by the write that causes a job. */
export const jobs = (mode: Mode) =>
  describe("jobs", () => {
    it.live("the job of a doc ends well and stays readable", () =>
      Effect.gen(function* () {
        const { agents, docs, jobs } = yield* Julep
        const agent = yield* agents.create({ name: "Ada" })
        const { jobs: caused } = yield* docs.create({ agent_id: agent.id, doc: { title: "T", content: "C" } })
        expect(caused).toHaveLength(1)
        const [id = JobId.make(UNKNOWN_ID)] = caused
        const ended = yield* jobs.await(id)
        expect(ended).toMatchObject({ id, name: "index_doc", state: "succeeded", has_progress: true, progress: 100 })
        expect(ended.created_at.getTime()).toBeLessThanOrEqual(ended.updated_at?.getTime() ?? 0)
        expect(ended.reason).not.toBe("")
        expect(yield* jobs.get(id)).toEqual(ended)
      }).pipe(Effect.provide(mode()))
    )

    it.live("v0.3 fault: many docs have a job each, and every one of them ends", () =>
      Effect.gen(function* () {
        const { agents, jobs, users } = yield* Julep
        const docs = Array.from({ length: 12 }, (_, index) => ({ title: `T${index}`, content: "C" }))
        const caused = [...(yield* agents.create({ name: "Ada", docs })).jobs, ...(yield* users.create({ docs })).jobs]
        expect(new Set(caused).size).toBe(24)
        const states = yield* Effect.forEach(caused, (id) => Effect.map(jobs.await(id), ({ state }) => state))
        expect(new Set(states)).toEqual(new Set(["succeeded"]))
      }).pipe(Effect.provide(mode()))
    )

    it.effect(
      "without an embedder, the job of a short doc has ended once the doc is created, and that of a long one has not",
      () =>
        Effect.gen(function* () {
          const { docs, jobs, users } = yield* Julep
          const user = yield* users.create({})
          const jobOf = (content: string) =>
            Effect.flatMap(docs.create({ user_id: user.id, doc: { title: "T", content } }), ({ jobs: [id] }) =>
              jobs.get(id ?? JobId.make(UNKNOWN_ID))
            )
          expect(yield* jobOf("C")).toMatchObject({
            name: "index_doc",
            state: "succeeded",
            reason: "The keyword index has the doc",
            progress: 100
          })
          expect(isTerminal(yield* jobOf("A sentence of a long doc. ".repeat(4000)))).toBe(false)
        }).pipe(Effect.provide(mode()))
    )

    it.live("watching ends with the job", () =>
      Effect.gen(function* () {
        const { jobs, users } = yield* Julep
        const [id = JobId.make(UNKNOWN_ID)] = (yield* users.create({ docs: [{ title: "T", content: "C" }] })).jobs
        const looks = [...(yield* Stream.runCollect(jobs.watch(id)))]
        expect(looks.at(-1)?.state).toBe("succeeded")
        expect(looks.slice(0, -1).some(isTerminal)).toBe(false)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: an unknown job is NotFound", () =>
      Effect.gen(function* () {
        const { jobs } = yield* Julep
        const id = JobId.make(UNKNOWN_ID)
        expect(yield* failure(jobs.get(id))).toMatchObject({ _tag: "NotFound", status: 404, resource: "job", id })
      }).pipe(Effect.provide(mode()))
    )
  })
