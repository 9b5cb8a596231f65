/**
 * Tools: the model asks for a function, and the program calls it and sends back the result.
 * `npx tsx examples/promise/tools.ts`
 */
import { type ChatMLMessage, Client, messageText } from "effect-julep/promise"

/** A function that the model may call. `parameters` is a JSON Schema. */
const orderStatus = {
  name: "order_status",
  description: "Looks up the state of an order by its number",
  parameters: {
    type: "object",
    properties: { order_number: { type: "integer", description: "The number of the order" } },
    required: ["order_number"]
  }
}

/** The program's own data. */
const lookUp = async (order_number: number) => ({ order_number, state: "shipped", expected: "Thursday" })

/** Makes the call of a message. Its content is JSON with `id`, `name` and `arguments`; `arguments` is JSON again. */
const called = async (message: ChatMLMessage) => {
  const call: { id: string; name: string; arguments: string } = JSON.parse(messageText(message))
  console.log(`The model calls ${call.name}(${call.arguments})`)
  const { order_number }: { order_number: number } = JSON.parse(call.arguments)
  const result = JSON.stringify(await lookUp(order_number))
  return { role: "function", name: call.name, tool_call_id: call.id, content: result } as const
}

const client = Client.embedded({ storage: "memory" })

const agent = await client.agents.create({ name: "Ada", functions: [orderStatus] })
const session = await client.sessions.create({ agent_id: agent.id })

// A language model decides by itself. The offline model calls only the tool that `tool_choice` names.
let reply = await client.sessions.chat(session.id, {
  messages: [{ role: "user", content: "Where is my order 1042?" }],
  tool_choice: { type: "function", function: { name: orderStatus.name } }
})

// A reply may have several calls, and the reply to their results may have more.
while (reply.finish_reason === "tool_calls") {
  const messages = await Promise.all(reply.response[0].map(called))
  reply = await client.sessions.chat(session.id, { messages })
}
console.log(messageText(reply))

const [tool] = await client.tools.list(agent.id)
if (tool !== undefined) await client.tools.delete({ agent_id: agent.id, tool_id: tool.id })

await client.close()
