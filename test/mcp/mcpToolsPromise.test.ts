/** The tools of a server of the official SDK in runs of the client of promises. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scripted from "../../src/layers/Scripted.js"
import { McpTools } from "../../src/mcp/promise/index.js"
import { Client, tool } from "../../src/promise/index.js"
import { officialHttp } from "../support/mcpOfficialHttp.js"

const withServer = (use: (url: string) => Promise<void>) =>
  Effect.flatMap(officialHttp(), ({ url }) => Effect.promise(() => use(url)))

/** A client whose model gives these replies, and a session. */
const scene = async (...script: ReadonlyArray<Scripted.Step>) => {
  const client = Client.embedded({ storage: "memory", model: Scripted.layer(script) })
  const agent = await client.agents.create({ name: "Ada" })
  const { id } = await client.sessions.create({ agent_id: agent.id })
  return { client, id }
}

describe("McpTools.connect with promises", () => {
  it.scoped("gives the tools of a server to a run, beside those of the program, until it is closed", () =>
    withServer(async (url) => {
      const calls = Scripted.toolCalls([
        { id: "1", name: "ink_add", arguments: '{"a":1,"b":2}' },
        { id: "2", name: "own", arguments: "{}" }
      ])
      const { client, id } = await scene(calls, Scripted.reply("Three."), calls)
      const own = tool({ execute: () => "mine" })
      const connection = await McpTools.connect(
        { url, headers: { authorization: "Bearer secret" } },
        { prefix: "ink_", filter: ({ name }) => name === "add", timeout: "10 seconds" }
      )
      try {
        const { tools } = connection
        expect(Object.keys(tools)).toEqual(["ink_add"])
        const run = await client.sessions.run(id, "Add", { tools: { ...tools, own } })
        expect(run).toMatchObject({ status: "completed", text: "Three." })
        expect(run.rounds[0]?.results.map(({ content }) => content)).toEqual(['{"sum":3}', "mine"])
        await connection.close()
        await connection.close()
        const lost = client.sessions.run(id, "Add", { tools: { ...tools, own } })
        await expect(lost).rejects.toMatchObject({ _tag: "McpError", reason: "connection" })
        await expect(lost).rejects.toBeInstanceOf(McpTools.McpError)
      } finally {
        await connection[Symbol.asyncDispose]()
        await client.close()
      }
    })
  )

  it.scoped("suspends a run for an approval, and an abort of the run cancels its calls", () =>
    withServer(async (url) => {
      const { client, id } = await scene(
        Scripted.toolCall("fails", {}),
        Scripted.reply("No ink."),
        Scripted.toolCall("wait", {})
      )
      const { close, tools } = await McpTools.connect(
        { url },
        { needsApproval: ({ annotations }) => annotations?.destructiveHint === true }
      )
      const run = await client.sessions.run(id, "Go", { tools })
      expect(run).toMatchObject({ status: "suspended", calls: [{ name: "fails" }] })
      const decisions = Object.fromEntries(
        run.status === "suspended" ? run.calls.map(({ message_id }) => [message_id, "allow" as const]) : []
      )
      const resumed = await client.sessions.resume(id, { tools, decisions })
      expect(resumed).toMatchObject({ text: "No ink." })

      const stop = new AbortController()
      const aborted = client.sessions.runStream(id, "Wait", { tools }, { signal: stop.signal })
      const reading = (async () => {
        for await (const event of aborted) if (event.type === "tool_call") stop.abort(new Error("enough"))
      })()
      await expect(reading).rejects.toThrow("enough")
      await close()
      await client.close()
    })
  )

  it("rejects with McpError where the server cannot be used", async () => {
    const failure = McpTools.connect({ command: "no-such-program-17" })
    await expect(failure).rejects.toBeInstanceOf(McpTools.McpError)
    await expect(failure).rejects.toMatchObject({ reason: "connection", server: "no-such-program-17" })
  })
})
