/** A program that serves an agent on stdio, started as a process by the client of the official SDK. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { describe, expect, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as AgentServer from "../../src/mcp/AgentServer.js"
import { soon } from "../support/latches.js"
import { embedded } from "../support/modes.js"
import { programFile } from "../support/programs.js"
import { scene } from "../support/turns.js"

const program = programFile("test/support/mcpStdio")

describe("an agent as an MCP server on stdio", () => {
  it.scoped(
    "answers, and writes nothing but the protocol to stdout",
    () =>
      Effect.gen(function* () {
        const transport = new StdioClientTransport({
          command: process.execPath,
          args: [program],
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
        const boiled = yield* Effect.promise(() => client.callTool({ name: "boil", arguments: {} }))
        const { resources } = yield* Effect.promise(() => client.listResources())
        const [doc] = yield* Effect.promise(async () =>
          resources[1] === undefined ? [] : (await client.readResource({ uri: resources[1].uri })).contents
        )
        yield* Effect.promise(() => client.close())
        expect({
          name,
          doc,
          reply,
          tools: tools.tools.map(({ name }) => name).sort(),
          boiled,
          resources,
          faults
        }).toMatchObject({
          name: "tea",
          doc: { text: "Green tea takes three minutes." },
          reply: { content: [{ text: expect.stringContaining("three minutes") }] },
          tools: ["boil", "chat", "recall", "search_docs"],
          boiled: { content: [{ text: '"boiling"' }] },
          resources: [{ name: "Leaflet" }, { name: "Tea" }],
          faults: []
        })
        expect(log.join("")).toContain("started")
      }),
    60_000
  )

  it("ends with its input", { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "ignore"] })
    child.stdin.end(`${JSON.stringify({ jsonrpc: "2.0", id: "last", method: "ping" })}\n`)
    child.stdout.resume()
    expect(await once(child, "exit")).toEqual([0, null])
  })
})

/** The server in process, with a client that writes bytes. */
const raw = Effect.gen(function* () {
  const { agent } = yield* scene()
  const stdin = yield* Queue.unbounded<Uint8Array>()
  const stdout = yield* Queue.unbounded<string>()
  const decoder = new TextDecoder()
  const written = (bytes: Uint8Array | string) =>
    Queue.offer(stdout, typeof bytes === "string" ? bytes : decoder.decode(bytes))
  const server = AgentServer.layerStdio({
    agent_id: agent.id,
    stdin: Stream.fromQueue(stdin),
    stdout: Sink.forEach(written)
  })
  yield* Effect.forkScoped(Layer.launch(server))
  return {
    write: (text: string) => Queue.offer(stdin, new TextEncoder().encode(text)),
    read: Effect.map(soon("an answer")(Queue.take(stdout)), (line) => JSON.parse(line))
  }
})

const request = (id: string | number, method: string, params?: object) =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`

describe("the lines of a server on stdio", () => {
  it.scoped("may come in pieces, several at once, and empty", () =>
    Effect.gen(function* () {
      const { read, write } = yield* raw
      const ä = request("ä", "ping")
      yield* write(ä.slice(0, 20))
      yield* write(`${ä.slice(20)}\n\r\n${request(2, "ping")}{bad\n`)
      expect([yield* read, yield* read, yield* read]).toEqual([
        { jsonrpc: "2.0", id: "ä", result: {} },
        { jsonrpc: "2.0", id: 2, result: {} },
        { jsonrpc: "2.0", id: null, error: { code: -32600, message: expect.any(String) } }
      ])
    }).pipe(Effect.provide(embedded()))
  )

  it.scoped("cancel a call, which then has no answer", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      const never = Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
      )
      yield* Effect.gen(function* () {
        const { read, write } = yield* raw
        yield* write(request("one", "tools/call", { name: "chat", arguments: { message: "Hello" } }))
        yield* soon("the question")(Deferred.await(asked))
        yield* write(
          `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "one" } })}\n`
        )
        yield* soon("the cancelled turn")(Deferred.await(stopped))
        yield* write(request(2, "ping"))
        expect(yield* read).toEqual({ jsonrpc: "2.0", id: 2, result: {} })
      }).pipe(Effect.provide(embedded(() => () => never)))
    })
  )
})
