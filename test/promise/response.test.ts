/** A stream as the response of a route: its status is right, and a browser that leaves stops the turn. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import * as Scripted from "../../src/layers/Scripted.js"
import {
  type Client,
  deltaText,
  errorResponse,
  InvalidObject,
  MaxRoundsExceeded,
  NotFound,
  RateLimited,
  ServerError
} from "../../src/promise/index.js"
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
    json(response, status, { error: { message: "model.internal says no", code: "CODE" } })
  })

const logged = vi.spyOn(console, "error")

beforeEach(() => {
  logged.mockReset()
  logged.mockImplementation(() => {})
})
afterEach(() => logged.mockReset())

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
    const retry = { times: 1, baseDelay: 1, maxDelay: 1, maxRetryAfter: 1, while: () => true }
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
  it("is the text of the reply in events of the API, with [DONE] at the end", async () => {
    const recalled = {
      snippets: [],
      memories: [],
      messages: [
        { id: ID, session_id: ID, role: "user", content: "x", created_at: "2031-04-05T06:07:08.250Z", score: 1 }
      ]
    }
    const first = { id: ID, response: [[]], finish_reason: null, recalled }
    const call = { id: ID, response: [[{ role: "function_call", content: "{}" }]], finish_reason: null }
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    const events = [first, { ...said("Ahoy"), recalled }, call, said(" there"), { ...said("", "stop"), usage }]
    const stream = clientOf(await streaming(...events, "[DONE]")).sessions.chatStream(ID, hello)
    const response = await stream.toResponse({ headers: { "x-mine": "1", "cache-control": "no-store" } })
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      "x-mine": "1"
    })
    expect(await dataOf(response)).toEqual([said("Ahoy"), said(" there"), said("", "stop"), "[DONE]"])
  })

  it("of a completion is its text", async () => {
    const tool_calls = [{ index: 0, id: "a", type: "function", function: { name: "f", arguments: "secret" } }]
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason }]
    })
    const server = await streaming(chunk({ content: "Ahoy" }), chunk({ tool_calls }, "tool_calls"), "[DONE]")
    const data = await dataOf(await clientOf(server).chat.completions.stream(hello).toResponse())
    const shown = { id: "c", object: "chat.completion.chunk", created: 1 }
    expect(data).toEqual([
      { ...shown, choices: [{ index: 0, delta: { content: "Ahoy" }, finish_reason: null }] },
      { ...shown, choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] },
      "[DONE]"
    ])
  })

  it("of a typed answer is the object", async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    const server = await streaming(said('{"a":1'), { ...said("}", "stop"), usage }, "[DONE]")
    const stream = clientOf(server).sessions.chatObjectStream(ID, hello, { type: "object" })
    expect(await dataOf(await stream.toResponse())).toEqual([
      { done: false, object: {} },
      { done: false, object: { a: 1 } },
      { done: true, object: { a: 1 } },
      "[DONE]"
    ])
  })

  it.each([204, 205, 304, 101, 600, 200.5, Number.NaN])(
    "refuses the status %s before it sends anything",
    async (status) => {
      const server = await streaming(said("Ahoy", "stop"), "[DONE]")
      const stream = clientOf(server).sessions.chatStream(ID, hello)
      const message = expect.stringContaining(`200 to 599 that allows a body, not ${status}`)
      expect(await rejection(stream.toResponse({ status }))).toMatchObject({ _tag: "InvalidRequest", message })
      expect(server.arrived).toEqual([])
      expect((await stream.toResponse({ status: 201 })).status).toBe(201)
    }
  )

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
    const reader = response.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    expect(new TextDecoder().decode(value)).toMatch(/^data: \{"error":\{"message":"The server .*"status":500\}/)
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError))
    await closed
    expect((await reader?.read())?.done).toBe(true)
  })

  it("logs a failure once, without the key, before the response and midway", async () => {
    const failure = { error: { message: "no sk-secret-0123456789", status: 502 } }
    for (const events of [[failure], [said("One"), failure]]) {
      logged.mockClear()
      const response = await clientOf(await streaming(...events))
        .sessions.chatStream(ID, hello)
        .toResponse()
      expect(await response.text()).toContain('"status":502')
      expect(logged).toHaveBeenCalledTimes(1)
      const [line] = logged.mock.calls.flat()
      expect(line).toMatch(/level=ERROR.*cause=.*no <redacted>/)
      expect(line).not.toContain("secret")
    }
  })

  it.each([
    [
      "throws",
      () => {
        throw new Error("in onError")
      }
    ],
    ["rejects", async () => Promise.reject(new Error("in onError"))]
  ])("ends with the failure where onError %s, and logs both", async (_how, onError) => {
    const failure = { error: { message: "slow down", status: 429 } }
    const late = await clientOf(await streaming(said("One"), failure))
      .sessions.chatStream(ID, hello)
      .toResponse({ onError })
    expect(await dataOf(late)).toMatchObject([said("One"), { error: { status: 429 } }])
    expect(logged.mock.calls.flat()).toEqual([
      expect.stringContaining("slow down"),
      expect.stringContaining("in onError")
    ])
    const early = await clientOf(await streaming(failure))
      .sessions.chatStream(ID, hello)
      .toResponse({ onError })
    expect(early.status).toBe(429)
    expect(logged).toHaveBeenCalledTimes(4)
  })

  it("that is aborted reports nothing", async () => {
    const server = await listen(({ response }) => {
      sse(response)
      event(response, said("One"))
    })
    const controller = new AbortController()
    const onError = vi.fn()
    const response = await clientOf(server).sessions.chatStream(ID, hello, controller).toResponse({ onError })
    controller.abort()
    await response.text()
    await (await server.next()).closed
    expect(onError).not.toHaveBeenCalled()
    expect(logged).not.toHaveBeenCalled()
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
    expect(reply.finish_reason).toBe("stop")
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
    [503, 503],
    [999, 599]
  ])("of a request that fails with %i has the status %i and a sentence of its own", async (status, expected) => {
    const headers = { "retry-after": "7", "x-should-retry": "false" }
    const stream = clientOf(await answering(status, headers)).sessions.chatStream(ID, hello)
    const onError = vi.fn()
    const cors = { "access-control-allow-origin": "https://app.test", "content-type": "text/plain" }
    const response = await stream.toResponse({ onError, headers: cors, status: 201 })
    expect(response.status).toBe(expected)
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.test")
    expect(response.headers.get("content-type")).toBe("application/json")
    expect(response.headers.get("retry-after")).toBe([429, 500, 503, 999].includes(status) ? "7" : null)
    const body = await response.json()
    expect(body).toMatchObject({ error: { message: expect.stringMatching(/^[A-Z].+\.$/) }, detail: body.error.message })
    // What is not the browser's to correct stays on the server.
    expect(body.error.code).toBe(expected < 500 && expected !== 429 ? "CODE" : undefined)
    expect(JSON.stringify(body)).not.toContain("model.internal")
    expect(onError.mock.calls).toMatchObject([[{ message: expect.stringContaining("model.internal"), status }]])
  })

  it("says nothing about what failed behind a server error", async () => {
    const error = { message: "m", code: "MODEL_UNAUTHORIZED", reason: "model-key" }
    const server = await listen(({ response }) => json(response, 502, { error }))
    const response = await clientOf(server).sessions.chatStream(ID, hello).toResponse()
    const message = "The server could not get a reply."
    expect(await response.json()).toEqual({ error: { message, status: 502 }, detail: message })
  })

  it("has the status of an error that is the first event", async () => {
    const server = await streaming({ error: { message: "slow down", status: 429, retry_after: 3 } })
    const response = await clientOf(server).sessions.chatStream(ID, hello).toResponse()
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "3"])
  })

  it("of a reply that does not fit its schema is 502", async () => {
    const server = await streaming(said("no JSON", "stop"), "[DONE]")
    const stream = clientOf(server).sessions.chatObjectStream(ID, hello, { type: "object" })
    const response = await stream.toResponse()
    expect([response.status, (await response.json()).detail]).toEqual([
      502,
      "The model's answer does not fit the schema."
    ])
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
      [failed, ServerError, { status: 502 }],
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
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] })
    try {
      const server = await listen(({ response }) => {
        sse(response)
        event(response, said("One"))
      })
      const response = await clientOf(server).sessions.chatStream(ID, hello).toResponse()
      const reader = response.body?.getReader()
      const read = async () => new TextDecoder().decode((await reader?.read())?.value)
      expect(await read()).toContain("One")
      for (let count = 0; count < 2; count++) {
        const comment = read()
        await vi.advanceTimersByTimeAsync(15_000)
        expect(await comment).toBe(": keep-alive\n\n")
      }
      await reader?.cancel()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe("errorResponse", () => {
  it("answers a route without a stream", async () => {
    const client = clientOf(await answering(429, { "retry-after": "7" }))
    const error = await rejection(client.sessions.chat(ID, hello))
    const response = errorResponse(error, { headers: { "access-control-allow-origin": "*" } })
    expect([response.status, Object.fromEntries(response.headers)]).toEqual([
      429,
      { "access-control-allow-origin": "*", "content-type": "application/json", "retry-after": "7" }
    ])
    const detail = "There are too many requests. Try again later."
    expect(await response.json()).toEqual({ error: { message: detail, status: 429, retry_after: 7 }, detail })
  })

  it("names what a browser can correct", async () => {
    const missing = new NotFound({ message: "m", status: 404, resource: "session", id: ID })
    expect((await errorResponse(missing).json()).error).toMatchObject({
      message: "There is no such resource.",
      resource: "session",
      id: ID
    })
    const error = await rejection(clientOf(await listen()).sessions.chat("no id", hello))
    expect((await errorResponse(error).json()).error.issues).toMatchObject([{ path: "session_id" }])
  })

  it("says nothing of a tool of the server that is missing or broken", async () => {
    const client = await remoteClient([{ calls: [{ name: "refund" }] }])
    const agent = await client.agents.create({
      name: "Ada",
      functions: [{ name: "refund", parameters: { type: "object" } }]
    })
    const { id } = await client.sessions.create({ agent_id: agent.id })
    const response = errorResponse(await rejection(client.sessions.run(id, hello, { tools: {} })))
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining("refund")])
  })

  it("is 502 for answers that a model did not give, and 500 for any other value", async () => {
    const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
    const unfit = new InvalidObject({ message: "m", text: "secret", issues: [], finish_reason: "stop" })
    const errors = [unfit, new MaxRoundsExceeded({ message: "m", rounds: [], usage, calls: [] })]
    expect(errors.map((error) => errorResponse(error).status)).toEqual([502, 502])
    const closed = clientOf(await listen())
    await closed.close()
    const misuse = await rejection(closed.sessions.chat(ID, hello))
    for (const other of [misuse, new Error("secret"), { _tag: "NotFound", resource: "secret" }, undefined]) {
      const response = errorResponse(other)
      expect(response.status).toBe(500)
      expect(await response.text()).not.toContain("secret")
    }
  })
})
