/**
 * Tests of a program that uses the client: with an engine in memory, and with a stubbed `fetch`.
 * `npm run examples` runs them with vitest.
 */
import { Client, messageText, NotFound } from "effect-julep/promise"
import { expect, it } from "vitest"

/** The code under test: it gets or creates an agent and asks it a question. */
const ask = async (client: Client, id: string, question: string): Promise<string> => {
  const agent = await client.agents.get(id).catch((error: unknown) => {
    if (error instanceof NotFound) {
      return client.agents.create({ name: "Ada", docs: [{ title: "Portugal", content: "The capital is Lisbon." }] })
    }
    throw error
  })
  const session = await client.sessions.create({ agent_id: agent.id })
  const reply = await client.sessions.chat(session.id, question)
  return messageText(reply)
}

const unknown = "00000000-0000-4000-8000-000000000000"

it("uses an engine in memory with the offline model", async () => {
  const client = Client.embedded({ storage: "memory" })
  try {
    expect(await ask(client, unknown, "What is the capital?")).toContain("Lisbon")
    expect((await client.agents.list()).map(({ name }) => name)).toEqual(["Ada"])
  } finally {
    await client.close()
  }
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
  await expect(ask(client, unknown, "Hello?")).rejects.toMatchObject({ _tag: "NotFound", status: 404 })
  expect(requests).toEqual(["GET /api/agents", `GET /api/agents/${unknown}`, "POST /api/agents"])
})
