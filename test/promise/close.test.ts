/** Closing a client stops what is in flight, waits for it, and leaves nothing that keeps the process alive. */
import { execFile } from "node:child_process"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { Client, InvalidRequest } from "../../src/promise/index.js"
import { programFile } from "../support/programs.js"
import { embeddedClient } from "./support/clients.js"
import { clientOf, event, hello, ID, json, listen, rejection, said, sse } from "./support/server.js"

const root = fileURLToPath(new URL("../../", import.meta.url))
const client = pathToFileURL(programFile("src/promise/index")).href

describe("close", () => {
  it("closes once, and every caller waits for it", async () => {
    const client = embeddedClient()
    await client.agents.create({ name: "Ada" })
    await Promise.all([client.close(), client.close()])
    await client.close()
    expect(await rejection(client.agents.list())).toBeInstanceOf(InvalidRequest)
    expect(await rejection(client.agents.list())).toMatchObject({ message: expect.stringContaining("is closed") })
    expect(await rejection(client.sessions.chatStream(ID, hello).accumulate())).toBeInstanceOf(InvalidRequest)
    expect(await rejection(client.agents.listAll()[Symbol.asyncIterator]().next())).toBeInstanceOf(InvalidRequest)
  })

  it("of a client that was never used does nothing", async () => {
    const client = Client.embedded({ storage: "memory" })
    await client.close()
    expect(await rejection(client.agents.list())).toBeInstanceOf(InvalidRequest)
  })

  it("while the engine starts waits for it and closes it", async () => {
    const client = Client.embedded({ storage: "memory", model: "offline" })
    const call = rejection(client.agents.list())
    await client.close()
    expect(await call).toBeInstanceOf(InvalidRequest)
    const broken = Client.embedded({ storage: "memory", model: { url: "nowhere" } })
    const rejected = rejection(broken.agents.list())
    await broken.close()
    expect(await rejected).toBeInstanceOf(Error)
  })

  it("stops calls and streams in flight", async () => {
    const server = await listen(({ path, response }) => {
      if (!path.endsWith("/chat")) return
      sse(response)
      event(response, said("One"))
    })
    const client = clientOf(server)
    const call = rejection(client.agents.list())
    const read = client.sessions.chatStream(ID, hello)[Symbol.asyncIterator]()
    await read.next()
    const waiting = client.sessions.chatStream(ID, hello)[Symbol.asyncIterator]()
    await waiting.next()
    const next = rejection(waiting.next())
    await client.close()
    for (const reason of [await call, await next, await rejection(read.next())]) {
      expect(reason).toBeInstanceOf(InvalidRequest)
    }
    await Promise.all(server.arrived.map(({ closed }) => closed))
    expect(server.arrived).toHaveLength(3)
  })

  it("inside a loop over a stream ends the loop", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("One"))
    })
    const client = clientOf(server)
    const read = async () => {
      for await (const _event of client.sessions.chatStream(ID, hello)) await client.close()
    }
    expect(await rejection(read())).toBeInstanceOf(InvalidRequest)
  })

  it("is what `await using` does", async () => {
    const client = embeddedClient()
    await client.agents.list()
    await client[Symbol.asyncDispose]()
    expect(await rejection(client.agents.list())).toBeInstanceOf(InvalidRequest)
  })
})

describe("a process", () => {
  /** Runs a program over the sources. It must end by itself: the limit is for one that does not. */
  const run = (code: string, environment: Readonly<Record<string, string>> = {}) => {
    const program = `import { Client } from "${client}"
      const main = async () => { ${code} }
      main().then(() => { const at = Date.now(); process.on("exit", () => console.log("lingered", Date.now() - at)) })`
    return promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: root,
      env: { ...process.env, ...environment },
      timeout: 30_000
    })
  }

  const lingered = (stdout: string) => Number(/lingered (\d+)/.exec(stdout)?.[1])

  it("ends promptly after an engine is closed", { timeout: 40_000 }, async () => {
    const { stdout } = await run(`
      const client = Client.embedded({ storage: "memory", model: "offline" })
      const agent = await client.agents.create({ name: "Ada", docs: [{ title: "Tea", content: "Four minutes." }] })
      const session = await client.sessions.create({ agent_id: agent.id })
      const chat = client.sessions.chatStream(session.id, { messages: [{ role: "user", content: "Tea?" }] })
      for await (const event of chat) break
      await client.close()
      console.log("closed")`)
    expect(stdout).toContain("closed")
    expect(lingered(stdout)).toBeLessThan(2000)
  })

  it("is not kept alive by an engine that was not closed, and prints nothing of its own", {
    timeout: 40_000
  }, async () => {
    const { stdout } = await run(`
      const client = Client.embedded({ storage: "memory", model: "offline" })
      const agent = await client.agents.create({ name: "Ada", docs: [{ title: "Tea", content: "Four minutes." }] })
      const session = await client.sessions.create({ agent_id: agent.id })
      await client.sessions.chat(session.id, { messages: [{ role: "user", content: "Tea?" }] })
      console.log("left open")`)
    expect(stdout).toMatch(/^left open/)
    expect(lingered(stdout)).toBeLessThan(2000)
  })

  it("ends promptly without closing a client of a server", { timeout: 40_000 }, async () => {
    const server = await listen(({ path, response }) => {
      if (!path.endsWith("/chat")) return json(response, 200, { items: [] })
      sse(response)
      event(response, said("One"))
    })
    const { stdout } = await run(
      `
      const client = new Client()
      await client.agents.list()
      for await (const event of client.sessions.chatStream("${ID}", { messages: [{ role: "user", content: "?" }] })) break
      client.agents.listAll()
      console.log("done")`,
      { JULEP_API_KEY: "k", JULEP_API_URL: server.baseUrl }
    )
    expect(stdout).toContain("done")
    expect(lingered(stdout)).toBeLessThan(2000)
    expect(server.arrived).toHaveLength(2)
  })
})
