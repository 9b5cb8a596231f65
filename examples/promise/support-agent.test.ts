/** The support agent without a network: a script stands in for the model. The offline model answers the last tests. */
import { Client } from "effect-julep/promise"
import { entities, TestClient } from "effect-julep/testing"
import { expect, it, vi } from "vitest"
import { pieces } from "../support/pieces.js"
import { supportAgent } from "./support-agent.js"

const textOf = async (response: Response) => {
  let text = ""
  for await (const piece of pieces(response)) text += piece
  return text
}

it("gives the model its docs, runs its tool, and keeps what the tool returned on the server", async () => {
  const call = { name: "order_status", arguments: { order_number: 1042 } }
  await using client = new TestClient({ script: [{ calls: [call] }, "It is shipped."] })
  const support = await supportAgent(client)
  const response = await support.chat(await support.open(), "May I return order 1042?")
  const body = await response.text()
  expect(body).toContain('"content":" shipped."')
  expect(body).not.toMatch(/1042|Thursday/)

  const [first, second] = client.requests
  expect(first?.tools.map(({ name }) => name)).toEqual(["order_status"])
  expect(first?.messages.at(-1)?.content).toContain("within 30 days")
  expect(second?.messages.at(-1)?.content).toContain("Thursday")
})

it("makes a ticket, and asks again for one that does not fit", async () => {
  const script = ['{ "order_number": "1042", "priority": "high" }', '{ "order_number": 1042, "priority": "high" }']
  await using client = new TestClient({ script })
  const support = await supportAgent(client)
  const ticket = await support.ticket(await support.open(), "Order 1042 arrived open.")
  expect(ticket).toEqual({ order_number: 1042, priority: "high" })
})

it("answers with the status of a failure, also of its model", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {})
  await using client = new TestClient({ script: [{ error: "rate_limited", retryAfter: 7 }] })
  const support = await supportAgent(client)
  expect((await support.chat(entities.session().id, "Hello?")).status).toBe(404)
  expect((await support.chat("1042", "Hello?")).status).toBe(422)
  const limited = await support.chat(await support.open(), "Hello?")
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"])
})

it("is one agent, however often the program starts, and answers from its docs", async () => {
  await using client = Client.embedded({ storage: "memory" })
  await supportAgent(client)
  const support = await supportAgent(client)
  expect(await client.agents.list()).toHaveLength(1)
  expect(await textOf(await support.chat(await support.open(), "How long can I return a bag?"))).toContain("30 days")
})
