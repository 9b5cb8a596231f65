/** A stream as the response of a route: its status is right, and a browser that leaves stops the turn. */
import { describe, expect, it, vi } from "vitest"
import * as Scripted from "../../src/layers/Scripted.js"
import { type Client, deltaText, NotFound, RateLimited, ServerError } from "../../src/promise/index.js"
import { remoteClient } from "./support/clients.js"
import { clientOf, deserted, event, hello, ID, json, listen, rejection, said, sse } from "./support/server.js"

const session = async (client: Client): Promise<string> => {
  const agent = await client.agents.create({ name: "Ada" })
  return (await client.sessions.create({ agent_id: agent.id })).id
}

/** The data of the events of a body. */
const dataOf = async (response: Response): Promise<ReadonlyArray<unknown>> =>
  (await response.text())
    .split("\n\n")
    .flatMap((text) => (text.startsWith("data: ") ? [text.slice(6)] : []))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)))

const streaming = (...events: ReadonlyArray<unknown>) =>
  listen(({ response }) => {
    sse(response)
    for (const each of events) event(response, each)
    response.end()
  })

const answering = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  listen(({ response }) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    json(response, status, { error: { message: "not so", code: "CODE" }, detail: "not so" })
  })

describe("opened", () => {
  it("resolves to the response before an event is read, and what reads the stream then sends nothing more", async () => {
    const server = await listen(({ response }) => {
      response.setHeader("x-request-id", "req-7")
      sse(response)
    })
    const stream = clientOf(server).sessions.chatStream(ID, hello)
    expect(await stream.opened()).toMatchObject({ status: 200, requestId: "req-7" })
    expect(await stream.opened()).toMatchObject({ status: 200 })
    const { response } = await server.next()
    for (const each of [said("One"), said("", "stop"), "[DONE]"]) event(response, each)
    response.end()
    const reply = await stream.accumulate()
    expect(reply.response[0].map(({ content }) => content).join("")).toBe("One")
    expect(server.arrived).toHaveLength(1)
  })

  it("rejects with the error of the status, and so does what reads the stream", async () => {
    const stream = clientOf(await answering(404)).sessions.chatStream(ID, hello)
    expect(await rejection(stream.opened())).toBeInstanceOf(NotFound)
    expect(await rejection(stream.opened())).toBeInstanceOf(NotFound)
    expect(await rejection(stream.accumulate())).toBeInstanceOf(NotFound)
  })

  it("waits for the attempt that succeeds", async () => {
    const server = await listen(({ response }, index) => {
      if (index === 0) json(response, 503, {})
      else sse(response)
    })
    const retry = { times: 1, baseDelay: 1, maxDelay: 1, maxRetryAfter: 1, retries: () => true }
    const stream = clientOf(server).sessions.chatStream(ID, hello, { retry, idempotencyKey: "k" })
    const opened = stream.opened()
    await server.next()
    event((await server.next()).response, said("One"))
    expect(await opened).toMatchObject({ status: 200 })
    await stream[Symbol.asyncIterator]().return?.()
  })

  it("rejects when the stream is left or aborted before", async () => {
    const server = await listen()
    const stream = clientOf(server).sessions.chatStream(ID, hello)
    const opened = rejection(stream.opened())
    const { closed } = await server.next()
    await stream[Symbol.asyncIterator]().return?.()
    expect(await opened).toMatchObject({ _tag: "InvalidRequest" })
    await closed
    const controller = new AbortController()
    const aborted = rejection(clientOf(server).sessions.chatStream(ID, hello, controller).opened())
    await server.next()
    controller.abort(new Error("gone"))
    expect(await aborted).toMatchObject({ message: "gone" })
  })
})

describe("toResponse", () => {
  it("is the events of the API, with [DONE] at the end", async () => {
    const recalled = {
      snippets: [],
      memories: [],
      messages: [
        { id: ID, session_id: ID, role: "user", content: "x", created_at: "2031-04-05T06:07:08.250Z", score: 1 }
      ]
    }
    const events = [{ ...said("Ahoy"), recalled }, said(" there"), said("", "stop")]
    const stream = clientOf(await streaming(...events, "[DONE]")).sessions.chatStream(ID, hello)
    const response = await stream.toResponse({ headers: { "x-mine": "1", "cache-control": "no-store" } })
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      "x-mine": "1"
    })
    expect(await dataOf(response)).toEqual([...events, "[DONE]"])
  })

  it("has what map makes of the events, and leaves out those that it makes undefined", async () => {
    const events = [said("Ahoy"), said(""), said(" there"), said("", "stop"), "[DONE]"]
    const stream = clientOf(await streaming(...events)).sessions.chatStream(ID, hello)
    const response = await stream.toResponse({ map: (event) => deltaText(event) || undefined })
    expect(await dataOf(response)).toEqual(["Ahoy", " there", "[DONE]"])
  })

  it("ends with a failure, and stops the turn, if map throws", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("Ahoy"))
    })
    const onError = vi.fn()
    const stream = clientOf(server).sessions.chatStream(ID, hello)
    const response = await stream.toResponse({ map: () => BigInt(1), onError })
    const { closed } = await server.next()
    expect(await dataOf(response)).toMatchObject([{ error: { status: 500 } }])
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError))
    await closed
  })

  it("is read by the client of another process", async () => {
    const client = await remoteClient([Scripted.reply("Ahoy there")])
    const id = await session(client)
    const route = await listen(async ({ response }) => {
      const { body, headers, status } = await client.sessions.chatStream(id, "Hello").toResponse()
      response.writeHead(status, Object.fromEntries(headers))
      for await (const piece of body ?? []) response.write(piece)
      response.end()
    })
    const reply = await clientOf(route).sessions.chatStream(ID, hello).accumulate()
    expect(reply.response[0].map(({ content }) => content)).toEqual(["Ahoy there"])
    expect(reply).toMatchObject({ finish_reason: "stop", usage: { total_tokens: expect.any(Number) } })
  })

  it.each([
    [400, 400],
    [401, 502],
    [404, 404],
    [409, 409],
    [413, 413],
    [418, 502],
    [422, 422],
    [429, 429],
    [500, 500],
    [503, 503]
  ])("of a request that fails with %i has the status %i and the API's error", async (status, expected) => {
    const stream = clientOf(await answering(status, { "retry-after": "7" })).sessions.chatStream(ID, hello)
    const onError = vi.fn()
    const response = await stream.toResponse({ onError })
    expect(response.status).toBe(expected)
    expect(response.headers.get("content-type")).toBe("application/json")
    expect(response.headers.get("retry-after")).toBe([429, 500, 503].includes(status) ? "7" : null)
    const body = await response.json()
    expect(body).toMatchObject({ error: { message: body.detail, code: "CODE" } })
    // The details of a failure that is not the browser's stay on the server.
    expect(body.detail.includes("not so")).toBe(expected < 500)
    expect(onError.mock.calls).toMatchObject([[{ message: expect.stringContaining("not so"), status }]])
  })

  it("says what failed behind a server error", async () => {
    const server = await listen(({ response }) => json(response, 502, { error: { message: "m", reason: "model-key" } }))
    const response = await clientOf(server).sessions.chatStream(ID, hello).toResponse()
    expect(await response.json()).toMatchObject({ error: { reason: "model-key" } })
  })

  it("is 422 for what was not sent, 502 without a connection, and rejects where the request did not fail", async () => {
    const server = await listen()
    const client = clientOf(server)
    const invalid = await client.sessions.chatStream("no id", hello).toResponse()
    expect([invalid.status, (await invalid.json()).error.issues]).toMatchObject([422, [{ path: "session_id" }]])
    const baseUrl = await deserted()
    const lost = clientOf({ ...server, baseUrl }).sessions.chatStream(ID, hello)
    expect((await lost.toResponse()).status).toBe(502)
    const aborted = AbortSignal.abort(new Error("gone"))
    const stream = client.sessions.chatStream(ID, hello, { signal: aborted })
    expect(await rejection(stream.toResponse())).toMatchObject({ message: "gone" })
    expect(await rejection(stream.toResponse())).toMatchObject({ message: expect.stringContaining("read before") })
  })

  it("ends with the error of a failure midway, which the server gets whole", async () => {
    const failed = { error: { message: "the secret model is away", code: "MODEL", status: 502, reason: "engine" } }
    const limited = { error: { message: "slow down", status: 429, retry_after: 3 } }
    for (const [failure, Class, shown] of [
      [failed, ServerError, { code: "MODEL", status: 502, reason: "engine" }],
      [limited, RateLimited, { status: 429, retry_after: 3 }]
    ] as const) {
      const onError = vi.fn()
      const stream = clientOf(await streaming(said("One"), failure)).sessions.chatStream(ID, hello)
      const data = await dataOf(await stream.toResponse({ onError }))
      expect(data).toMatchObject([said("One"), { error: shown, detail: expect.any(String) }])
      expect(JSON.stringify(data)).not.toContain("secret")
      expect(onError.mock.calls[0]?.[0]).toBeInstanceOf(Class)
      expect(onError).toHaveBeenCalledTimes(1)
    }
  })

  it("ends with an error where the server closes the stream early", async () => {
    const data = await dataOf(
      await clientOf(await streaming(said("One")))
        .sessions.chatStream(ID, hello)
        .toResponse()
    )
    expect(data).toMatchObject([said("One"), { error: { status: 502 } }])
  })

  it("that is cancelled stops the turn, also while it waits for an event", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("One"))
    })
    const onError = vi.fn()
    const response = await clientOf(server).sessions.chatStream(ID, hello).toResponse({ onError })
    const reader = response.body?.getReader()
    await reader?.read()
    const waiting = reader?.read()
    await reader?.cancel()
    expect((await waiting)?.done).toBe(true)
    await (await server.next()).closed
    expect(onError).not.toHaveBeenCalled()
  })

  it("of a silent stream has a comment every 15 seconds", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] })
    try {
      const server = await listen(({ response }) => sse(response))
      const response = await clientOf(server).sessions.chatStream(ID, hello).toResponse()
      const reader = response.body?.getReader()
      const read = async () => new TextDecoder().decode((await reader?.read())?.value)
      const first = read()
      vi.advanceTimersByTime(15_000)
      expect(await first).toBe(": keep-alive\n\n")
      const second = read()
      vi.advanceTimersByTime(15_000)
      expect(await second).toBe(": keep-alive\n\n")
      await reader?.cancel()
    } finally {
      vi.useRealTimers()
    }
  })
})
