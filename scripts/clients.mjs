/**
 * Prints how many calls of other programs' clients have the same outcome through the engine as at the model's endpoint:
 * runs `test/interop/*.relayed.test.ts`, which has one test for each call, and counts.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folder = mkdtempSync(join(tmpdir(), "effect-julep-clients-"))
const report = join(folder, "report.json")
const run = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "relayed.test.ts", "--reporter=json", `--outputFile=${report}`],
  { stdio: ["ignore", "ignore", "inherit"] }
)

/** @type {Map<string, { calls: number, different: Array<string> }>} */
const clients = new Map()
try {
  const { testResults } = JSON.parse(readFileSync(report, "utf8"))
  for (const { ancestorTitles, status, title } of testResults.flatMap(({ assertionResults }) => assertionResults)) {
    const [client] = ancestorTitles
    const counted = clients.get(client) ?? { calls: 0, different: [] }
    clients.set(client, counted)
    counted.calls++
    if (status !== "passed") counted.different.push(title)
  }
} finally {
  rmSync(folder, { recursive: true })
}

console.log("| client | calls | same outcome as at the endpoint |")
console.log("| --- | --- | --- |")
for (const [client, { calls, different }] of clients)
  console.log(`| ${client} | ${calls} | ${calls - different.length} |`)
for (const [client, { different }] of clients) {
  for (const call of different) console.log(`different: ${client}: ${call}`)
}
process.exitCode = run.status ?? 1
