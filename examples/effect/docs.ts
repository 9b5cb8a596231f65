/**
 * Docs of an agent, and docs of a user, which only sessions with that user recall.
 * `npx tsx examples/effect/docs.ts`
 */
import { Console, Effect, Stream } from "effect"
import { Julep, messageText, type SessionId } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  const [sam, eve] = [yield* julep.users.create({ name: "Sam" }), yield* julep.users.create({ name: "Eve" })]

  // A doc belongs to an agent or to a user. Chats can recall it as soon as `create` has returned.
  const doc = yield* julep.docs.create({
    agent_id: agent.id,
    doc: { title: "Refunds", content: "Refunds take fourteen days.", metadata: { language: "en" } }
  })
  yield* julep.docs.create({
    user_id: sam.id,
    doc: { title: "Plan", content: "Sam has the gold plan, which renews in March." }
  })

  // Background work, such as computing embeddings, is a job.
  for (const job of doc.jobs) {
    const { state } = yield* julep.jobs.await(job, { timeout: "10 seconds" })
    yield* Console.log(`The job of ${doc.title}: ${state}`)
  }

  const ask = Effect.fnUntraced(function* (session: SessionId, content: string) {
    const reply = yield* julep.sessions.chat(session, content)
    const docs = [...(reply.doc_ids?.agent_doc_ids ?? []), ...(reply.doc_ids?.user_doc_ids ?? [])].length
    yield* Console.log(`> ${content}\n${messageText(reply)} (from ${docs} of the docs)`)
  })
  const withSam = yield* julep.sessions.create({ agent_id: agent.id, user_id: sam.id })
  const withEve = yield* julep.sessions.create({ agent_id: agent.id, user_id: eve.id })
  yield* ask(withSam.id, "How long do refunds take?")
  yield* ask(withSam.id, "When does my plan renew?")
  yield* ask(withEve.id, "When does my plan renew?")

  const titles = yield* julep.docs.listAll({ agent_id: agent.id }).pipe(
    Stream.map(({ title }) => title),
    Stream.runCollect
  )
  yield* Console.log(`Ada knows: ${[...titles].join(", ")}`)
  yield* julep.docs.delete({ agent_id: agent.id, doc_id: doc.id })
  yield* ask(withSam.id, "How long do refunds take?")
})

await program.pipe(Effect.provide(Embedded.layerMemory()), Effect.runPromise)
