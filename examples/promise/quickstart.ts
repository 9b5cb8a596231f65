/**
 * Plain TypeScript: a client whose methods return promises, with an engine in this process.
 * It runs without a network: `npx tsx examples/promise/quickstart.ts`.
 */
import { Client, messageText, NotFound, RateLimited } from "effect-julep/promise"

// Client.embedded() without `storage` stores data in a file and reads the model from the environment;
// new Client() uses a server. Nothing below this line changes.
const client = Client.embedded({ storage: "memory" })

const support = async () => {
  const ada = await client.agents.create({
    name: "Ada",
    about: "answers the customers of a coffee roaster",
    instructions: ["Be brief."],
    docs: [
      { title: "Returns", content: "Unopened bags can be returned within 30 days." },
      { title: "Delivery", content: "Shipping takes two working days and is free above 40 euros." }
    ]
  })
  const sam = await client.users.create({ name: "Sam", about: "a customer since 2023" })
  const session = await client.sessions.create({ agent_id: ada.id, user_id: sam.id })
  return async (content: string): Promise<string> => messageText(await client.sessions.chat(session.id, content))
}

try {
  const answer = await support()
  for (const said of ["My favourite coffee is the Sidamo.", "How long does shipping take?", "What is my favourite?"]) {
    console.log(`> ${said}\n${await answer(said)}\n`)
  }
} catch (error) {
  // Errors are classes: use `instanceof`, or `_tag`.
  if (error instanceof NotFound) console.error(`There is no such ${error.resource}: ${error.id}`)
  else if (error instanceof RateLimited) console.error(`Try again in ${error.retryAfter ?? "a few"} seconds`)
  else throw error
} finally {
  // Stops the calls in flight and closes the engine. `await using client = ...` does this at the end of the block.
  await client.close()
}
