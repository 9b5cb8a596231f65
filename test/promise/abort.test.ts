/** Aborting a signal stops the request, rejects with the signal's reason, and leaves nothing on the signal. */
import { getEventListeners } from "node:events"
import { describe, expect, it, onTestFinished } from "vitest"
import { Client } from "../../src/promise/index.js"
import { closing, embeddedClient } from "./support/clients.js"
import { clientOf, event, hello, ID, json, listen, rejection, said, sse } from "./support/server.js"

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length

const isAbortError = (error: unknown) => error instanceof DOMException && error.name === "AbortError"

describe("a call", () => {
  it("that is aborted before it begins sends nothing", async () => {
    const server = await listen()
    const client = clientOf(server)
    const signal = AbortSignal.abort()
    expect(isAbortError(await rejection(client.agents.list({}, { signal })))).toBe(true)
    expect(await rejection(client.agents.get(ID, { signal: AbortSignal.abort("enough") }))).toBe("enough")
    expect(isAbortError(await rejection(client.sessions.chatStream(ID, hello, { signal }).accumulate()))).toBe(true)
    const items = client.agents.listAll({}, { signal })[Symbol.asyncIterator]()
    expect(isAbortError(await rejection(items.next()))).toBe(true)
    expect(await items.next()).toEqual({ done: true, value: undefined })
    expect(server.arrived).toHaveLength(0)
    expect(listeners(signal)).toBe(0)
  })

  it("that is aborted while it waits closes the connection and rejects with the reason", async () => {
    const server = await listen()
    const controller = new AbortController()
    const { signal } = controller
    const call = rejection(clientOf(server).sessions.chat(ID, hello, { signal, timeout: "1 minute" }))
    const arrived = await server.next()
    expect(listeners(signal)).toBe(1)
    controller.abort()
    expect(await call).toBe(signal.reason)
    expect(isAbortError(signal.reason)).toBe(true)
    expect(listeners(signal)).toBe(0)
    await arrived.closed
  })

  it("that is aborted between two attempts is not tried again", async () => {
    const server = await listen(({ response }) => json(response, 503, {}))
    const controller = new AbortController()
    const call = rejection(new Client({ apiKey: "k", baseUrl: server.baseUrl }).agents.list({}, controller))
    const { closed } = await server.next()
    await closed
    controller.abort("enough")
    expect(await call).toBe("enough")
    expect(server.arrived).toHaveLength(1)
  })

  it("of an engine reaches the model's endpoint", async () => {
    const model = await listen()
    const client = closing(
      Client.embedded({ storage: "memory", model: { url: `${new URL(model.baseUrl).origin}/v1`, name: "m" } })
    )
    const { id } = await client.sessions.create({ agent_id: (await client.agents.create({ name: "Ada" })).id })
    const controller = new AbortController()
    const call = rejection(client.sessions.chat(id, hello, controller))
    const request = await model.next()
    controller.abort(new Error("enough"))
    expect(await call).toBe(controller.signal.reason)
    await request.closed
    const stream = client.sessions.chatStream(id, hello)[Symbol.asyncIterator]()
    const next = stream.next().then(() => stream.next())
    const streamed = await model.next()
    await stream.return?.()
    await streamed.closed
    expect((await next).done).toBe(true)
  })

  it("shares a start with others, and does not stop it", async () => {
    const client = embeddedClient()
    const controller = new AbortController()
    const aborted = rejection(client.agents.list({}, controller))
    const other = client.agents.list()
    controller.abort()
    expect(isAbortError(await aborted)).toBe(true)
    expect(await other).toEqual([])
  })
})

describe("a stream", () => {
  it("that is aborted while it is waited for closes the connection", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("One"))
    })
    const controller = new AbortController()
    const { signal } = controller
    const stream = clientOf(server).sessions.chatStream(ID, hello, { signal })
    expect(listeners(signal)).toBe(0)
    const items = stream[Symbol.asyncIterator]()
    expect((await items.next()).done).toBe(false)
    const waiting = [rejection(items.next()), items.next()]
    controller.abort()
    expect(await Promise.all(waiting)).toEqual([signal.reason, { done: true, value: undefined }])
    await (await server.next()).closed
    expect(listeners(signal)).toBe(0)
  })

  it("that is aborted between two reads closes the connection at once, and the next read rejects", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("One"))
    })
    const controller = new AbortController()
    const read = async () => {
      for await (const _event of clientOf(server).sessions.chatStream(ID, hello, controller)) {
        controller.abort()
        await (await server.next()).closed
      }
    }
    expect(await rejection(read())).toBe(controller.signal.reason)
    expect(listeners(controller.signal)).toBe(0)
  })

  it("that is aborted while it is put together, or read as a web stream, closes the connection", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("One"))
    })
    const controller = new AbortController()
    const { sessions } = clientOf(server)
    const whole = rejection(sessions.chatStream(ID, hello, controller).accumulate())
    const first = await server.next()
    const reader = sessions.chatStream(ID, hello, controller).toReadableStream().getReader()
    await reader.read()
    const next = rejection(reader.read())
    controller.abort()
    expect(await whole).toBe(controller.signal.reason)
    expect(await next).toBe(controller.signal.reason)
    await Promise.all([first.closed, server.next().then(({ closed }) => closed)])
    expect(listeners(controller.signal)).toBe(0)
  })
})

it("hundreds of calls and streams leave no listener on a shared signal", async () => {
  const server = await listen(({ path, response }, index) => {
    if (path.endsWith("/chat")) {
      sse(response)
      event(response, said("One"))
      if (index % 2 === 0) event(response, said("", "stop"))
    } else if (index % 3 === 0) json(response, 500, {})
    else json(response, 200, { items: [] })
  })
  const client = clientOf(server)
  const { signal } = new AbortController()
  const { sessions } = client
  const ways: ReadonlyArray<() => Promise<unknown>> = [
    () => client.agents.list({}, { signal }),
    () => client.agents.get("no id", { signal }),
    async () => {
      for await (const _event of sessions.chatStream(ID, hello, { signal })) break
    },
    async () => sessions.chatStream(ID, hello, { signal }),
    () => sessions.chatStream(ID, hello, { signal }).toReadableStream().cancel()
  ]
  let most = 0
  for (let round = 0; round < 8; round++) {
    const calls = Array.from({ length: 50 }, (_, index) => ways[index % ways.length]?.().catch(() => {}))
    most = Math.max(most, listeners(signal))
    await Promise.all(calls)
  }
  // One for all of them: Node warns of an eleventh.
  expect(most).toBe(1)
  expect(listeners(signal)).toBe(0)
})

it("nothing rejects behind the caller's back", async () => {
  const unhandled: Array<unknown> = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on("unhandledRejection", note)
  onTestFinished(() => {
    process.off("unhandledRejection", note)
  })
  const server = await listen(({ response }, index) => {
    sse(response)
    event(response, said("One"))
    if (index % 2 === 0) response.destroy()
  })
  const client = clientOf(server)
  // The caller of a read gets its rejection; nothing may reject without a caller.
  const settled = (read: Promise<unknown>) => read.catch(() => {})
  for (let round = 0; round < 10; round++) {
    const controller = new AbortController()
    const stream = () => client.sessions.chatStream(ID, hello, controller)
    stream()
    stream()[Symbol.asyncIterator]()
    stream().toReadableStream()
    const begun = stream()[Symbol.asyncIterator]()
    await settled(begun.next())
    const left = stream()[Symbol.asyncIterator]()
    await settled(left.next())
    await left.return?.()
    const web = stream().toReadableStream().getReader()
    await settled(web.read())
    controller.abort()
  }
  await client.close()
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  expect(unhandled).toEqual([])
})
