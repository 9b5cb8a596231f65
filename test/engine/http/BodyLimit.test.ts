import * as net from "node:net"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { onTestFinished, test } from "vitest"
import { withLingeringClose } from "../../../src/engine/http/RequestBody.js"
import { servedEngine } from "../../support/servedEngine.js"

const LIMIT = 100_000

const piece = new Uint8Array(16_384).fill(0x61)

/** A body of no declared length. It ends after `pieces`, or never. */
const streamed = (pieces: number) => {
  let sent = 0
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent++ < pieces) controller.enqueue(piece)
      else controller.close()
    }
  })
}

const post = ({ apiKey, baseUrl }: { apiKey: string; baseUrl: string }, body: string | ReadableStream<Uint8Array>) =>
  fetch(`${baseUrl}/agents`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body,
    duplex: "half"
  } as RequestInit)

const expectTooLarge = async (refused: Response) => {
  expect(refused.status).toBe(413)
  expect(refused.headers.get("x-request-id")).toMatch(/./)
  expect(await refused.json()).toMatchObject({ error: { code: "BODY_TOO_LARGE" } })
}

test("a served engine refuses a body that is too large with 413, and goes on", async () => {
  const served = await servedEngine()
  await expectTooLarge(await post(served, JSON.stringify({ name: "a".repeat(10_000_000) })))
  expect((await post(served, JSON.stringify({ name: "Ada" }))).status).toBe(201)
})

test.each([
  ["ends", 20],
  ["never ends", Number.POSITIVE_INFINITY]
])("a body of no declared length that is too large and %s is refused with 413", async (_, pieces) => {
  const served = await servedEngine(undefined, { maxBodySize: LIMIT })
  await expectTooLarge(await post(served, streamed(pieces)))
  expect((await post(served, JSON.stringify({ name: "Ada" }))).status).toBe(201)
})

test("a body of no declared length that is small enough is read", async () => {
  const served = await servedEngine(undefined, { maxBodySize: LIMIT })
  const bytes = new TextEncoder().encode(JSON.stringify({ name: "Zoë 🦜" }))
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      // Every character of more than one byte arrives in parts.
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    }
  })
  const created = await post(served, body)
  expect(created.status).toBe(201)
  const { id } = (await created.json()) as { id: string }
  const read = await fetch(`${served.baseUrl}/agents/${id}`, { headers: { authorization: served.apiKey } })
  expect(await read.json()).toMatchObject({ name: "Zoë 🦜" })
})

/** A connection on which a request in chunks has begun, and what the server sent and took of it. */
const chunkedRequest = async (served: { apiKey: string; origin: string }, headers: ReadonlyArray<string> = []) => {
  const socket = net.connect(Number(new URL(served.origin).port), "127.0.0.1")
  onTestFinished(() => void socket.destroy())
  const lines = [
    "POST /api/agents HTTP/1.1",
    "host: localhost",
    `authorization: ${served.apiKey}`,
    "content-type: application/json",
    ...headers
  ]
  socket.write(`${lines.join("\r\n")}\r\n\r\n`)
  let received = ""
  const listeners = new Set<() => void>()
  socket.on("data", (data) => {
    received += data.toString("latin1")
    for (const listener of listeners) listener()
  })
  socket.on("error", () => {})
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()))
  return {
    socket,
    closed,
    received: () => received,
    /** Resolves when the text has arrived. */
    until: (text: string) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (!received.includes(text)) return
          listeners.delete(check)
          resolve()
        }
        listeners.add(check)
        check()
      })
  }
}

const chunked = ["transfer-encoding: chunked"]

const chunkOf = (size: number) => `${size.toString(16)}\r\n${"a".repeat(size)}\r\n`

test("a sender that pauses past the limit has its answer while its request is still open", async () => {
  const { received, socket, until } = await chunkedRequest(
    await servedEngine(undefined, { maxBodySize: LIMIT }),
    chunked
  )
  socket.write(chunkOf(LIMIT))
  socket.write(chunkOf(1))
  await until("BODY_TOO_LARGE")
  expect(received()).toMatch(/^HTTP\/1\.1 413 /)
  expect(received().toLowerCase()).toContain("connection: close")
  // The end of the request, not the end of a pause, ends the connection.
  socket.write("0\r\n\r\n")
})

test("a sender that goes on sending reads its answer, and its connection ends", async () => {
  const request = await chunkedRequest(await servedEngine(undefined, { maxBodySize: LIMIT }), chunked)
  for (let sent = 0; sent < 20; sent++) request.socket.write(chunkOf(LIMIT))
  request.socket.write("0\r\n\r\n")
  await request.closed
  expect(request.received()).toContain("BODY_TOO_LARGE")
})

test.each([
  ["in chunks", chunked],
  ["of a declared length", [`content-length: ${10 ** 12}`]]
])("the server takes a bounded part of an endless body %s", async (_, headers) => {
  const request = await chunkedRequest(await servedEngine(undefined, { maxBodySize: LIMIT }), headers)
  const piece = headers === chunked ? chunkOf(LIMIT) : "a".repeat(LIMIT)
  let sent = 0
  const write = () => {
    do sent += LIMIT
    while (sent < 10 ** 10 && request.socket.write(piece))
  }
  request.socket.on("drain", write)
  write()
  await request.closed
  expect(request.received()).toContain("BODY_TOO_LARGE")
  expect(sent).toBeLessThan(200_000_000)
})

test("a client that expects 100-continue is refused with 413", async () => {
  const served = await servedEngine(undefined, { maxBodySize: LIMIT })
  const { until } = await chunkedRequest(served, ["expect: 100-continue", `content-length: ${LIMIT + 1}`])
  await until("BODY_TOO_LARGE")
})

it.effect("a sender that stops in the middle of a refused body loses its connection after a pause", () =>
  Effect.gen(function* () {
    const refused = withLingeringClose(Stream.never)(HttpServerResponse.text("refused", { status: 413 }))
    expect(refused.headers).toMatchObject({ connection: "close", "content-length": "7" })
    const bytes = refused.body._tag === "Stream" ? Stream.orDie(refused.body.stream) : Stream.empty
    const sent: Array<string> = []
    const ended = yield* Effect.fork(
      Stream.runForEach(bytes, (piece) => Effect.sync(() => sent.push(new TextDecoder().decode(piece))))
    )
    yield* TestClock.adjust("4 seconds")
    expect([sent, Option.isSome(yield* Fiber.poll(ended))]).toEqual([["refused"], false])
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(ended)
  })
)
