/** A chat in Next.js: save it as `app/api/chat/route.ts`. A page posts `{ text }`, and from then on also the session. */
import { Client } from "effect-julep/promise"

// Opens its database with the first call, so `next build` opens none.
const client = Client.embedded()

/** Finds the agent, or makes it at the first call, and begins a conversation. */
const open = async () => {
  const docs = [{ title: "Returns", content: "Unopened bags can be returned within 30 days." }]
  const agent = await client.agents.ensure("support", { name: "Ada", about: "answers customers", docs })
  return (await client.sessions.create({ agent_id: agent.id })).id
}

export const POST = async (request: Request) => {
  const { session = await open(), text } = await request.json()
  if (typeof text !== "string") return Response.json({ error: "text must be a string" }, { status: 400 })
  // In an application with accounts, check here that the session belongs to the caller.
  const reply = client.sessions.chatStream(session, text, { signal: request.signal })
  return reply.toResponse({ headers: { "x-session": session } })
}
