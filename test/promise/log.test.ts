/** Where the log of an embedded engine goes. */
import { expect, it, onTestFinished, vi } from "vitest"
import { Client } from "../../src/promise/index.js"
import { closing } from "./support/clients.js"
import { json, listen } from "./support/server.js"

it("goes to stderr, while the engine starts, in calls, in streams and in jobs, because stdout belongs to the program", async () => {
  const server = await listen(({ response }) => json(response, 503, { error: { message: "down" } }))
  const out = [
    vi.spyOn(console, "log").mockImplementation(() => {}),
    vi.spyOn(console, "info").mockImplementation(() => {}),
    vi.spyOn(console, "debug").mockImplementation(() => {}),
    vi.spyOn(process.stdout, "write").mockImplementation(() => true)
  ]
  const lines: Array<string> = []
  const err = vi.spyOn(console, "error").mockImplementation((line) => void lines.push(String(line)))
  onTestFinished(() => [...out, err].forEach((spy) => void spy.mockRestore()))
  const client = closing(Client.embedded({ storage: "memory", model: { url: `${server.baseUrl}/v1`, retry: false } }))
  const agent = await client.agents.create({ name: "Ada" })
  const session = await client.sessions.create({ agent_id: agent.id })
  const messages = [{ role: "user", content: "I live in Lisbon." }] as const
  await client.sessions.chat(session.id, { messages }).catch(() => {})
  await client.sessions
    .chatStream(session.id, { messages })
    .accumulate()
    .catch(() => {})
  await client.close()
  for (const spy of out) expect(spy).not.toHaveBeenCalled()
  // The warning of the start: no name of a model was given.
  expect(lines.join("\n")).toContain("level=WARN")
})
