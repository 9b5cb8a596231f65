/** A support agent: docs, a tool, a typed answer, a stream to a browser. `npx tsx examples/promise/support-agent.ts` */
import { type ChatInput, Client, tool } from "effect-julep/promise"
import { z } from "zod"

const order_status = tool({
  description: "Looks up the state of an order by its number",
  input: z.object({ order_number: z.int() }),
  execute: async ({ order_number }) => ({ order_number, state: "shipped", expected: "Thursday" })
})
const docs = [{ title: "Returns", content: "Unopened bags can be returned within 30 days." }]
const Ticket = z.object({ order_number: z.int(), priority: z.enum(["low", "high"]) })

export const supportAgent = async (client: Client) => {
  const agent = await client.agents.ensure("support", { name: "Ada", about: "answers customers", docs })
  return {
    open: async () => (await client.sessions.create({ agent_id: agent.id })).id,
    ticket: async (session: string, mail: string) => (await client.sessions.chatObject(session, mail, Ticket)).object,
    /** The response of a route. The browser gets the text of the reply, not what the tool returned. */
    chat: (session: string, text: string, signal?: AbortSignal) => {
      // A model calls tools by itself. An order number demands a call, so that the offline model makes one, too.
      const tool_choice = /\d{4}/.test(text) ? "required" : "auto"
      const input: ChatInput = { messages: [{ role: "user", content: text }], tool_choice }
      return client.sessions.runStream(session, input, { tools: { order_status } }, { signal }).toResponse()
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  const client = Client.embedded({ storage: "memory" })
  const support = await supportAgent(client)
  const session = await support.open()
  for (const text of ["How long can I return a bag?", "Where is my order 1042?"]) {
    console.log(`> ${text}\n${await (await support.chat(session, text)).text()}`)
  }
  console.log(await support.ticket(session, "Order 1042 arrived open. Make it a ticket of high priority."))
  await client.close()
}
