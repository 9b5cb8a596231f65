/** Runs as the response of a route: what tools got and gave stays on the server, and the status is that of the chat. */
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { type Client, deltaText, tool } from "../../src/promise/index.js"
import { modes, remoteClient } from "./support/clients.js"
import { clientOf, listen, rejection } from "./support/server.js"

const session = async (client: Client): Promise<string> => {
  const agent = await client.agents.create({ name: "Ada" })
  return (await client.sessions.create({ agent_id: agent.id })).id
}

const order = tool({
  input: { type: "object", properties: { number: { type: "integer" } } },
  execute: () => "the result"
})
const tools = { order }
const asks = { calls: [{ name: "order", arguments: { number: 4711 } }] }

const quiet = () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {})
  onTestFinished(() => error.mockRestore())
}

describe("a run", () => {
  it("sends the text of the reply and its end, and nothing of its tools", async () => {
    const client = await remoteClient([asks, "Ahoy there"])
    const response = await client.sessions.runStream(await session(client), "Where?", { tools }).toResponse()
    const body = await response.text()
    expect(body).not.toMatch(/4711|the result|tool_calls|usage|rounds/)
    const events = body.split("\n\n").filter((text) => text.startsWith("data: {"))
    const data = events.map((text) => JSON.parse(text.slice(6)))
    expect(data.map(deltaText).join("")).toBe("Ahoy there")
    expect(data.at(-1)).toEqual({ id: expect.any(String), response: [], finish_reason: "stop" })
    expect(body.endsWith("data: [DONE]\n\n")).toBe(true)
  })

  it("is read by the client of another process as one reply", async () => {
    const client = await remoteClient([asks, "Ahoy there"])
    const id = await session(client)
    const route = await listen(async ({ response }) => {
      const { body, headers, status } = await client.sessions.runStream(id, "Where?", { tools }).toResponse()
      response.writeHead(status, Object.fromEntries(headers))
      for await (const piece of body ?? []) response.write(piece)
      response.end()
    })
    const reply = await clientOf(route).sessions.chatStream(id, "Where?").accumulate()
    expect(reply.response[0].map(({ content }) => content)).toEqual(["Ahoy there"])
    expect(reply.finish_reason).toBe("stop")
  })

  it("that is suspended ends with tool_calls, and map sends more", async () => {
    const client = await remoteClient([asks, "Ahoy", asks])
    const id = await session(client)
    const mapped = client.sessions.runStream(id, "Where?", { tools })
    const whole = await (await mapped.toResponse({ map: (event) => event })).text()
    expect(whole).toMatch(/4711[\s\S]*the result/)
    const waiting = client.sessions.runStream(id, "Where?", { tools, approve: () => "suspend" as const })
    const body = await (await waiting.toResponse()).text()
    expect(body).toMatch(/^data: \{"id":"[^"]+","response":\[\],"finish_reason":"tool_calls"\}\n\ndata: \[DONE\]\n\n$/)
  })
})

describe.each(modes)("opened of a run, %s", (_name, make) => {
  it("resolves to the response of the chat, and rejects with the error of a claim", async () => {
    const client = await make()
    const id = await session(client)
    const run = client.sessions.runStream(id, "Where?", { tools })
    expect((await run.opened()).headers["content-type"]).toContain("text/event-stream")
    expect((await run.accumulate()).status).toBe("completed")
    expect(await rejection(client.sessions.resumeStream(id, { tools }).opened())).toMatchObject({ _tag: "Conflict" })
  })
})

describe("a resumed run", () => {
  it("has the status of its claim", async () => {
    quiet()
    const client = await remoteClient(["Ahoy"])
    const response = await client.sessions.resumeStream(await session(client), { tools }).toResponse()
    expect(response.status).toBe(409)
    expect((await response.json()).error.code).toBe("CALL_ANSWERED")
  })

  it("has the status of its chat, whose tools ran before", async () => {
    quiet()
    const client = await remoteClient([asks, { error: "rate_limited" }])
    const id = await session(client)
    await client.sessions.run(id, "Where?", { tools, approve: () => "suspend" as const })
    const options = { retry: false } as const
    const decisions = Object.fromEntries(
      (await client.sessions.history(id)).map(({ id }) => [id, "allow" as const]).slice(-1)
    )
    const response = await client.sessions.resumeStream(id, { tools, decisions }, options).toResponse()
    expect(response.status).toBe(429)
  })
})
