/** Docs per second, one request each, with the keyword index, and until all jobs are done. `DOCS` is 5,000. */
import * as Effect from "effect/Effect"
import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { instantModel, runBenchmark, stopwatch, temporaryFile, writer } from "./support.js"

const DOCS = Number(process.env["DOCS"] ?? 5000)

const ingest = Effect.gen(function* () {
  const julep = yield* Julep
  const text = writer(11)
  const agent = yield* julep.agents.create({ name: "Ada" })
  const docs = Array.from({ length: DOCS }, () => ({ title: text.title(), content: text.paragraph() }))
  const watch = stopwatch()
  const created = yield* Effect.forEach(docs, (doc) => julep.docs.create({ agent_id: agent.id, doc }), {
    concurrency: 16
  })
  console.log(`  stored and searchable: ${watch(DOCS)}`)
  // Jobs run in order, so the clock stops when the last is done. Then all of them are checked.
  const jobs = created.flatMap((doc) => doc.jobs)
  for (const last of jobs.slice(-1)) yield* julep.jobs.await(last)
  console.log(`  with all jobs done   : ${watch(DOCS)}`)
  const states = yield* Effect.forEach(jobs, (job) => julep.jobs.get(job))
  const left = states.filter(({ state }) => state !== "succeeded").length
  if (left > 0) return yield* Effect.dieMessage(`${left} jobs are not done`)
})

runBenchmark(
  Effect.scoped(
    Effect.flatMap(temporaryFile, (file) =>
      Effect.provide(ingest, Embedded.layer({ storage: { file }, model: instantModel }))
    )
  )
)
