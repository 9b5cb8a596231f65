/**
 * Tools: the model calls a function of the program and answers with its result.
 * `npx tsx examples/effect/tools.ts`
 */
import { Console, Effect, Schema } from "effect"
import { Julep, tool } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

const orderStatus = tool({
  description: "Looks up the state of an order by its number",
  input: { order_number: Schema.Int },
  execute: ({ order_number }) =>
    Effect.as(Console.log(`Looking up ${order_number}`), { order_number, state: "shipped", expected: "Thursday" })
})

const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  const session = yield* julep.sessions.create({ agent_id: agent.id })

  // A language model decides by itself. The offline model calls a tool only if `tool_choice` demands it.
  const question = { role: "user", content: "Where is my order 1042?" } as const
  const { text } = yield* julep.sessions.run(
    session.id,
    { messages: [question], tool_choice: "required" },
    { tools: { order_status: orderStatus } }
  )
  yield* Console.log(text)
})

await program.pipe(Effect.provide(Embedded.layerMemory()), Effect.runPromise)
