/** The PostgreSQL server of a test run, for vitest's `globalSetup`: the first test that asks for it starts it. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import * as readline from "node:readline"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"

/** The URL of a server, or why there is none. */
export type Answer = { readonly url: string } | { readonly reason: string }

declare module "vitest" {
  interface ProvidedContext {
    /** The loopback port that answers with a line of JSON, an {@link Answer}, once the server is ready. */
    readonly postgresPort: number
  }
}

const script = fileURLToPath(new URL("./main.ts", import.meta.url))

const start = async (child: ChildProcess): Promise<Answer> => {
  if (child.stdout === null) return { reason: "its process has no output" }
  for await (const line of readline.createInterface({ input: child.stdout })) return JSON.parse(line)
  return { reason: "its process ended without an answer" }
}

/** A server that is not of this run must be left as it was. */
const dropSchemas = async (url: string) => {
  const schemas = await import("./schemas.js")
  await schemas
    .dropSchemas(url)
    .catch((error) => process.stderr.write(`The schemas of the tests may be left in JULEP_TEST_PG: ${error}\n`))
}

export default async (project: TestProject) => {
  let child: ChildProcess | undefined
  let answer: Promise<Answer> | undefined
  const ask = () => {
    if (answer !== undefined) return answer
    // In a group of its own: a signal to the group of the run must not end it before it has ended the server.
    child = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["pipe", "pipe", "inherit"], detached: true })
    answer = start(child)
    // Reporters leave out the titles of tests that are skipped.
    void answer.then((found) => {
      if ("reason" in found) process.stderr.write(`There is no PostgreSQL server for tests: ${found.reason}.\n`)
    })
    return answer
  }
  const server = createServer(async (socket) => {
    socket.on("error", () => undefined)
    socket.end(JSON.stringify(await ask()))
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  project.provide("postgresPort", typeof address === "object" && address !== null ? address.port : 0)
  return async () => {
    server.close()
    if (process.env["JULEP_TEST_PG"] !== undefined) await dropSchemas(process.env["JULEP_TEST_PG"])
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const end = once(child, "exit")
    child.stdin?.end()
    await end
  }
}
