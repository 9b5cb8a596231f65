/** Runs every benchmark of the embedded engine, each in its own process. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const benchmarks = [
  ["start.ts", "From a cold process to the first answer (target: 1.5 s, 200 MB)"],
  ["turns.ts", "Chat turns in one session (gate: 300/s, target: 1,000/s, and flat)"],
  ["streams.ts", "Events of a streamed turn in process (target: 30 us of CPU time together, 180 us one by one)"],
  ["docs.ts", "Docs of a paragraph each, through the API (target: 500/s)"],
  ["history.ts", "Appending to a long session (gate: twice the cost at most)"],
  ["hostile.ts", "Hostile input: the time it blocks the process (target for a refusal: 10 times its JSON.parse)"],
  ["hostileDocs.ts", "Docs of hostile shapes (target: nothing waits for more than 250 ms)"]
] as const

// The compiled package, as applications use it: this tsconfig does not map the package to its sources.
const tsconfig = fileURLToPath(new URL("../../tsconfig.examples.json", import.meta.url))

for (const [file, title] of benchmarks) {
  console.log(title)
  const script = fileURLToPath(new URL(file, import.meta.url))
  const { status } = spawnSync("tsx", ["--tsconfig", tsconfig, script], { stdio: "inherit" })
  if (status !== 0) process.exitCode = 1
}
