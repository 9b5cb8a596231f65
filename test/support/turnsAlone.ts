// Run by hiddenClasses.test.ts as a separate process: runs as many turns as its argument says, streamed or whole, in memory.
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"

const TURNS = Number(process.argv[2])
const STREAMED = process.argv[3] === "streamed"

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }

const model = Layer.succeed(Embedded.Model, {
  instructable: false,
  complete: () =>
    Effect.succeed({ content: "I will keep that in mind.", tool_calls: [], finish_reason: "stop" as const, usage }),
  stream: () =>
    Stream.make(
      { _tag: "Text" as const, text: "I will keep that " },
      { _tag: "Text" as const, text: "in mind." },
      { _tag: "End" as const, finish_reason: "stop" as const, usage }
    ),
  list: Effect.succeed(["instant"])
})

const program = Effect.gen(function* () {
  const { agents, jobs, sessions, users } = yield* Julep
  const docs = ["lamp", "key", "boat"].map((title) => ({ title, content: `The ${title} is in the old house.` }))
  const agent = yield* agents.create({ name: "Ada", docs })
  yield* Effect.forEach(agent.jobs, (job) => jobs.await(job), { discard: true })
  const user = yield* users.create({ name: "Sam" })
  const session = yield* sessions.create({ agent_id: agent.id, user_id: user.id })
  for (let turn = 0; turn < TURNS; turn++) {
    const said = turn % 2 === 0 ? `My lamp number ${turn} is in the house.` : "Where is my lamp?"
    yield* STREAMED
      ? Stream.runDrain(sessions.chatStream(session.id, said))
      : Effect.asVoid(sessions.chat(session.id, said))
  }
})

await Effect.runPromise(Effect.provide(program, Embedded.layer({ storage: "memory", model })))
