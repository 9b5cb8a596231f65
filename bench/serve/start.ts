/**
 * The CPU of a cold `effect-julep serve` until `/ready` answers, as a ratio to that of a program that builds
 * `Embedded.layer()`. The runs alternate between the two, each on a store of its own that does not exist yet.
 */
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const RUNS = 20
const LIMIT = 0.6

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Answers a message with the CPU that its process has used. */
const probe = `process.on("message", () => process.send(process.cpuUsage()))`

/** Plain JavaScript, to leave out a TypeScript loader. It imports the packages by their names, as applications do. */
const program = `
import { Effect, Layer } from "effect"
import { Embedded } from "effect-julep/embedded"
await Effect.runPromise(Effect.scoped(Layer.build(Embedded.layer())))
console.log(JSON.stringify(process.cpuUsage()))
`

/** In milliseconds. */
const cpuOf = (usage: unknown): number => {
  const { system, user } = usage as NodeJS.CpuUsage
  return (user + system) / 1000
}

/** Runs something in a folder for a store, inside the checkout so that the names of packages resolve there. */
const inFolder = async (body: (folder: string) => number | Promise<number>): Promise<number> => {
  const folder = fs.mkdtempSync(path.join(root, "dist", "bench-"))
  try {
    return await body(folder)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const ofProgram = () =>
  inFolder((folder) => {
    const script = path.join(folder, "start.mjs")
    fs.writeFileSync(script, program)
    const env = { ...process.env, JULEP_DATABASE_URL: path.join(folder, "program.db") }
    const { status, stderr, stdout } = spawnSync(process.execPath, [script], { encoding: "utf8", env })
    if (status !== 0) throw new Error(stderr)
    // Above it is the log.
    return cpuOf(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""))
  })

const ofServe = () =>
  inFolder(async (folder) => {
    const preload = path.join(folder, "probe.cjs")
    fs.writeFileSync(preload, probe)
    const main = path.join(root, "dist", "bin", "main.js")
    const args = ["--require", preload, main, "serve", "--db", path.join(folder, "serve.db"), "--port", "0"]
    const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] })
    const ended = new Promise((resolve) => server.once("exit", resolve))
    try {
      const { stdout } = server
      if (stdout === null) throw new Error("serve has no output")
      // The output ends without this line if the server fails, which has written why.
      for await (const line of createInterface({ input: stdout })) {
        const url = /^effect-julep serves .* at (\S+)$/.exec(line)?.[1]
        if (url === undefined) continue
        const { status } = await fetch(`${url}/ready`)
        if (status !== 200) throw new Error(`/ready answers ${status}`)
        const usage = new Promise((resolve) => server.once("message", resolve))
        server.send("cpu")
        return cpuOf(await usage)
      }
      throw new Error("serve ended before it listened")
    } finally {
      server.kill()
      await ended
    }
  })

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const programs: Array<number> = []
const servers: Array<number> = []
for (let run = 0; run < RUNS; run++) {
  programs.push(await ofProgram())
  servers.push(await ofServe())
}
const ratio = median(servers) / median(programs)
console.log(
  `  CPU of effect-julep serve until /ready: ${median(servers).toFixed(0)} ms, of a program until Embedded.layer() is built: ${median(programs).toFixed(0)} ms, ratio ${ratio.toFixed(2)} (limit ${LIMIT}, medians of ${RUNS})`
)
if (!(ratio <= LIMIT)) process.exitCode = 1
