/** The outcome of `resume` has the results of the calls that it went on with. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { accumulateRun, tool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { embedded } from "../support/modes.js"
import { scene } from "../support/turns.js"

const refund = tool({ needsApproval: true, execute: () => Effect.succeed("refunded") })
const tools = { refund, hour: tool({ execute: () => Effect.succeed("noon") }) }
const call = (name: string) => ({ id: name, name, arguments: "{}" })
const asks = Scripted.toolCalls([call("refund"), call("hour")])

/** A session whose run waits, and a decision on the call. */
const waiting = (approval: "allow" | { readonly refuse: string }) =>
  Effect.gen(function* () {
    const { julep, session } = yield* scene()
    const run = yield* julep.sessions.run(session.id, "Refund.", { tools })
    expect(run).not.toHaveProperty("resumed")
    const [call] = run.status === "suspended" ? run.calls : []
    return { sessions: julep.sessions, id: session.id, decisions: { [call?.message_id ?? ""]: approval } }
  })

const hour = { id: "hour", name: "hour", content: "noon", failed: false }

describe("a resumed run", () => {
  it.effect("has the results of its first calls, which ran or were refused, also streamed", () =>
    Effect.gen(function* () {
      const allowed = yield* waiting("allow")
      const run = yield* allowed.sessions.resume(allowed.id, { tools, decisions: allowed.decisions })
      expect(run.resumed).toEqual([{ id: "refund", name: "refund", content: "refunded", failed: false }, hour])
      expect(run.rounds).toHaveLength(1)
      const refused = yield* waiting({ refuse: "no" })
      const streamed = yield* accumulateRun(
        refused.sessions.resumeStream(refused.id, { tools, decisions: refused.decisions })
      )
      expect(streamed.resumed).toEqual([
        { id: "refund", name: "refund", content: "The call was refused: no", failed: true },
        hour
      ])
    }).pipe(Effect.provide(embedded([asks, Scripted.reply("Done."), asks, Scripted.reply("Done.")])))
  )

  it.effect("that is suspended later, or reaches maxRounds, has them, too", () =>
    Effect.gen(function* () {
      const first = yield* waiting("allow")
      expect(yield* first.sessions.resume(first.id, { tools, decisions: first.decisions })).toMatchObject({
        status: "suspended",
        resumed: [{ content: "refunded" }, hour]
      })
      const second = yield* waiting("allow")
      const bounded = second.sessions.resume(second.id, { tools, decisions: second.decisions, maxRounds: 1 })
      expect(yield* Effect.flip(bounded)).toMatchObject({
        _tag: "MaxRoundsExceeded",
        message: expect.stringContaining("maxRounds"),
        resumed: [{ content: "refunded" }, hour]
      })
    }).pipe(Effect.provide(embedded(() => asks)))
  )
})
