/** Scripts of plain values, in both APIs: what the model replies, what it was sent, and how it fails. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { onTestFinished } from "vitest"
import { deltaText, Julep, messageText, toolCalls } from "../../src/index.js"
import { drain, layerMemory, requests, Scripted, TestClient, type TestClientOptions } from "../../src/testing/index.js"

const testClient = (options?: TestClientOptions): TestClient => {
  const client = new TestClient(options)
  onTestFinished(() => client.close())
  return client
}

const sessionOf = async (client: TestClient): Promise<string> => {
  const agent = await client.agents.create({ name: "Ada", instructions: ["Be brief."] })
  return (await client.sessions.create({ agent_id: agent.id })).id
}

const opened = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  const { id } = yield* julep.sessions.create({ agent_id: agent.id })
  return { sessions: julep.sessions, id }
})

const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }

const script: Scripted.Script = [
  "Lisbon",
  {
    calls: [
      { name: "tide", arguments: { place: "Lagos" } },
      { name: "tide", arguments: "{", id: "own" },
      { name: "tide" }
    ]
  },
  { text: "Cut", finish_reason: "length", usage },
  { error: "rate_limited", retryAfter: 7, message: "Slow down" },
  ({ messages }, index) => `${index}: ${messages.at(-1)?.role}`,
  () => Promise.resolve({ text: "later" }),
  () => Scripted.pieces(["Once ", "upon"], "a time")
]

describe("a script of plain values", () => {
  it("with promises", async () => {
    const client = testClient({ script })
    const session = await sessionOf(client)
    const chat = (text = "?") => client.sessions.chat(session, text)
    expect(messageText(await chat("What is the capital?"))).toBe("Lisbon")
    const [request] = client.requests
    expect(request?.messages.map(({ role }) => role)).toEqual(["system", "user"])
    expect(request?.messages[0]?.content).toContain("Be brief.")
    const calling = await chat()
    expect(calling.finish_reason).toBe("tool_calls")
    expect(toolCalls(calling)).toEqual([
      { id: "call_tide", name: "tide", arguments: { place: "Lagos" } },
      { id: "own", name: "tide", arguments: "{" },
      { id: "call_tide_3", name: "tide", arguments: {} }
    ])
    expect(await chat()).toMatchObject({ finish_reason: "length", usage })
    await expect(chat()).rejects.toMatchObject({ _tag: "RateLimited", retryAfter: 7 })
    expect(messageText(await chat())).toBe("4: user")
    expect(messageText(await chat())).toBe("later")
    const events: Array<string> = []
    for await (const event of client.sessions.chatStream(session, "?")) events.push(deltaText(event))
    expect(events.filter((text) => text !== "")).toEqual(["Once ", "upon", "a", " time"])
    await expect(chat()).rejects.toMatchObject({
      _tag: "ServerError",
      message: expect.stringContaining("The script of the model has 7 steps")
    })
    expect(client.requests).toHaveLength(8)
  })

  it.effect("with effects", () =>
    Effect.gen(function* () {
      const { id, sessions } = yield* opened
      expect(messageText(yield* sessions.chat(id, "?"))).toBe("Lisbon")
      expect(toolCalls(yield* sessions.chat(id, "?"))).toHaveLength(3)
      expect(yield* sessions.chat(id, "?")).toMatchObject({ usage })
      expect(yield* Effect.flip(sessions.chat(id, "?"))).toMatchObject({ _tag: "RateLimited", retryAfter: 7 })
      const text = (stream: typeof sessions.chatStream) =>
        Stream.runFold(stream(id, "?"), "", (sum, event) => sum + deltaText(event))
      expect(yield* text(sessions.chatStream)).toBe("4: user")
      expect(yield* text(sessions.chatStream)).toBe("later")
      expect(messageText(yield* sessions.chat(id, "?"))).toBe("Once upona time")
      expect(yield* requests).toHaveLength(7)
    }).pipe(Effect.provide(layerMemory({ script })))
  )

  it("is one function of the request, and replies ok by default", async () => {
    const client = testClient({ script: async ({ messages }) => String(messages.at(-1)?.content).toUpperCase() })
    expect(client.requests).toEqual([])
    expect(messageText(await client.sessions.chat(await sessionOf(client), "echo"))).toContain("ECHO")
    const other = testClient()
    expect(messageText(await other.sessions.chat(await sessionOf(other), "?"))).toBe("ok")
  })
})

describe("engine options", () => {
  /** Two texts of one meaning have one direction, of any length. */
  const embedder = (text: string) => (/car|automobile/.test(text) ? [3, 0] : [0, 5])
  const docs = [{ title: "", content: ["automobiles for sale", "trains to Lisbon"] }]

  it("embeddings and drain, with promises", async () => {
    const client = testClient({ embedder, contextWindow: 4096, developer: "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10" })
    await client.drain()
    const { id, jobs } = await client.agents.create({ name: "Ada", docs })
    const session = await client.sessions.create({ agent_id: id })
    await client.drain()
    for (const job of jobs) expect((await client.jobs.get(job)).state).toBe("succeeded")
    const reply = await client.sessions.chat(session.id, "car")
    expect(reply.recalled?.snippets.map(({ content }) => content)[0]).toBe("automobiles for sale")
    const headers = { "x-developer-id": "0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70" }
    expect(await client.agents.list({}, { headers })).toEqual([])
  })

  it.effect("embeddings and drain, with effects", () =>
    Effect.gen(function* () {
      const { agents, sessions } = yield* Julep
      const { id } = yield* agents.create({ name: "Ada", docs })
      const session = yield* sessions.create({ agent_id: id })
      yield* drain
      const reply = yield* sessions.chat(session.id, "car")
      expect(reply.recalled?.snippets.map(({ content }) => content)[0]).toBe("automobiles for sale")
    }).pipe(Effect.provide(layerMemory({ embedder })))
  )

  it("wrong ones reject the first call", async () => {
    await expect(testClient({ jobConcurrency: 0 }).agents.list()).rejects.toMatchObject({ _tag: "JulepConfigError" })
  })
})
