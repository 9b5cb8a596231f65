/**
 * Gate: the packed package in other bundlers and runtimes. Each fixture is a small program that holds a conversation: with
 * both clients in a project without optional packages, then with the engine beside libsql. What is built must answer.
 *
 *     node scripts/interop.mjs [--tarball <folder>] [name...]
 *
 * With names, it runs those in one project and fails if they cannot be installed. Without, it runs all, each in a project
 * of its own; a fixture whose packages cannot be installed here is skipped, with the reason. It prints a table.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { bun } from "./runtimes/bun.mjs"
import { deno } from "./runtimes/deno.mjs"
import { edge } from "./runtimes/edge.mjs"
import { esbuild } from "./runtimes/esbuild.mjs"
import { metro } from "./runtimes/metro.mjs"
import { next, nextEngine } from "./runtimes/next.mjs"
import { prepare } from "./runtimes/project.mjs"
import { vite } from "./runtimes/vite.mjs"
import { workerd } from "./runtimes/workerd.mjs"
import { fail, run, say, seconds, temporaryFolder } from "./support.mjs"

const all = { esbuild, vite, next, "next-engine": nextEngine, edge, workerd, metro, bun, deno }

const { positionals, values } = parseArgs({ allowPositionals: true, options: { tarball: { type: "string" } } })
const unknown = positionals.filter((name) => !(name in all))
if (unknown.length > 0) fail(`there is no fixture ${unknown.join(", ")}; there are ${Object.keys(all).join(", ")}`)

const packed = () => {
  const folder = temporaryFolder()
  run("npm", ["pack", "--pack-destination", folder])
  return folder
}
const folder = values.tarball ?? packed()
const file = readdirSync(folder).find((name) => name.endsWith(".tgz"))
if (file === undefined) fail(`there is no tarball in ${folder}`)

const rows = []

/** Runs one stage of a fixture, and notes how it went. */
const runStage = async (fixture, project, stage) => {
  if (fixture[stage] === undefined) return
  const started = performance.now()
  const row = { runtime: fixture.name, version: fixture.version(project) }
  try {
    const what = await fixture[stage](project)
    rows.push({ ...row, what, result: `ok, ${seconds(performance.now() - started)}` })
  } catch (error) {
    say(`${fixture.name}, ${stage}: ${error.stack}`)
    rows.push({ ...row, what: stage, result: "FAILED" })
  }
}

/** Runs fixtures in one project. */
const runIn = async (project, fixtures) => {
  for (const fixture of fixtures) await runStage(fixture, project, "remote")
  project.withEngine()
  for (const fixture of fixtures) await runStage(fixture, project, "engine")
}

const install = async (packages) => {
  const started = performance.now()
  const project = await prepare(join(folder, file), packages)
  say(`installed ${[file, ...packages].join(", ")} (${seconds(performance.now() - started)})`)
  return project
}

if (positionals.length > 0) {
  const chosen = positionals.map((name) => all[name])
  await runIn(await install(new Set(chosen.flatMap(({ packages = [] }) => packages))), chosen)
} else {
  for (const fixture of Object.values(all)) {
    let project
    try {
      project = await install(fixture.packages ?? [])
    } catch (error) {
      const [what] = error.message.split("\n")
      rows.push({ runtime: fixture.name, version: "", what, result: "skipped: cannot be installed here" })
      continue
    }
    await runIn(project, [fixture])
  }
}

const columns = ["runtime", "version", "what", "result"]
const width = (column) => Math.max(...rows.map((row) => row[column].length))
for (const row of rows)
  say(
    columns
      .map((column) => row[column].padEnd(width(column)))
      .join("  ")
      .trimEnd()
  )
const failed = rows.filter(({ result }) => result === "FAILED")
if (failed.length > 0) fail(`failed: ${failed.map(({ runtime }) => runtime).join(", ")}`)
process.exit(0)
