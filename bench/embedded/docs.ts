/** Docs a second, one request each, keyword index included, and until the last of their jobs is done. DOCS: 5,000. */
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
  console.log(`  written and searchable: ${watch(DOCS)}`)
  // They run in the order they were written: when the last is done, the clock stops, and the others are looked at.
  const jobs = created.flatMap((doc) => doc.jobs)
  for (const last of jobs.slice(-1)) yield* julep.jobs.await(last)
  console.log(`  and all jobs done     : ${watch(DOCS)}`)
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
