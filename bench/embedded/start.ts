/** The time and memory of a cold process that imports the compiled package, opens a file and answers one chat. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

const RUNS = 5
const root = fileURLToPath(new URL("../..", import.meta.url))
// Plain JavaScript, to leave out a TypeScript loader, and inside the project, to resolve its packages.
const folder = path.join(root, "node_modules", ".cache", "effect-julep-bench")

const program = `
import { Effect, Logger, LogLevel } from "effect"
import { Embedded } from "${root}dist/node/embedded.js"
import { Julep, messageText } from "${root}dist/node/index.js"
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
const { maxRSS } = process.resourceUsage()
console.log(JSON.stringify({ imported, answered: performance.now(), megabytes: maxRSS / 1024 }))
`

try {
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  const script = path.join(folder, "start.mjs")
  fs.writeFileSync(script, program)
  for (let index = 0; index < RUNS; index++) {
    const file = path.join(folder, `start-${index}.db`)
    const { stderr, status, stdout } = spawnSync(process.execPath, [script], {
      encoding: "utf8",
      env: { ...process.env, FILE: file }
    })
    if (status !== 0) throw new Error(stderr)
    const { answered, imported, megabytes } = JSON.parse(stdout) as Record<string, number>
    const ms = (value = 0) => `${Math.round(value)} ms`
    console.log(
      `  imported after ${ms(imported)}, answered after ${ms(answered)}, ${Math.round(megabytes ?? 0)} MB at most`
    )
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
