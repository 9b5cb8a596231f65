/** Runs of a program that does not have all tools: those of the agent, those of an approved call, and broken ones. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { z } from "zod"
import { tool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { Client, tool as toolOfPromises } from "../../src/promise/index.js"
import { embedded } from "../support/modes.js"
import { historyOf, requests, scene } from "../support/turns.js"

const refund = tool({ needsApproval: true, execute: () => Effect.succeed("refunded") })
const lookup = { name: "lookup", parameters: { type: "object", properties: {} } } as const
const call = (name: string) => ({ id: name, name, arguments: "{}" })

/** What a program in JavaScript may give. */
const untyped = (value: unknown) => value as never

describe("a call of a tool that the program does not have", () => {
  it.effect("is an InvalidRequest if the call is allowed, and nothing is claimed", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const run = yield* julep.sessions.run(session.id, "Refund.", { tools: { refund } })
      const [waiting] = run.status === "suspended" ? run.calls : []
      const decisions = { [waiting?.message_id ?? ""]: "allow" } as const
      expect(
        yield* Effect.flip(julep.sessions.resume(session.id, { tools: { lookup: refund }, decisions }))
      ).toMatchObject({
        _tag: "InvalidRequest",
        issues: [{ path: "tools.refund", message: expect.stringContaining("missing") }]
      })
      const resumed = yield* julep.sessions.resume(session.id, { tools: { refund }, decisions })
      expect(resumed.text).toBe("Done.")
      expect((yield* historyOf(session.id)).at(-2)).toEqual(["function", "refunded"])
    }).pipe(Effect.provide(embedded([Scripted.toolCall("refund"), Scripted.reply("Done.")])))
  )

  it.effect("is refused without the tool", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const run = yield* julep.sessions.run(session.id, "Refund.", { tools: { refund } })
      const [waiting] = run.status === "suspended" ? run.calls : []
      const decisions = { [waiting?.message_id ?? ""]: { refuse: "no" } }
      yield* julep.sessions.resume(session.id, { tools: {}, decisions })
      expect((yield* historyOf(session.id)).at(-2)).toEqual(["function", "The call was refused: no"])
    }).pipe(Effect.provide(embedded([Scripted.toolCall("refund"), Scripted.reply("Done.")])))
  )

  it.effect("is an InvalidRequest if the agent or the chat has the tool; resume with it goes on", () =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      const counted = (name: string) => tool({ execute: () => Effect.sync(() => ran.push(name)) })
      const { julep, session } = yield* scene({ agent: { tools: [{ type: "function", function: lookup }] } })
      const other = yield* scene()
      const given = { messages: [{ role: "user", content: "Look." }], tools: [{ type: "function", function: lookup }] }
      const runs = [
        [session.id, julep.sessions.run(session.id, "Look.", { tools: { hour: counted("hour") } })],
        [other.session.id, julep.sessions.run(other.session.id, untyped(given), { tools: { hour: counted("hour") } })]
      ] as const
      for (const [id, run] of runs) {
        expect(yield* Effect.flip(run)).toMatchObject({
          _tag: "InvalidRequest",
          message: expect.stringContaining("resume"),
          issues: [{ path: "tools.lookup" }]
        })
        expect(ran.splice(0)).toEqual([])
        const tools = { hour: counted("hour"), lookup: () => Effect.sync(() => ran.push("lookup")) }
        expect((yield* julep.sessions.resume(id, { tools })).text).toBe("Found.")
        expect(ran.splice(0).toSorted()).toEqual(["hour", "lookup"])
      }
    }).pipe(
      Effect.provide(
        embedded((_, index) =>
          index % 2 === 0 ? Scripted.toolCalls([call("hour"), call("lookup")]) : Scripted.reply("Found.")
        )
      )
    )
  )
})

describe("a tool that cannot be used", () => {
  const broken = [
    [tool(untyped({ description: "?" })), "execute"],
    [tool(untyped({ execute: 7 })), "execute"],
    [tool(untyped({ execute: () => Effect.void, output: z.string() })), "output"],
    [tool(untyped({ execute: () => Effect.void, needsApproval: "yes" })), "needsApproval"],
    [tool({ input: Schema.Struct({ at: Schema.DateFromSelf }), execute: () => Effect.void }), "tools.refund"]
  ] as const

  it.effect.each(broken.map(([tool, path], index) => ({ tool, path, index })))(
    "is an InvalidRequest that says why, before the first request and before a claim: $index $path",
    ({ path, tool }) =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const expected = {
          _tag: "InvalidRequest",
          message: expect.stringContaining(path),
          issues: [{ path: "tools.refund" }]
        }
        const tools = { refund: tool }
        expect(yield* Effect.flip(julep.sessions.run(session.id, "Hi", { tools }))).toMatchObject(expected)
        expect(yield* Effect.flip(julep.sessions.resume(session.id, { tools }))).toMatchObject(expected)
        expect(yield* requests).toEqual([])
      }).pipe(Effect.provide(embedded()))
  )

  it("is refused with promises, too", async () => {
    const client = Client.embedded({ storage: "memory", model: "offline" })
    const agent = await client.agents.create({ name: "Ada" })
    const { id } = await client.sessions.create({ agent_id: agent.id })
    const cases = [
      [7, "tool({ execute })"],
      [{ execute: () => 1 }, "tool({ execute })"],
      [toolOfPromises(untyped({})), "execute"],
      [toolOfPromises(untyped({ execute: () => 1, output: z.string() })), "output"]
    ] as const
    for (const [refund, why] of cases) {
      await expect(client.sessions.run(id, "Hi", { tools: { refund: untyped(refund) } })).rejects.toMatchObject({
        _tag: "InvalidRequest",
        message: expect.stringContaining(why),
        issues: [{ path: "tools.refund" }]
      })
    }
    await client.close()
  })
})
