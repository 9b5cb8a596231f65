/**
 * Gate: the packed package in other bundlers and runtimes. Each fixture is a small program that holds a conversation: with
 * the clients in a project without optional packages, then with the engine beside libsql. What runs must answer.
 *
 *     node scripts/interop.mjs [--tarball <folder>] [name...]
 *
 * With names, it fails if one of them fails or cannot be installed. Without, it runs all and says which were skipped.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { esbuild } from "./runtimes/esbuild.mjs"
import { next, nextEngine } from "./runtimes/next.mjs"
import { prepare } from "./runtimes/project.mjs"
import { vite } from "./runtimes/vite.mjs"
import { fail, run, say, seconds, temporaryFolder } from "./support.mjs"

const all = { esbuild, vite, next, "next-engine": nextEngine }

const { positionals, values } = parseArgs({ allowPositionals: true, options: { tarball: { type: "string" } } })
const unknown = positionals.filter((name) => !(name in all))
if (unknown.length > 0) fail(`there is no fixture ${unknown.join(", ")}; there are ${Object.keys(all).join(", ")}`)
const chosen = positionals.length === 0 ? Object.values(all) : positionals.map((name) => all[name])

const packed = () => {
  const folder = temporaryFolder()
  run("npm", ["pack", "--pack-destination", folder])
  return folder
}
const folder = values.tarball ?? packed()
const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"))
if (tarball === undefined) fail(`there is no tarball in ${folder}`)

const started = performance.now()
const packages = new Set(chosen.flatMap(({ packages = [] }) => packages))
const project = await prepare(join(folder, tarball), packages)
say(`installed ${[tarball, ...packages].join(", ")} (${seconds(performance.now() - started)})`)

const failures = []
const stage = async (name) => {
  for (const fixture of chosen) {
    if (fixture[name] === undefined) continue
    const started = performance.now()
    try {
      const what = await fixture[name](project)
      say(`${fixture.name} ${fixture.version(project)}: ${what}: ok (${seconds(performance.now() - started)})`)
    } catch (error) {
      failures.push(fixture.name)
      say(`${fixture.name}: FAILED (${name}): ${error.stack}`)
    }
  }
}
await stage("remote")
project.withEngine()
await stage("engine")
if (failures.length > 0) fail(`failed: ${[...new Set(failures)].join(", ")}`)
process.exit(0)
