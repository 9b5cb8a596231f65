/** The time and memory of a cold process that imports the compiled package, opens a file and answers one chat. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

const RUNS = 5
const root = fileURLToPath(new URL("../..", import.meta.url))
// Inside the project, so that compiled files find its dependencies.
const built = path.join(root, "node_modules", ".cache", "effect-julep-bench")

const run = (args: ReadonlyArray<string>): string => {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" })
  if (status === 0) return stdout
  throw new Error(`node ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`)
}

const program = `
import { Effect, Logger, LogLevel } from "effect"
import { Embedded } from "${built}/embedded.js"
import { Julep, messageText } from "${built}/index.js"
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
  fs.rmSync(built, { recursive: true, force: true })
  run(["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--noCheck", "--outDir", built])
  const script = path.join(built, "start.mjs")
  fs.writeFileSync(script, program)
  for (let index = 0; index < RUNS; index++) {
    const file = path.join(built, `start-${index}.db`)
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
  fs.rmSync(built, { recursive: true, force: true })
}
