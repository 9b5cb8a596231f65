/** Tolerance beyond the table: every spelling of an instant, unknown members, envelopes without items. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"

const answered = (body: unknown) => Effect.map(stubbed({ body }), ({ julep }) => julep)

describe("tolerance", () => {
  const instant = Date.UTC(2024, 4, 31, 12, 30, 15, 500)
  const spellings = [
    "2024-05-31T12:30:15.5Z",
    "2024-05-31T12:30:15.500000Z",
    "2024-05-31T12:30:15.500000+00:00",
    "2024-05-31T14:30:15.5+02:00",
    "2024-05-31 12:30:15.5Z",
    1717158615.5
  ]
  for (const spelling of spellings) {
    it.effect(`reads ${JSON.stringify(spelling)} as an instant`, () =>
      Effect.gen(function* () {
        const user = yield* (yield* answered({ ...f.user, created_at: spelling, updated_at: null })).users.get(f.userId)
        expect(user.created_at?.getTime()).toBe(instant)
        expect(user).not.toHaveProperty("updated_at")
      })
    )
  }

  for (const bad of ["yesterday", "", "2024-13-45T00:00:00Z", true, {}]) {
    it.effect(`refuses ${JSON.stringify(bad)} as an instant`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip((yield* answered({ ...f.user, created_at: bad })).users.get(f.userId))
        expect(errorFields(error)).toMatchObject({ _tag: "UnexpectedResponse", status: 200 })
        expect(error.message).toContain("created_at")
      })
    )
  }

  for (const body of [{}, { items: null }, { items: [] }]) {
    it.effect(`reads ${JSON.stringify(body)} as an empty list`, () =>
      Effect.gen(function* () {
        expect(yield* (yield* answered(body)).agents.list()).toEqual([])
      })
    )
  }

  it.effect("a provider's own finish reasons, states and targets pass", () =>
    Effect.gen(function* () {
      const reply = yield* (yield* answered({ ...f.chatResponse, finish_reason: "eos", doc_ids: null })).sessions.chat(
        f.sessionId,
        { messages: [{ role: "user", content: "" }] }
      )
      expect(reply.finish_reason).toBe("eos")
      expect(reply).not.toHaveProperty("doc_ids")
      expect((yield* (yield* answered({ ...f.job, state: "paused" })).jobs.get(f.jobId)).state).toBe("paused")
      const items = [{ ...f.suggestion, target: "crew" }]
      expect(yield* (yield* answered({ items })).sessions.suggestions(f.sessionId)).toMatchObject([{ target: "crew" }])
    })
  )

  it.effect("members the API does not know do no harm", () =>
    Effect.gen(function* () {
      const agent = yield* (yield* answered({ ...f.agent, developer_id: "x", extra: { deep: [1] } })).agents.get(
        f.agentId
      )
      expect(agent).toMatchObject({ id: f.agentId, name: f.agent.name })
      expect(yield* (yield* answered({ items: [], next: null })).users.list()).toEqual([])
    })
  )

  it.effect("a body that starts with a byte order mark is JSON all the same", () =>
    Effect.gen(function* () {
      expect((yield* (yield* answered(`\uFEFF${JSON.stringify(f.user)}`)).users.get(f.userId)).id).toBe(f.userId)
    })
  )
})
