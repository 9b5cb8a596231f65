/** Docs a second, one request each, keyword index included, and until the last of their jobs is done. DOCS: 5,000. */
import * as Effect from "effect/Effect"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
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
  for (const { jobs } of created) for (const job of jobs) yield* julep.jobs.await(job)
  console.log(`  and all jobs done     : ${watch(DOCS)}`)
})

runBenchmark(
  Effect.scoped(
    Effect.flatMap(temporaryFile, (file) =>
      Effect.provide(ingest, Embedded.layer({ storage: { file }, model: instantModel }))
    )
  )
)
