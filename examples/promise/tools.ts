/**
 * Tools: the model calls a function of the program and answers with its result.
 * `npx tsx examples/promise/tools.ts`
 */
import { Client, tool } from "effect-julep/promise"
import { z } from "zod"

const orderStatus = tool({
  description: "Looks up the state of an order by its number",
  input: z.object({ order_number: z.int() }),
  execute: async ({ order_number }) => {
    console.log(`Looking up ${order_number}`)
    return { order_number, state: "shipped", expected: "Thursday" }
  }
})

const client = Client.embedded({ storage: "memory" })

const agent = await client.agents.create({ name: "Ada" })
const session = await client.sessions.create({ agent_id: agent.id })

// A language model decides by itself. The offline model calls a tool only if `tool_choice` demands it.
const question = { role: "user", content: "Where is my order 1042?" } as const
const { text } = await client.sessions.run(
  session.id,
  { messages: [question], tool_choice: "required" },
  { tools: { order_status: orderStatus } }
)
console.log(text)

await client.close()
