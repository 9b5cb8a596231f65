/**
 * Chat turns and docs on libSQL and on PostgreSQL in the same run: by one process, and by several on one database. Everything
 * is durable, as it is by default. A turn has 20 docs to search, and four of five turns write a memory.
 *
 * `BENCH_POSTGRES` is the URL of a database of a server on this machine; without it, one is started. `TURNS` and `DOCS` are
 * how many each process does.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import pg from "pg"
import { started } from "./process.js"
import { openPostgres } from "./server.js"
import { cpuOfServer } from "./serverCpu.js"
import type { Outcome, Task } from "./talker.js"

const TURNS = Number(process.env["TURNS"] ?? 1500)
const DOCS = Number(process.env["DOCS"] ?? 1500)
const COUNTED = 200

const talker = fileURLToPath(new URL("./talker.ts", import.meta.url))

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-bench-"))

/** Runs tasks in a process each, which begin at the same time. */
const run = async (tasks: ReadonlyArray<Task>, postgres: string | undefined) => {
  const all = tasks.map((task) => started(talker, JSON.stringify(task)))
  for (const { line } of all) await line()
  const before = postgres === undefined ? 0 : await cpuOfServer(postgres)
  for (const { child } of all) child.stdin.write("\n")
  const outcomes = await Promise.all(all.map(async ({ line }): Promise<Outcome> => JSON.parse(await line())))
  const after = postgres === undefined ? 0 : await cpuOfServer(postgres)
  await Promise.all(all.map(({ stop }) => stop()))
  return { outcomes, server: after - before }
}

/** One line of the table. */
interface Row {
  readonly name: string
  readonly processes: number
  readonly task: Omit<Task, "counts">
}

const percentile = (sorted: ReadonlyArray<number>, share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0

const measure = async ({ name, processes, task }: Row, postgres: string | undefined) => {
  const timed = Array.from({ length: processes }, () => ({ ...task, counts: false }))
  const { outcomes, server } = await run(timed, postgres)
  const [counted] = (await run([{ ...task, count: COUNTED, counts: true }], postgres)).outcomes
  const number = processes * task.count
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const latencies = outcomes.flatMap(({ latencies }) => latencies).toSorted((one, other) => one - other)
  const node = sum(({ cpu }) => cpu) / number
  const all = node + server / number
  const perSecond = (number / Math.max(...outcomes.map(({ wall }) => wall))) * 1000
  const cells = [
    name.padEnd(52),
    `${perSecond.toFixed(0).padStart(5)}/s`,
    `${node.toFixed(2).padStart(6)} ms node`,
    `${(server / number).toFixed(2).padStart(6)} ms server`,
    `${((counted?.statements ?? 0) / COUNTED).toFixed(1).padStart(5)} statements`
  ]
  if (latencies.length > 0)
    cells.push(`p50 ${percentile(latencies, 0.5).toFixed(1)}, p95 ${percentile(latencies, 0.95).toFixed(1)} ms`)
  console.log(`  ${cells.join("  ")}`)
  return { node, all }
}

/** Runs each on an empty database. */
const fresh = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
  await client.end()
}

const turns = (storage: Task["storage"], sessions: number) =>
  ({ storage, kind: "turns", sessions, count: TURNS }) as const
const docs = (storage: Task["storage"]) => ({ storage, kind: "docs", sessions: 1, count: DOCS }) as const

const compare = async (postgres: string) => {
  const url = { url: postgres }
  let files = 0
  const file = () => ({ file: path.join(folder, `${++files}.db`) })
  const onPostgres = async (row: Row) => {
    await fresh(postgres)
    return await measure(row, postgres)
  }
  const ratio = (what: string, one: number, other: number) =>
    console.log(`  PostgreSQL takes ${(one / other).toFixed(2)} times libSQL's ${what}`)

  console.log("Chat turns")
  await measure({ name: "libSQL, 1 session", processes: 1, task: turns(file(), 1) }, undefined)
  const libsql = await measure({ name: "libSQL, 16 sessions", processes: 1, task: turns(file(), 16) }, undefined)
  await onPostgres({ name: "PostgreSQL, 1 session", processes: 1, task: turns(url, 1) })
  const one = await onPostgres({ name: "PostgreSQL, 16 sessions", processes: 1, task: turns(url, 16) })
  ratio("CPU time in Node for a turn (limit 1.8)", one.node, libsql.node)
  ratio("CPU time in all for a turn (limit 2.2)", one.all, libsql.all)
  for (const processes of [2, 4])
    await onPostgres({ name: `PostgreSQL, ${processes} processes of 16 sessions`, processes, task: turns(url, 16) })

  console.log("Docs, 16 at a time")
  const ofFile = await measure({ name: "libSQL", processes: 1, task: docs(file()) }, undefined)
  const ofServer = await onPostgres({ name: "PostgreSQL", processes: 1, task: docs(url) })
  ratio("CPU time in all for a doc", ofServer.all, ofFile.all)
}

const { close, url } = await openPostgres()
try {
  await compare(url)
} finally {
  await close()
  fs.rmSync(folder, { recursive: true, force: true })
}
