/** Streams are read once, at the reader's pace, and stop when the reader leaves. */
import * as v8 from "node:v8"
import * as vm from "node:vm"
import { describe, expect, it } from "vitest"
import { InvalidRequest, ServerError } from "../../src/promise/index.js"
import { agent, otherId } from "../support/fixtures.js"
import { say } from "../support/shared.js"
import { clientOf, event, hello, ID, json, listen, rejection, said, sse } from "./support/server.js"

/** The memory in use after a garbage collection. */
const heapInUse = (): number => {
  v8.setFlagsFromString("--expose-gc")
  vm.runInNewContext("gc")()
  return process.memoryUsage().heapUsed
}

const endless = () =>
  listen(({ path, response }) => {
    sse(response)
    event(response, path.startsWith("/v1") ? { choices: [{ delta: { content: "One" } }] } : said("One"))
  })

const whole = () =>
  listen(({ response }) => {
    sse(response)
    for (const text of ["One", "Two", "Three"]) event(response, said(text))
    event(response, said("", "stop"))
    event(response, "[DONE]")
    response.end()
  })

const pages = (count: number) =>
  listen(({ path, response }) => {
    const query = new URL(path, "http://host").searchParams
    const [limit, offset] = [Number(query.get("limit")), Number(query.get("offset"))]
    const length = Math.max(0, Math.min(limit, count - offset))
    const items = Array.from({ length }, (_, index) => ({ ...agent, id: otherId(offset + index) }))
    json(response, 200, { items })
  })

describe("leaving a stream", () => {
  it("by break closes the connection before the loop is left", async () => {
    const server = await endless()
    const client = clientOf(server)
    for await (const _event of client.sessions.chatStream(ID, hello)) break
    await (await server.next()).closed
    for await (const _chunk of client.chat.completions.stream({ messages: [{ role: "user", content: "?" }] })) break
    await (await server.next()).closed
  })

  it("by a throw closes the connection, and what was thrown is what comes out", async () => {
    const server = await endless()
    const read = async () => {
      for await (const _event of clientOf(server).sessions.chatStream(ID, hello)) throw new Error("mine")
    }
    expect(await rejection(read())).toMatchObject({ message: "mine" })
    await (await server.next()).closed
  })

  it("during the wait for an item ends the wait", async () => {
    const server = await endless()
    const items = clientOf(server).sessions.chatStream(ID, hello)[Symbol.asyncIterator]()
    await items.next()
    const waiting = [items.next(), items.next()]
    expect(await items.return?.()).toEqual({ done: true, value: undefined })
    expect((await Promise.all(waiting)).every(({ done }) => done === true)).toBe(true)
    await (await server.next()).closed
    expect((await items.next()).done).toBe(true)
  })

  it("before the response ends the wait, too", async () => {
    const server = await listen()
    const items = clientOf(server).sessions.chatStream(ID, hello)[Symbol.asyncIterator]()
    const waiting = items.next()
    const { closed } = await server.next()
    await items.return?.()
    expect((await waiting).done).toBe(true)
    await closed
  })

  it("that was not started sends nothing", async () => {
    const server = await endless()
    const client = clientOf(server)
    client.sessions.chatStream(ID, hello)
    client.sessions.chatStream(ID, hello).toReadableStream()
    const items = client.agents.listAll()[Symbol.asyncIterator]()
    expect((await items.return?.())?.done).toBe(true)
    expect((await items.next()).done).toBe(true)
    const other = client.agents.listAll()[Symbol.asyncIterator]()
    expect(await rejection(other.throw?.(new Error("mine")) ?? Promise.resolve())).toMatchObject({ message: "mine" })
    await client.close()
    expect(server.arrived).toHaveLength(0)
  })

  it("by cancelling a web stream closes the connection", async () => {
    const server = await endless()
    const web = clientOf(server).sessions.chatStream(ID, hello).toReadableStream()
    const reader = web.getReader()
    expect((await reader.read()).value?.response).toEqual([[{ role: "assistant", content: "One" }]])
    const waiting = reader.read()
    await reader.cancel()
    expect((await waiting).done).toBe(true)
    await (await server.next()).closed
  })
})

describe("reading a stream", () => {
  it("gives items that were requested together in order", async () => {
    const items = clientOf(await whole())
      .sessions.chatStream(ID, hello)
      [Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 6 }, () => items.next()))
    expect(results.map(({ done, value }) => (done === true ? "done" : value.response[0]?.[0]?.content))).toEqual([
      "One",
      "Two",
      "Three",
      "",
      "done",
      "done"
    ])
  })

  it("twice is refused: it would be a second request", async () => {
    const server = await whole()
    const stream = clientOf(server).sessions.chatStream(ID, hello)
    await stream.accumulate()
    expect(await rejection(stream.accumulate())).toBeInstanceOf(InvalidRequest)
    expect(() => stream.toReadableStream()).toThrow("was read before")
    expect(() => stream[Symbol.asyncIterator]()).toThrow(InvalidRequest)
    expect(server.arrived).toHaveLength(1)
  })

  it("requests a page when the one before has been read", async () => {
    const server = await pages(5)
    const items = clientOf(server).agents.listAll({ limit: 2 })[Symbol.asyncIterator]()
    expect(server.arrived).toHaveLength(0)
    for (let read = 1; read <= 2; read++) await items.next()
    expect(server.arrived).toHaveLength(1)
    await items.next()
    expect(server.arrived).toHaveLength(2)
    for (let read = 4; read <= 5; read++) await items.next()
    expect(server.arrived).toHaveLength(3)
    expect((await items.next()).done).toBe(true)
    const reader = clientOf(server).agents.listAll({ limit: 2 }).toReadableStream().getReader()
    expect(server.arrived).toHaveLength(3)
    await reader.read()
    expect(server.arrived).toHaveLength(4)
    await reader.cancel()
  })

  it("fails once, and then it is over", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("One"))
      event(response, { error: { message: "the model is away", code: 503 } })
      response.end()
    })
    const items = clientOf(server).sessions.chatStream(ID, hello)[Symbol.asyncIterator]()
    await items.next()
    const error = await rejection(items.next())
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ message: expect.stringContaining("the model is away") })
    expect((await items.next()).done).toBe(true)
  })

  it("many times (SOAK=n) and leaving early holds no connection and no memory", { timeout: 300_000 }, async () => {
    const rounds = Math.ceil(Number(process.env["SOAK"] ?? 200) / 50)
    const server = await endless()
    const client = clientOf(server)
    const heaps: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          for await (const _event of client.sessions.chatStream(ID, hello)) break
        })
      )
      expect(server.arrived).toHaveLength(50)
      await Promise.all(server.arrived.map(({ closed }) => closed))
      server.forget()
      if (round === Math.floor(rounds / 2) || round === rounds - 1) heaps.push(heapInUse())
    }
    // A response is closed a moment before its connection is no longer counted.
    while ((await server.connections()) > 0) await new Promise(setImmediate)
    const [half = 0, end = 0] = heaps
    const kept = (end - half) / (rounds * 25)
    say(`promise: ${rounds * 50} abandoned streams, ${kept.toFixed(0)} bytes of heap kept by each of the later half`)
    // Of few streams nothing can be said: one collection more or less outweighs them.
    if (rounds >= 40) expect(kept).toBeLessThan(1000)
  })
})
