/** Runs with promises: tools of Standard Schemas and functions, errors as they are, and aborts that reach the tools. */
import * as Schema from "effect/Schema"
import { describe, expect, expectTypeOf, it } from "vitest"
import { z } from "zod"
import * as Scripted from "../../src/layers/Scripted.js"
import {
  type Client,
  Conflict,
  deltaText,
  type JsonObject,
  MaxRoundsExceeded,
  type RunEvent,
  type ToolContext,
  tool,
  toolCalls
} from "../../src/promise/index.js"
import { remoteClient } from "./support/clients.js"

const sessionOf = async (client: Client) => {
  const agent = await client.agents.create({ name: "Ada" })
  return (await client.sessions.create({ agent_id: agent.id })).id
}

const scene = async (script: Scripted.Script) => {
  const client = await remoteClient(script)
  return { client, session: await sessionOf(client) }
}

const asksForTide = Scripted.toolCall("tide", { place: "Lagos" })
const script = [asksForTide, Scripted.reply("High.")]

const tide = tool({
  description: "The tide at a place",
  input: z.object({ place: z.string() }),
  execute: async ({ place }, { id }) => {
    expectTypeOf(place).toEqualTypeOf<string>()
    return { place, id }
  }
})

describe("run", () => {
  it("runs tools of zod, of Effect and of JSON Schema, and plain functions", async () => {
    const ofEffect = tool({ input: Schema.Struct({ place: Schema.String }), execute: ({ place }) => `in ${place}` })
    const ofJson = tool({
      input: { type: "object", properties: { place: { type: "string" } } },
      execute: (args) => {
        expectTypeOf(args).toEqualTypeOf<JsonObject>()
        return args
      }
    })
    const contents = []
    for (const each of [tide, ofEffect, ofJson, (args: JsonObject) => args]) {
      const { client, session } = await scene(script)
      const run = await client.sessions.run(session, "How is the tide?", { tools: { tide: each } })
      expect(run).toMatchObject({ status: "completed", text: "High.", reply: { finish_reason: "stop" } })
      contents.push(run.rounds[0]?.results[0]?.content)
    }
    expect(contents).toEqual([
      '{"place":"Lagos","id":"call_tide"}',
      "in Lagos",
      '{"place":"Lagos"}',
      '{"place":"Lagos"}'
    ])
  })

  it("answers arguments that zod refuses to the model", async () => {
    const { client, session } = await scene([Scripted.toolCall("tide", { place: 7 }), ...script])
    const { rounds } = await client.sessions.run(session, "How is the tide?", { tools: { tide } })
    expect(rounds.map(({ results }) => results.map(({ failed }) => failed))).toEqual([[true], [false], []])
    expect(rounds[0]?.results[0]?.content).toContain("place: ")
  })

  it("rejects with what a tool throws, as it is", async () => {
    const { client, session } = await scene([asksForTide])
    const error = new TypeError("no tide")
    const stack = error.stack
    const fails = tool({ execute: () => Promise.reject(error) })
    await expect(client.sessions.run(session, "?", { tools: { tide: fails } })).rejects.toBe(error)
    expect(error.stack).toBe(stack)
  })

  it("onToolError makes a result of what a tool throws", async () => {
    const { client, session } = await scene(script)
    const fails = tool({
      execute: () => {
        throw new Error("no tide")
      }
    })
    const run = await client.sessions.run(session, "?", {
      tools: { tide: fails },
      onToolError: async (error, { name }) => `${name}: ${error instanceof Error ? error.message : ""}`
    })
    expect(run.rounds[0]?.results).toMatchObject([{ content: "tide: no tide", failed: true }])
  })

  it("rejects with MaxRoundsExceeded at its bound, and with NotFound of an unknown session", async () => {
    const { client, session } = await scene(() => asksForTide)
    const tools = { tide }
    await expect(client.sessions.run(session, "?", { tools, maxRounds: 2 })).rejects.toBeInstanceOf(MaxRoundsExceeded)
    const unknown = client.sessions.run("11111111-1111-4111-8111-111111111111", "?", { tools })
    await expect(unknown).rejects.toMatchObject({ _tag: "NotFound" })
  })

  it("approve allows or refuses a call", async () => {
    const { client, session } = await scene([asksForTide, ...script])
    const run = await client.sessions.run(session, "?", {
      tools: { tide },
      approve: async ({ id, name }) => (id === "call_tide" && name === "tide" ? { refuse: "It is late." } : "allow")
    })
    expect(run.rounds[0]?.results).toEqual([
      { id: "call_tide", name: "tide", content: "The call was refused: It is late.", failed: true }
    ])
  })

  it("an aborted signal aborts that of the tool and rejects with its reason", async () => {
    const { client, session } = await scene([asksForTide])
    const controller = new AbortController()
    const context = new Promise<ToolContext>((resolve) => {
      const slow = tool({
        execute: (_, context) => {
          resolve(context)
          return new Promise(() => {})
        }
      })
      client.sessions
        .run(session, "?", { tools: { tide: slow } }, { signal: controller.signal })
        .catch((reason) => expect(reason).toBe("enough"))
    })
    const { signal } = await context
    expect(signal.aborted).toBe(false)
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve))
    controller.abort("enough")
    await aborted
  })
})

describe("resume", () => {
  it("goes on with a suspended run in another client, once", async () => {
    const { client, session } = await scene([asksForTide, Scripted.reply("High.")])
    const careful = tool({ needsApproval: true, execute: () => "high" })
    const run = await client.sessions.run(session, "?", { tools: { tide: careful } })
    if (run.status !== "suspended") throw new Error("the run is not suspended")
    const { calls } = JSON.parse(JSON.stringify(run)) as typeof run
    const decisions = Object.fromEntries(calls.map(({ message_id }) => [message_id, "allow" as const]))
    const resume = () => client.sessions.resume(session, { tools: { tide: careful }, decisions })
    const settled = await Promise.allSettled([resume(), resume()])
    expect(settled.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"])
    for (const each of settled) {
      if (each.status === "fulfilled") expect(each.value.text).toBe("High.")
      else expect(each.reason).toBeInstanceOf(Conflict)
    }
    await expect(client.sessions.resumeStream(session, { tools: {} }).accumulate()).rejects.toBeInstanceOf(Conflict)
    await expect(client.sessions.claim(session, { message_ids: Object.keys(decisions) })).rejects.toBeInstanceOf(
      Conflict
    )
  })
})

describe("a run whose tool throws", () => {
  it("keeps what had finished: resume runs the rest", async () => {
    const call = (id: string) => ({ id, name: "tide", arguments: "{}" })
    const { client, session } = await scene([Scripted.toolCalls([call("a"), call("b")]), Scripted.reply("High.")])
    const ran: Array<string> = []
    const tides = (failing?: string) => ({
      tide: tool({
        execute: async (_, { id }) => {
          if (id === failing) throw new TypeError("no tide")
          ran.push(id)
          return id
        }
      })
    })
    await expect(client.sessions.run(session, "?", { tools: tides("a") })).rejects.toThrow("no tide")
    const resumed = await client.sessions.resume(session, { tools: tides() })
    expect(resumed).toMatchObject({ text: "High.", resumed: [{ content: "a" }, { content: "b" }] })
    expect(ran).toEqual(["b", "a"])
  })

  it("lets an abort end the run at once, and keeps what had finished", async () => {
    const call = (id: string) => ({ id, name: "tide", arguments: "{}" })
    const { client, session } = await scene([Scripted.toolCalls([call("a"), call("b")])])
    const controller = new AbortController()
    const tide = tool({ execute: (_, { id }) => (id === "a" ? "high" : new Promise(() => {})) })
    const stream = client.sessions.runStream(session, "?", { tools: { tide } }, { signal: controller.signal })
    const reading = (async () => {
      for await (const { type } of stream) if (type === "tool_result") controller.abort("enough")
    })()
    await expect(reading).rejects.toBe("enough")
    const results = (await client.sessions.history(session)).filter(({ role }) => role === "function")
    expect(results).toMatchObject([{ content: "high", tool_call_id: "a" }])
  })
})

describe("runStream", () => {
  it("has the events of replies and tools, and the outcome", async () => {
    const { client, session } = await scene([asksForTide, Scripted.reply("It is high."), ...script])
    const events: Array<RunEvent> = []
    for await (const event of client.sessions.runStream(session, "?", { tools: { tide } })) events.push(event)
    expect(events.map(deltaText).join("")).toBe("It is high.")
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["reply", "tool_call", "tool_result", "completed"]))
    expect(events.at(-1)).toMatchObject({ type: "completed", run: { text: "It is high." } })
    const run = await client.sessions.runStream(session, "?", { tools: { tide } }).accumulate()
    expect(run).toMatchObject({ status: "completed", text: "High." })
  })
})

describe("toolCalls", () => {
  it("has the calls of a reply, with parsed arguments", async () => {
    const { client, session } = await scene([asksForTide])
    const reply = await client.sessions.chat(session, "?")
    expect(toolCalls(reply)).toEqual([{ id: "call_tide", name: "tide", arguments: { place: "Lagos" } }])
    expect(toolCalls({ response: [[{ role: "assistant", content: '{"name":"tide"}' }]] })).toEqual([])
    expect(toolCalls({ response: [[{ role: "function_call", content: "broken" }]] })).toEqual([])
    const odd = ['{"name":"a"}', '{"name":"b","arguments":"{"}', '{"id":"x","name":"c","arguments":{"d":1}}']
    expect(toolCalls({ response: [odd.map((content) => ({ role: "function_call", content }))] })).toEqual([
      { id: "call_0", name: "a", arguments: {} },
      { id: "call_1", name: "b", arguments: "{" },
      { id: "x", name: "c", arguments: { d: 1 } }
    ])
  })
})
