/** What the types of runs infer from their tools: `tsc` checks them, and so does the runner. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import {
  type AgentTool,
  type ChatError,
  type JsonObject,
  type MaxRoundsExceeded,
  type RequestError,
  type Run,
  type RunEvent,
  type SessionId,
  type Sessions,
  type ToolCall,
  tool
} from "../../src/index.js"

class NoOrder extends Data.TaggedError("NoOrder")<{ readonly order: number }> {}
class Down extends Data.TaggedError("Down") {}
class Orders extends Context.Tag("test/Orders")<
  Orders,
  { readonly find: (id: number) => Effect.Effect<string, NoOrder> }
>() {}
class Clerk extends Context.Tag("test/Clerk")<Clerk, { readonly ask: Effect.Effect<boolean, Down> }>() {}

const order = tool({ input: { id: Schema.Int }, execute: ({ id }) => Effect.flatMap(Orders, ({ find }) => find(id)) })
const now = tool({ execute: () => Effect.succeed(1) })

declare const sessions: Sessions.Service
declare const session: SessionId
type Failed = ChatError | MaxRoundsExceeded

describe("tool", () => {
  it("infers arguments, errors and services", () => {
    expectTypeOf(order).toEqualTypeOf<AgentTool<NoOrder, Orders>>()
    expectTypeOf(now).toEqualTypeOf<AgentTool<never, never>>()
    tool({
      input: Schema.Struct({ at: Schema.Date, note: Schema.optional(Schema.String) }),
      needsApproval: ({ note }) => note !== undefined,
      execute: (args, call) => {
        expectTypeOf(args).toEqualTypeOf<{ readonly at: Date; readonly note?: string | undefined }>()
        expectTypeOf(call).toEqualTypeOf<ToolCall>()
        return Effect.void
      }
    })
    tool({
      input: { type: "object", properties: { id: { type: "integer" } } },
      execute: (args) => {
        expectTypeOf(args).toEqualTypeOf<JsonObject>()
        return Effect.void
      }
    })
    tool({
      input: { at: Schema.Date, note: Schema.optional(Schema.String) },
      output: Schema.Date,
      execute: ({ at, note }) => {
        expectTypeOf(note).toEqualTypeOf<string | undefined>()
        return Effect.succeed(at)
      }
    })
  })
})

describe("run", () => {
  it("fails with what its tools fail with, and requires what they require", () => {
    const run = () => sessions.run(session, "Hello", { tools: { order, now } })
    expectTypeOf(run).returns.toEqualTypeOf<Effect.Effect<Run, Failed | NoOrder, Orders>>()
    const stream = () => sessions.runStream(session, "Hello", { tools: { order, now } })
    expectTypeOf(stream).returns.toEqualTypeOf<
      Stream.Stream<RunEvent, RequestError | MaxRoundsExceeded | NoOrder, Orders>
    >()
    const without = () => sessions.run(session, "Hello", { tools: {} })
    expectTypeOf(without).returns.toEqualTypeOf<Effect.Effect<Run, Failed>>()
  })

  it("takes tools and handlers that are written in place", () => {
    const run = () =>
      sessions.run(session, "Hello", {
        tools: {
          order: tool({
            input: { id: Schema.Int },
            execute: ({ id }) => Effect.flatMap(Orders, ({ find }) => find(id))
          }),
          stored: (args, call) => {
            expectTypeOf(args).toEqualTypeOf<JsonObject>()
            expectTypeOf(call).toEqualTypeOf<ToolCall>()
            return Effect.fail(new Down())
          }
        }
      })
    expectTypeOf(run).returns.toEqualTypeOf<Effect.Effect<Run, Failed | NoOrder | Down, Orders>>()
  })

  it("onToolError takes the errors of the tools, and its own are those of the run", () => {
    const handled = () =>
      sessions.run(session, "Hello", {
        tools: { order, now },
        onToolError: (error) => {
          expectTypeOf(error).toEqualTypeOf<NoOrder>()
          return Effect.succeed(`no order ${error.order}`)
        }
      })
    expectTypeOf(handled).returns.toEqualTypeOf<Effect.Effect<Run, Failed, Orders>>()
    const passed = () =>
      sessions.run(session, "Hello", {
        tools: { order },
        onToolError: () => Effect.fail(new Down()),
        approve: () => Effect.flatMap(Clerk, ({ ask }) => Effect.map(ask, (yes) => (yes ? "allow" : { refuse: "no" })))
      })
    expectTypeOf(passed).returns.toEqualTypeOf<Effect.Effect<Run, Failed | Down, Orders | Clerk>>()
  })

  it("refuses what is not a tool", () => {
    // @ts-expect-error a tool is made with `tool`, or is a function that returns an effect
    const _wrong = () => sessions.run(session, "Hello", { tools: { order: () => Promise.resolve(1) } })
    // @ts-expect-error the arguments are those of the input
    tool({ input: { id: Schema.Int }, execute: ({ other }) => Effect.succeed(other) })
  })
})
