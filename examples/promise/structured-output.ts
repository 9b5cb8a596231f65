/** A typed answer: a mail becomes a ticket, as it is written, and then whole. */
import { Client, InvalidObject } from "effect-julep/promise"
import { z } from "zod"

const Ticket = z.object({
  summary: z.string().min(1),
  priority: z.enum(["low", "high"]),
  order_number: z.int(),
  due: z.iso.datetime().optional()
})

const mail = "Order 1042 has not arrived. I need it by 2026-03-01T12:00:00Z. Priority: high."

// The offline model fills the schema. A real model: Client.embedded({ model: { url, apiKey, name } }).
const client = Client.embedded({ storage: "memory" })
try {
  const agent = await client.agents.create({ name: "Ada", instructions: ["Make a ticket of each mail."] })
  const session = await client.sessions.create({ agent_id: agent.id })

  const { object } = await client.sessions.chatObject(session.id, mail, Ticket)
  console.log(`${object.priority}: order ${object.order_number}, due ${object.due ?? "never"}`)

  for await (const { done, object } of client.sessions.chatObjectStream(session.id, mail, Ticket)) {
    console.log(done ? `Done: ${object.priority}` : "Written so far:", object)
  }
} catch (error) {
  // The reply did not fit the schema, also when it was asked for again.
  if (!(error instanceof InvalidObject)) throw error
  console.error(error.text, error.issues)
} finally {
  await client.close()
}
