/**
 * A refund that waits for a clerk. Each command is a process of its own: `npx tsx examples/promise/approval.ts` asks for it
 * and prints the commands that decide.
 */
import { type Approval, type ChatInput, Client, Conflict, tool } from "effect-julep/promise"
import { z } from "zod"

const refund = tool({
  description: "Refunds an amount in euros for an order",
  input: z.object({ order_number: z.int(), amount: z.number() }),
  needsApproval: ({ amount }) => amount > 100,
  execute: async ({ amount, order_number }) => {
    console.log(`Refunding ${amount} euros for order ${order_number}`)
    return { refunded: amount }
  }
})

// The database is a file, so that the run is there when the next process opens it.
const client = Client.embedded()
const [decision, session = "", call = ""] = process.argv.slice(2)
if (decision === undefined) {
  const agent = await client.agents.ensure("refunds", { name: "Ada" })
  const { id } = await client.sessions.create({ agent_id: agent.id })
  const content = "Please refund 120 euros for order 1042."
  // The offline model calls a tool only if `tool_choice` demands it.
  const input: ChatInput = { messages: [{ role: "user", content }], tool_choice: "required" }
  const run = await client.sessions.run(id, input, { tools: { refund } })
  for (const { arguments: args, message_id } of run.status === "suspended" ? run.calls : []) {
    console.log(`May it refund ${JSON.stringify(args)}?\nallow ${id} ${message_id}\nrefuse ${id} ${message_id}`)
  }
} else {
  const approval: Approval = decision === "allow" ? decision : { refuse: "The clerk declined." }
  const resumed = client.sessions.resume(session, { tools: { refund }, decisions: { [call]: approval } })
  const run = await resumed.catch((error: unknown) => {
    if (error instanceof Conflict) return { text: `Decided before: ${error.message}` }
    throw error
  })
  console.log(run.text)
}
await client.close()
