/**
 * Chat turns per second in one session of a file database, with docs and without. Four of five messages are statements,
 * so that the turn also writes a memory. `TURNS` is 5,000, which makes 10,000 messages.
 */
import * as Effect from "effect/Effect"
import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { instantModel, runBenchmark, stopwatch, temporaryFile, writer } from "./support.js"

const TURNS = Number(process.env["TURNS"] ?? 5000)
const WINDOW = Math.max(1, Math.floor(TURNS / 10))

const talk = Effect.fnUntraced(function* (paragraphs: number) {
  const julep = yield* Julep
  const text = writer(7)
  console.log(`  an agent with ${paragraphs} docs`)
  const docs = Array.from({ length: paragraphs }, () => ({ title: text.title(), content: text.paragraph() }))
  const agent = yield* julep.agents.create({ name: "Ada", about: "helps", instructions: ["Be brief."], docs })
  const user = yield* julep.users.create({ name: "Sam", about: "talks" })
  const session = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id, situation: "A bench." })
  const turn = (content: string) => julep.sessions.chat(session.id, { messages: [{ role: "user", content }] })
  for (const job of agent.jobs) yield* julep.jobs.await(job)

  const all = stopwatch()
  let window = stopwatch()
  for (let done = 1; done <= TURNS; done++) {
    yield* turn(done % 5 === 0 ? text.question() : text.statement())
    if (done % WINDOW !== 0) continue
    console.log(`  turns ${String(done - WINDOW + 1).padStart(6)} to ${String(done).padStart(6)}: ${window(WINDOW)}`)
    window = stopwatch()
  }
  console.log(`  all ${String(TURNS).padStart(6)} turns     : ${all(TURNS)}`)
})

runBenchmark(
  Effect.scoped(
    Effect.forEach([20, 0], (docs) =>
      Effect.flatMap(temporaryFile, (file) =>
        Effect.provide(talk(docs), Embedded.layer({ storage: { file }, model: instantModel }))
      )
    )
  )
)
