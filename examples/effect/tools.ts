/**
 * Tools: the model asks for a function, and the program calls it and sends back the result.
 * `npx tsx examples/effect/tools.ts`
 */
import { Console, Effect, Schema } from "effect"
import { contentText, FunctionCall, Julep, messageText } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

/** A function that the model may call. `parameters` is a JSON Schema. */
const orderStatus = {
  name: "order_status",
  description: "Looks up the state of an order by its number",
  parameters: {
    type: "object",
    properties: { order_number: { type: "integer", description: "The number of the order" } },
    required: ["order_number"]
  }
} as const

const decodeCall = Schema.decodeUnknown(Schema.parseJson(FunctionCall))
const decodeArguments = Schema.decodeUnknown(Schema.parseJson(Schema.Struct({ order_number: Schema.Number })))

/** The program's own data. */
const lookUp = (order_number: number) => Effect.succeed({ order_number, state: "shipped", expected: "Thursday" })

const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada", functions: [orderStatus] })
  const session = yield* julep.sessions.create({ agent_id: agent.id })

  // A language model decides by itself. The offline model calls only the tool that `tool_choice` names.
  let reply = yield* julep.sessions.chat(session.id, {
    messages: [{ role: "user", content: "Where is my order 1042?" }],
    tool_choice: { type: "function", function: { name: orderStatus.name } }
  })

  // A reply may have several calls, and the reply to their results may have more.
  while (reply.finish_reason === "tool_calls") {
    const messages = yield* Effect.forEach(reply.response[0], ({ content }) =>
      Effect.gen(function* () {
        const call = yield* decodeCall(contentText(content))
        yield* Console.log(`The model calls ${call.name}(${call.arguments})`)
        const { order_number } = yield* decodeArguments(call.arguments)
        const result = JSON.stringify(yield* lookUp(order_number))
        return { role: "function", name: call.name, tool_call_id: call.id, content: result } as const
      })
    )
    reply = yield* julep.sessions.chat(session.id, { messages })
  }
  yield* Console.log(messageText(reply))

  const [tool] = yield* julep.tools.list(agent.id)
  if (tool !== undefined) yield* julep.tools.delete({ agent_id: agent.id, tool_id: tool.id })
})

await program.pipe(Effect.provide(Embedded.layerMemory()), Effect.runPromise)
