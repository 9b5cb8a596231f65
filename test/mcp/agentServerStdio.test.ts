/** A program that serves an agent on stdio, started as a process by the client of the official SDK. */
import { createRequire } from "node:module"
import { fileURLToPath, pathToFileURL } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import * as Effect from "effect/Effect"

const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href
const program = fileURLToPath(new URL("../support/mcpStdio.ts", import.meta.url))

describe("an agent as an MCP server on stdio", () => {
  it.scoped(
    "answers, writes nothing but the protocol to stdout, and ends with its input",
    () =>
      Effect.gen(function* () {
        const transport = new StdioClientTransport({
          command: process.execPath,
          args: ["--import", tsx, program],
          stderr: "pipe"
        })
        const log: Array<string> = []
        transport.stderr?.on("data", (chunk) => log.push(String(chunk)))
        const faults: Array<Error> = []
        const client = yield* Effect.acquireRelease(
          Effect.promise(async () => {
            const client = new Client({ name: "test", version: "1" })
            // A line of stdout that is not of the protocol is an error here.
            client.onerror = (error) => faults.push(error)
            await client.connect(transport)
            return client
          }),
          (client) => Effect.promise(() => client.close())
        )
        const { name } = client.getServerVersion() ?? {}
        const tools = yield* Effect.promise(() => client.listTools())
        const reply = yield* Effect.promise(() =>
          client.callTool({ name: "chat", arguments: { message: "How long does green tea take?" } })
        )
        const { resources } = yield* Effect.promise(() => client.listResources())
        const [doc] = yield* Effect.promise(async () =>
          resources[0] === undefined ? [] : (await client.readResource({ uri: resources[0].uri })).contents
        )
        yield* Effect.promise(() => client.close())
        expect({ name, doc, reply, tools: tools.tools.length > 0, faults }).toMatchObject({
          name: "tea",
          doc: { text: "Green tea takes three minutes." },
          reply: { content: [{ text: expect.stringContaining("three minutes") }] },
          tools: true,
          faults: []
        })
        expect(log.join("")).toContain("started")
      }),
    60_000
  )
})
