/** Toolkits of `@effect/ai` as the tools of a run. */
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { toolkit } from "../../src/ai/index.js"
import type { AgentTool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { embedded } from "../support/modes.js"
import { requests, scene, turnsOf } from "../support/turns.js"

class Bank extends Context.Tag("test/Bank")<Bank, { readonly balance: number }>() {}
class Declined extends Schema.TaggedError<Declined>()("Declined", { reason: Schema.String }) {}

const parameters = { order: Schema.NumberFromString, note: Schema.optional(Schema.String) }
const Refund = Tool.make("refund", {
  description: "Refunds an order",
  parameters,
  success: Schema.Struct({ refunded: Schema.NumberFromString }),
  failure: Declined,
  dependencies: [Bank]
})
const Lenient = Tool.make("lenient", { parameters, failure: Declined, failureMode: "return", success: Schema.Void })
const Now = Tool.make("now", { success: Schema.String })
const Shop = Toolkit.make(Refund, Lenient, Now)

const handlers = Shop.toLayer({
  refund: ({ order }) =>
    Effect.flatMap(Bank, ({ balance }) =>
      order > balance ? Effect.fail(new Declined({ reason: "too much" })) : Effect.succeed({ refunded: order })
    ),
  lenient: () => Effect.fail(new Declined({ reason: "never" })),
  now: () => Effect.succeed("noon")
})

const run = (...steps: ReadonlyArray<Scripted.Step>) =>
  Effect.gen(function* () {
    const { julep, session } = yield* scene()
    const outcome = yield* Effect.either(julep.sessions.run(session.id, "Go", { tools: yield* toolkit(Shop) }))
    return { outcome, requests: yield* requests }
  }).pipe(
    Effect.provide(handlers),
    Effect.provide(Layer.succeed(Bank, { balance: 50 })),
    Effect.provide(embedded((_, index) => steps[index] ?? Scripted.reply("Done")))
  )

const Broken = Toolkit.make(Tool.make("broken", { success: Schema.String }))

/** The results that a model reads. */
const resultsIn = (request: Parameters<typeof turnsOf>[0] | undefined) =>
  request === undefined ? [] : turnsOf(request).flatMap((message) => (message.role === "tool" ? [message.content] : []))

describe("a toolkit in a run", () => {
  it.scoped("offers its tools, runs their handlers, and sends encoded results", () =>
    Effect.gen(function* () {
      const { outcome, requests } = yield* run(
        Scripted.toolCalls([
          { id: "1", name: "refund", arguments: '{"order":"17","note":null}' },
          { id: "2", name: "now", arguments: "{}" }
        ])
      )
      expect(outcome).toMatchObject({ right: { status: "completed", text: "Done" } })
      expect(requests[0]?.tools).toMatchObject([
        {
          name: "refund",
          description: "Refunds an order",
          parameters: { type: "object", properties: { order: { type: "string" } }, required: ["order"] }
        },
        { name: "lenient" },
        { name: "now", parameters: { type: "object" } }
      ])
      expect(resultsIn(requests[1])).toEqual(['{"refunded":"17"}', "noon"])
    })
  )

  it.scoped("tells the model what does not fit the parameters", () =>
    Effect.gen(function* () {
      const { outcome, requests } = yield* run(Scripted.toolCall("refund", { order: true }))
      expect(outcome).toMatchObject({ right: { text: "Done" } })
      expect(resultsIn(requests[1])).toEqual([expect.stringContaining("order")])
    })
  )

  it.scoped("fails with the failure of a handler, typed; of the failure mode return, the model reads it", () =>
    Effect.gen(function* () {
      const failed = yield* run(Scripted.toolCall("refund", { order: "99" }))
      expect(failed.outcome).toMatchObject({ left: { _tag: "Declined", reason: "too much" } })
      const { outcome, requests } = yield* run(Scripted.toolCall("lenient", { order: "99" }))
      expect(outcome).toMatchObject({ right: { text: "Done" } })
      expect(resultsIn(requests[1]).map((text) => JSON.parse(String(text)))).toEqual([
        { _tag: "Declined", reason: "never" }
      ])
    })
  )

  it("has the failures and the requirements of its tools", () => {
    type Tools = Effect.Effect.Success<ReturnType<typeof toolkit<Toolkit.Tools<typeof Shop>>>>
    expectTypeOf<Tools["refund"]>().toEqualTypeOf<AgentTool<Declined, Bank>>()
    expectTypeOf<Tools["lenient"]>().toEqualTypeOf<AgentTool<never, never>>()
    expectTypeOf<Tools["now"]>().toEqualTypeOf<AgentTool<never, never>>()
  })

  it.scoped("fault: a tool that its provider runs cannot be offered", () =>
    Effect.gen(function* () {
      const Search = Tool.providerDefined({
        id: "openai.web_search",
        toolkitName: "WebSearch",
        providerName: "web_search",
        args: {}
      })({})
      const { julep, session } = yield* scene()
      const tools = yield* toolkit(Toolkit.make(Search))
      const error = yield* Effect.flip(julep.sessions.run(session.id, "Go", { tools }))
      expect(error).toMatchObject({ _tag: "InvalidRequest", message: expect.stringContaining("openai.web_search") })
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("a result that does not fit its schema is a defect", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const tools = yield* toolkit(Broken)
      const cause = yield* Effect.flip(Effect.sandbox(julep.sessions.run(session.id, "Go", { tools })))
      expect(cause._tag).toBe("Die")
    }).pipe(
      Effect.provide(Broken.toLayer({ broken: () => Effect.succeed(1 as unknown as string) })),
      Effect.provide(embedded(() => Scripted.toolCall("broken")))
    )
  )
})
