/**
 * The time, CPU and memory of a cold process that imports the compiled package, opens a file and answers one chat.
 *
 * With the path of another built checkout as its argument, the runs alternate between the two, and the last line is the
 * ratio of their median CPU times. Give each a `node_modules` of its own: a symbolic link to one slows the imports down.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

/** Runs of this checkout alone, and of each of two. */
const RUNS = 5
const COMPARED_RUNS = 15

/** Plain JavaScript, to leave out a TypeScript loader. It imports the package by its name, as applications do. */
const program = `
import { Effect, Logger, LogLevel } from "effect"
import { Julep, messageText } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
const imported = performance.now()
const first = Effect.gen(function* () {
  const julep = yield* Julep
  const docs = [{ title: "Refunds", content: "Refunds are given within 14 days." }]
  const agent = yield* julep.agents.create({ name: "Ada", docs })
  const session = yield* julep.sessions.create({ agent_id: agent.id })
  return messageText(yield* julep.sessions.chat(session.id, { messages: [{ role: "user", content: "Refunds?" }] }))
})
const answer = await first.pipe(
  Effect.provide(Embedded.layer({ storage: { file: process.env.FILE }, model: "offline" })),
  Logger.withMinimumLogLevel(LogLevel.None),
  Effect.runPromise
)
if (!answer.includes("14 days")) throw new Error(answer)
const { system, user } = process.cpuUsage()
const { maxRSS } = process.resourceUsage()
console.log(
  JSON.stringify({ imported, answered: performance.now(), cpu: (user + system) / 1000, megabytes: maxRSS / 1024 })
)
`

/** One run: milliseconds and megabytes. */
interface Run {
  readonly imported: number
  readonly answered: number
  readonly cpu: number
  readonly megabytes: number
}

/** Runs the program inside a checkout, which its package names resolve from. */
const run = (checkout: string): Run => {
  const folder = fs.mkdtempSync(path.join(checkout, "dist", "bench-"))
  try {
    const script = path.join(folder, "start.mjs")
    fs.writeFileSync(script, program)
    const env = { ...process.env, FILE: path.join(folder, "start.db") }
    const { status, stderr, stdout } = spawnSync(process.execPath, [script], { encoding: "utf8", env })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as Run
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const summary = (runs: ReadonlyArray<Run>): string => {
  const of = (name: keyof Run) => Math.round(median(runs.map((run) => run[name])))
  return `imported after ${of("imported")} ms, answered after ${of("answered")} ms, ${of("cpu")} ms of CPU, ${of("megabytes")} MB at most`
}

const own = fileURLToPath(new URL("../..", import.meta.url))
const base = process.argv[2]

if (base === undefined) {
  console.log(`  ${summary(Array.from({ length: RUNS }, () => run(own)))} (medians)`)
} else {
  const ofBase: Array<Run> = []
  const ofOwn: Array<Run> = []
  for (let index = 0; index < COMPARED_RUNS; index++) {
    ofBase.push(run(path.resolve(base)))
    ofOwn.push(run(own))
  }
  console.log(`  ${base}: ${summary(ofBase)}\n  this checkout: ${summary(ofOwn)}`)
  const cpuOf = (runs: ReadonlyArray<Run>) => median(runs.map(({ cpu }) => cpu))
  const ratio = (cpuOf(ofOwn) / cpuOf(ofBase)).toFixed(2)
  console.log(`  CPU until the answer: ${ratio} of ${base} (medians of ${COMPARED_RUNS} runs)`)
}
