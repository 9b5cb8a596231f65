/**
 * Chat turns per second in one session of a file database: with docs and without, and with a model that follows
 * instructions, whose facts and summaries are jobs. Four of five messages are statements, so that the turn also writes a
 * memory. `TURNS` is 5,000, which makes 10,000 messages.
 */
import * as Effect from "effect/Effect"
import { type JobId, Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { instantModel, instructableModel, runBenchmark, stopwatch, temporaryFile, writer } from "./support.js"

const TURNS = Number(process.env["TURNS"] ?? 5000)
const WINDOW = Math.max(1, Math.floor(TURNS / 10))

const talk = Effect.fnUntraced(function* (paragraphs: number, model: string) {
  const julep = yield* Julep
  const text = writer(7)
  console.log(`  an agent with ${paragraphs} docs, ${model}`)
  const docs = Array.from({ length: paragraphs }, () => ({ title: text.title(), content: text.paragraph() }))
  const agent = yield* julep.agents.create({ name: "Ada", about: "helps", instructions: ["Be brief."], docs })
  const user = yield* julep.users.create({ name: "Sam", about: "talks" })
  const session = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id, situation: "A bench." })
  const turn = (content: string) => julep.sessions.chat(session.id, { messages: [{ role: "user", content }] })
  for (const job of agent.jobs) yield* julep.jobs.await(job)

  const jobs: Array<JobId> = []
  const all = stopwatch()
  let window = stopwatch()
  for (let done = 1; done <= TURNS; done++) {
    const reply = yield* turn(done % 5 === 0 ? text.question() : text.statement())
    jobs.push(...(reply.jobs ?? []))
    if (done % WINDOW !== 0) continue
    console.log(`  turns ${String(done - WINDOW + 1).padStart(6)} to ${String(done).padStart(6)}: ${window(WINDOW)}`)
    window = stopwatch()
  }
  console.log(`  all ${String(TURNS).padStart(6)} turns     : ${all(TURNS)}`)
  const last = jobs.at(-1)
  if (last === undefined) return
  const pending = yield* Effect.map(julep.jobs.get(last), ({ state }) => state !== "succeeded" && state !== "failed")
  // The jobs of one session run in order.
  yield* julep.jobs.await(last)
  console.log(`  with ${jobs.length} jobs       : ${all(TURNS)}${pending ? ", some of them after the last turn" : ""}`)
  const states = yield* Effect.forEach(jobs, (job) => Effect.map(julep.jobs.get(job), ({ state }) => state))
  const failed = states.filter((state) => state !== "succeeded").length
  if (failed > 0) console.log(`  ${failed} jobs did not succeed`)
})

const runs = [
  { docs: 20, layer: instantModel, model: "an instant model" },
  { docs: 0, layer: instantModel, model: "an instant model" },
  { docs: 20, layer: instructableModel, model: "an instant model that follows instructions" }
]

runBenchmark(
  Effect.scoped(
    Effect.forEach(runs, ({ docs, layer, model }) =>
      Effect.flatMap(temporaryFile, (file) =>
        Effect.provide(talk(docs, model), Embedded.layer({ storage: { file }, model: layer }))
      )
    )
  )
)
