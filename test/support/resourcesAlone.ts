// Run by hiddenClasses.test.ts as a separate process: creates, reads, changes, lists and deletes as many users and sessions as
// its argument says, in memory.
import * as Effect from "effect/Effect"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"

const ROUNDS = Number(process.argv[2])

const program = Effect.gen(function* () {
  const { agents, memories, sessions, users } = yield* Julep
  const agent = yield* agents.create({ name: "Ada" })
  const metadata_filter = { town: "Rome" }
  for (let round = 0; round < ROUNDS; round++) {
    const user = yield* users.create({ name: "Sam", metadata: metadata_filter })
    yield* users.update(user.id, { name: "Tom" })
    yield* users.get(user.id)
    yield* users.list({ limit: 1, metadata_filter })
    const session = yield* sessions.create({ agent_id: agent.id, user_id: user.id })
    yield* sessions.update(session.id, { situation: "A ship." })
    yield* sessions.list({ limit: 1 })
    yield* sessions.history(session.id)
    yield* memories.list({ agent_id: agent.id, user_id: user.id })
    yield* sessions.delete(session.id)
    yield* users.delete(user.id)
  }
})

await Effect.runPromise(Effect.provide(program, Embedded.layer({ storage: "memory" })))
