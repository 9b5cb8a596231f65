/**
 * Plain TypeScript: the client is a value, and every call becomes a promise through `Effect.runPromise`.
 * It runs as it is, without a network: `npx tsx examples/plain.ts`.
 */
import { Effect, ManagedRuntime } from "effect"
import { AgentId, Julep, messageText } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

// The engine lives as long as the runtime: one for the whole program.
const runtime = ManagedRuntime.make(Embedded.layerMemory())
const julep = await runtime.runPromise(Julep)

const agent = await Effect.runPromise(
  julep.agents.create({
    name: "Ada",
    docs: [{ title: "Opening hours", content: "The shop is open from 9:00 to 18:00, except on Mondays." }]
  })
)
const user = await Effect.runPromise(julep.users.create({ name: "Sam" }))
const session = await Effect.runPromise(julep.sessions.create({ agent_id: agent.id, user_id: user.id }))

const chat = async (content: string): Promise<string> => {
  const reply = await Effect.runPromise(julep.sessions.chat(session.id, { messages: [{ role: "user", content }] }))
  return messageText(reply)
}

for (const said of ["My favourite coffee is the Sidamo.", "When is the shop open?", "What is my favourite coffee?"]) {
  console.log(`> ${said}\n${await chat(said)}\n`)
}

const history = await Effect.runPromise(julep.sessions.history(session.id))
console.log(`The history has ${history.length} messages.`)

// A rejected promise loses the error's type. Effect.either keeps it: an error is a value with a tag.
const nobody = AgentId.make("00000000-0000-4000-8000-000000000000")
const found = await Effect.runPromise(Effect.either(julep.agents.get(nobody)))
if (found._tag === "Left" && found.left._tag === "NotFound") {
  console.log(`There is no ${found.left.resource} ${found.left.id}.`)
}

await runtime.dispose()
