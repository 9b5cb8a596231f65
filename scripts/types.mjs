/**
 * Gate: the count of types that the checker instantiates for `src`, which is the same on every machine, less `src/ai`,
 * `src/mcp` and `src/server`: these entries cost only programs that import them, and the command line none. `--renew` keeps
 * the present count as the one to compare with.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bin, fail, root, run, say } from "./support.mjs"

const LIMIT = 1.1
const file = join(root, "scripts", "instantiations.json")

// One thread, because each thread would count what it instantiates again.
const options = ["--noEmit", "--singleThreaded", "--extendedDiagnostics"]
const { stdout } = run(bin("tsc"), ["-p", "tsconfig.types.json", ...options])
const instantiations = Number(/^Instantiations:\s+(\d+)$/m.exec(stdout)?.[1])
if (!(instantiations > 0)) fail("tsc printed no count of instantiations")

if (process.argv.includes("--renew")) {
  writeFileSync(file, `{ "instantiations": ${instantiations} }\n`)
  say(`${instantiations} instantiations are kept in scripts/instantiations.json`)
} else {
  const kept = JSON.parse(readFileSync(file, "utf8")).instantiations
  const ratio = instantiations / kept
  say(`${instantiations} instantiations for src, kept: ${kept}, ratio ${ratio.toFixed(2)} (limit ${LIMIT})`)
  if (ratio > LIMIT) {
    fail(
      "checking src costs more than before: `tsc -p tsconfig.types.json --noEmit --generateTrace trace` records which types do. " +
        "If src needs them, node scripts/types.mjs --renew"
    )
  }
}
