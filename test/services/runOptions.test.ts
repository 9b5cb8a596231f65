/** What runs refuse: options, decisions and results that a program without types can give. Nothing unknown runs a tool. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Approval, tool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { Client } from "../../src/promise/index.js"
import { embedded } from "../support/modes.js"
import { requests, scene } from "../support/turns.js"

const counted = (needsApproval: boolean) => {
  let ran = 0
  const refund = tool({ needsApproval, execute: () => Effect.sync(() => ++ran) })
  return { tools: { refund }, ran: () => ran }
}

/** What a program in JavaScript may give. */
const untyped = (value: unknown) => value as never

const script = [Scripted.toolCall("refund"), Scripted.reply("Done.")]

describe("decisions", () => {
  it.effect.each(["deny", "", false, true, null, 1, [], {}, { refuse: true }, { refuse: null }])(
    "%j runs nothing and is an InvalidRequest with its key, before the claim",
    (decision) =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { ran, tools } = counted(true)
        const run = yield* julep.sessions.run(session.id, "Refund.", { tools })
        const [call] = run.status === "suspended" ? run.calls : []
        const resume = (given: unknown) =>
          julep.sessions.resume(session.id, { tools, decisions: { [call?.message_id ?? ""]: untyped(given) } })
        expect(yield* Effect.flip(resume(decision))).toMatchObject({
          _tag: "InvalidRequest",
          message: expect.stringContaining(`decisions.${call?.message_id}`)
        })
        expect(ran()).toBe(0)
        // Nothing is claimed.
        expect((yield* resume("allow")).text).toBe("Done.")
      }).pipe(Effect.provide(embedded(script)))
  )
})

describe("approve", () => {
  it.effect.each(["deny", false, null, {}])("what it returns may not be %j", (approval) =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const { ran, tools } = counted(false)
      const run = julep.sessions.run(session.id, "Refund.", { tools, approve: () => Effect.succeed(untyped(approval)) })
      expect(yield* Effect.flip(run)).toMatchObject({
        _tag: "InvalidRequest",
        message: expect.stringContaining("approve returned"),
        issues: [{ path: "approve" }]
      })
      expect(ran()).toBe(0)
    }).pipe(Effect.provide(embedded(script)))
  )

  it.effect("sees whether the tool needs approval, and undefined leaves the decision to the tool", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const asked: Array<boolean> = []
      const approve = (_: unknown, { needsApproval }: { readonly needsApproval: boolean }) =>
        Effect.sync((): Approval | undefined => {
          asked.push(needsApproval)
          return undefined
        })
      const careful = counted(true)
      const suspended = yield* julep.sessions.run(session.id, "Refund.", { tools: careful.tools, approve })
      expect([suspended.status, careful.ran()]).toEqual(["suspended", 0])
      const { ran, tools } = counted(false)
      expect((yield* julep.sessions.run(session.id, "Refund.", { tools, approve })).status).toBe("completed")
      expect(ran()).toBe(1)
      expect(asked).toEqual([true, false])
    }).pipe(Effect.provide(embedded([Scripted.toolCall("refund"), ...script])))
  )
})

const noTools = { tools: {} }

describe("options", () => {
  const unusable = [
    [undefined, "tools"],
    [{}, "tools"],
    [{ tools: [] }, "tools"],
    [{ tools: { refund: undefined } }, "tools.refund"],
    [{ tools: { refund: { execute: () => "x" } } }, "tools.refund"],
    [{ tools: {}, maxRounds: Number.NaN }, "maxRounds"],
    [{ tools: {}, maxRounds: 0 }, "maxRounds"],
    [{ tools: {}, maxRounds: 1.5 }, "maxRounds"],
    [{ tools: {}, maxRounds: "3" }, "maxRounds"],
    [{ tools: {}, concurrency: 0 }, "concurrency"],
    [{ tools: {}, concurrency: Number.NaN }, "concurrency"],
    [{ tools: {}, concurrency: "all" }, "concurrency"],
    [{ tools: {}, approve: false }, "approve"],
    [{ tools: {}, onToolError: "log" }, "onToolError"],
    [{ tools: {}, takeOverAfter: "nope" }, "takeOverAfter"],
    [{ tools: {}, takeOverAfter: -5 }, "takeOverAfter"],
    [{ tools: {}, takeOverAfter: Number.NaN }, "takeOverAfter"]
  ] as const

  it.effect.each(unusable)("%j is an InvalidRequest before the first request", ([options, path]) =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const expected = { _tag: "InvalidRequest", issues: [{ path }] }
      const { resume, run } = julep.sessions
      const given: typeof noTools = untyped(options)
      expect(yield* Effect.flip(run(session.id, "Hi", given))).toMatchObject(expected)
      expect(yield* Effect.flip(resume(session.id, given))).toMatchObject(expected)
      expect(yield* requests).toEqual([])
    }).pipe(Effect.provide(embedded()))
  )

  it("are checked with promises, too", async () => {
    const client = Client.embedded({ storage: "memory", model: "offline" })
    const agent = await client.agents.create({ name: "Ada" })
    const { id } = await client.sessions.create({ agent_id: agent.id })
    for (const [options, path] of unusable) {
      const expected = { _tag: "InvalidRequest", issues: [{ path }] }
      await expect(client.sessions.run(id, "Hi", untyped(options))).rejects.toMatchObject(expected)
      await expect(client.sessions.runStream(id, "Hi", untyped(options)).accumulate()).rejects.toMatchObject(expected)
      await expect(client.sessions.resume(id, untyped(options))).rejects.toMatchObject(expected)
    }
    expect(await client.sessions.history(id)).toEqual([])
    await client.close()
  })
})

it.effect("resume without a record would lose the results of the calls, and is an InvalidRequest", () =>
  Effect.gen(function* () {
    const { julep, session } = yield* scene()
    const options = { tools: { refund: () => Effect.succeed("refunded") } }
    yield* julep.sessions.run(session.id, "Refund.", { ...options, approve: () => Effect.succeed("suspend" as const) })
    const resume = (record: boolean) =>
      julep.sessions.resume(session.id, {
        ...options,
        approve: () => Effect.succeed("allow" as const),
        settings: { record }
      })
    expect(yield* Effect.flip(resume(false))).toMatchObject({ _tag: "InvalidRequest", issues: [{ path: "settings" }] })
    expect(yield* resume(true)).toMatchObject({ text: "Done." })
  }).pipe(Effect.provide(embedded(script)))
)

describe("a result that is not JSON", () => {
  const cycle: Array<unknown> = []
  cycle.push(cycle)
  const values = [
    { value: 10n, recovers: false },
    { value: cycle, recovers: false },
    { value: 10n, recovers: true }
  ]

  it.effect.each(values)("is an InvalidRequest that names the tool, which does not run again", ({ recovers, value }) =>
    Effect.gen(function* () {
      const options = {
        tools: { refund: () => (recovers ? Effect.fail("no") : Effect.succeed({ value })) },
        onToolError: () => Effect.succeed({ value })
      }
      const { julep, session } = yield* scene()
      expect(yield* Effect.flip(julep.sessions.run(session.id, "Refund.", options))).toMatchObject({
        _tag: "InvalidRequest",
        message: expect.stringContaining("refund"),
        issues: [{ path: "tools.refund" }]
      })
      const tools = { refund: () => Effect.dieMessage("ran again") }
      expect(yield* julep.sessions.resume(session.id, { tools })).toMatchObject({
        text: "Done.",
        resumed: [{ content: expect.stringContaining("not JSON") }]
      })
    }).pipe(Effect.provide(embedded(script)))
  )
})
