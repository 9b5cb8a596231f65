/**
 * Tests of a program that uses the client: with an engine in memory whose model follows a script, with a mock, and with a
 * stubbed `fetch`. `npm run examples` runs them with vitest.
 */
import { Client, messageText, NotFound, type Sessions } from "effect-julep/promise"
import { entities, reply, TestClient } from "effect-julep/testing"
import { expect, it } from "vitest"

const { id } = entities.agent()

/** The code under test: it gets or creates an agent and asks it a question. */
const ask = async (client: Client, question: string): Promise<string> => {
  const agent = await client.agents.get(id).catch((error: unknown) => {
    if (error instanceof NotFound) {
      return client.agents.create({ name: "Ada", docs: [{ title: "Portugal", content: "The capital is Lisbon." }] })
    }
    throw error
  })
  const session = await client.sessions.create({ agent_id: agent.id })
  return messageText(await client.sessions.chat(session.id, question))
}

it("uses an engine in memory whose model follows a script", async () => {
  await using client = new TestClient({ script: ["Lisbon"] })
  expect(await ask(client, "What is the capital?")).toBe("Lisbon")
  expect(client.requests[0]?.messages.at(-1)?.content).toContain("The capital is Lisbon.")
})

it("fails as its model does", async () => {
  await using client = new TestClient({ script: [{ error: "rate_limited", retryAfter: 7 }] })
  await expect(ask(client, "Hello?")).rejects.toMatchObject({ _tag: "RateLimited", retryAfter: 7 })
})

it("uses a mock where it needs one method", async () => {
  const greet = async (sessions: Pick<Sessions, "chat">) => messageText(await sessions.chat("any", "Hello"))
  expect(await greet({ chat: async () => reply("Hi") })).toBe("Hi")
})

it("uses a server that answers from a table", async () => {
  const requests: Array<string> = []
  const table: Readonly<Record<string, unknown>> = { "GET /api/agents": { items: [] } }
  const client = new Client({
    apiKey: "test",
    baseUrl: "http://stub.test/api",
    retry: false,
    fetch: async (input, init) => {
      const key = `${init?.method} ${new URL(String(input)).pathname}`
      requests.push(key)
      return key in table ? Response.json(table[key]) : Response.json({ error: { message: "None" } }, { status: 404 })
    }
  })
  expect(await client.agents.list()).toEqual([])
  await expect(client.agents.get(id)).rejects.toMatchObject({ _tag: "NotFound", status: 404 })
  expect(requests).toEqual(["GET /api/agents", `GET /api/agents/${id}`])
})
