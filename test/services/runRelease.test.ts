/** A resumed run whose tool fails releases what did not run or failed, and keeps the claim of what may have run. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { accumulateRun, tool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { Client, tool as toolOfPromises } from "../../src/promise/index.js"
import { embedded } from "../support/modes.js"
import { historyOf, scene } from "../support/turns.js"

const call = (id: string) => ({ id, name: "refund", arguments: "{}" })
const asks = Scripted.toolCalls([call("a"), call("b")])

/** A session with two calls that wait, and a resumption that allows both. */
const suspended = Effect.gen(function* () {
  const { julep, session } = yield* scene()
  const waiting = tool({ needsApproval: true, execute: () => Effect.void })
  const run = yield* julep.sessions.run(session.id, "Refund.", { tools: { refund: waiting } })
  const calls = run.status === "suspended" ? run.calls : []
  const decisions = Object.fromEntries(calls.map(({ message_id }) => [message_id, "allow" as const]))
  const resume = <E>(execute: (id: string) => Effect.Effect<string, E>) =>
    julep.sessions.resume(session.id, {
      tools: { refund: tool({ execute: (_, { id }) => execute(id) }) },
      decisions,
      concurrency: 1
    })
  return { decisions, id: session.id, resume, sessions: julep.sessions }
})

describe("resume", () => {
  it.effect("may be repeated if a tool failed: it and the calls after it run", () =>
    Effect.gen(function* () {
      const { decisions, id, resume, sessions } = yield* suspended
      expect(yield* Effect.flip(resume(() => Effect.fail("the bank is closed")))).toBe("the bank is closed")
      const handlers = sessions.resumeStream(id, { tools: { refund: () => Effect.fail("closed") }, decisions })
      expect(yield* Effect.flip(accumulateRun(handlers))).toBe("closed")
      expect((yield* resume((call) => Effect.succeed(`refunded ${call}`))).text).toBe("Done.")
      expect((yield* historyOf(id)).slice(-3, -1)).toEqual([
        ["function", "refunded a"],
        ["function", "refunded b"]
      ])
    }).pipe(Effect.provide(embedded([asks, Scripted.reply("Done.")])))
  )

  it.effect.each([
    { how: "a defect", end: Effect.die("broken") },
    { how: "an interruption", end: Effect.interrupt }
  ])("runs nothing again after $how: nobody knows how far the tool came", ({ end }) =>
    Effect.gen(function* () {
      const { resume } = yield* suspended
      expect(Exit.isFailure(yield* Effect.exit(resume(() => end)))).toBe(true)
      const ran: Array<string> = []
      const again = resume((call) => Effect.sync(() => `${ran.push(call)}`))
      expect(yield* Effect.flip(again)).toMatchObject({
        _tag: "Conflict",
        code: "CALL_CLAIMED",
        message: expect.stringContaining("takeOverAfter")
      })
      expect(ran).toEqual([])
    }).pipe(Effect.provide(embedded([asks])))
  )

  it("may be repeated with promises if a tool threw", async () => {
    const client = Client.embedded({ storage: "memory", model: "offline" })
    const agent = await client.agents.create({ name: "Ada" })
    const { id } = await client.sessions.create({ agent_id: agent.id })
    const input = { messages: [{ role: "user", content: "Refund." }], tool_choice: "required" } as const
    const refund = (execute: () => unknown) => ({
      refund: toolOfPromises({ description: "Refunds", needsApproval: true, execute })
    })
    const run = await client.sessions.run(id, input, { tools: refund(() => "refunded") })
    const [waiting] = run.status === "suspended" ? run.calls : []
    const decisions = { [waiting?.message_id ?? ""]: "allow" } as const
    const failing = refund(() => {
      throw new Error("the bank is closed")
    })
    await expect(client.sessions.resume(id, { tools: failing, decisions })).rejects.toThrow("the bank is closed")
    const resumed = await client.sessions.resume(id, { tools: refund(() => "refunded"), decisions })
    expect(resumed).toMatchObject({ status: "completed", resumed: [{ content: "refunded" }] })
    await client.close()
  })
})
