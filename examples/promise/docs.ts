/**
 * Docs of an agent, and docs of a user, which only sessions with that user recall.
 * `npx tsx examples/promise/docs.ts`
 */
import { Client, messageText } from "effect-julep/promise"

const client = Client.embedded({ storage: "memory" })

const agent = await client.agents.create({ name: "Ada" })
const [sam, eve] = [await client.users.create({ name: "Sam" }), await client.users.create({ name: "Eve" })]

// A doc belongs to an agent or to a user. Chats can recall it as soon as `create` has returned.
const doc = await client.docs.create({
  agent_id: agent.id,
  doc: { title: "Refunds", content: "Refunds take fourteen days.", metadata: { language: "en" } }
})
await client.docs.create({
  user_id: sam.id,
  doc: { title: "Plan", content: "Sam has the gold plan, which renews in March." }
})

// Background work, such as computing embeddings, is a job.
for (const job of doc.jobs) {
  const { state } = await client.jobs.await(job, { timeout: "10 seconds" })
  console.log(`The job of ${doc.title}: ${state}`)
}

const ask = async (session: string, content: string) => {
  const reply = await client.sessions.chat(session, content)
  const docs = [...(reply.doc_ids?.agent_doc_ids ?? []), ...(reply.doc_ids?.user_doc_ids ?? [])].length
  console.log(`> ${content}\n${messageText(reply)} (from ${docs} of the docs)`)
}
const withSam = await client.sessions.create({ agent_id: agent.id, user_id: sam.id })
const withEve = await client.sessions.create({ agent_id: agent.id, user_id: eve.id })
await ask(withSam.id, "How long do refunds take?")
await ask(withSam.id, "When does my plan renew?")
await ask(withEve.id, "When does my plan renew?")

const titles: Array<string> = []
for await (const { title } of client.docs.listAll({ agent_id: agent.id })) titles.push(title)
console.log(`Ada knows: ${titles.join(", ")}`)
await client.docs.delete({ agent_id: agent.id, doc_id: doc.id })
await ask(withSam.id, "How long do refunds take?")

await client.close()
