// A process that indexes a long doc until it is killed, and reports each step of its job: indexer.ts <file> [<job>].
// Without a job it creates the doc first, and reports the job and the doc.
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Embedded } from "../../../src/embedded.js"
import { JobId, Julep } from "../../../src/index.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { longContent } from "./longContent.js"
import { say } from "./say.js"

const [file = "", job] = process.argv.slice(2)
const model = Scripted.layer(() => Scripted.reply("here"))

Effect.gen(function* () {
  const { agents, docs, jobs } = yield* Julep
  if (job === undefined) {
    const agent = yield* agents.create({ name: "Ada" })
    const doc = yield* docs.create({ agent_id: agent.id, doc: { title: "Long", content: longContent } })
    say(JSON.stringify({ job: doc.jobs[0], doc: doc.id }))
  }
  const id = JobId.make(job ?? "")
  if (job !== undefined)
    yield* Stream.runForEach(jobs.watch(id), ({ progress }) => Effect.sync(() => say(`${progress}`)))
  yield* Effect.never
}).pipe(
  Effect.provide(Embedded.layer({ storage: { file }, model })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  Effect.runPromise
)
