/** Servers that answer as real ones sometimes do, byte by byte, on loopback sockets; each ends with its scope. */
import * as net from "node:net"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Julep, RequestError } from "../../src/index.js"
import { layerFetch } from "../../src/layers/Http.js"
import { layerEverything } from "../../src/layers/Julep.js"
import { JulepConfig } from "../../src/layers/JulepConfig.js"
import { Julep as JulepService } from "../../src/services/Julep.js"
import { KEY } from "./client.js"
import * as f from "./fixtures.js"
import { type Latch, latch } from "./latches.js"

/** One request as it came. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The behaviour of a server once a request has arrived. */
export type Behaviour = (requests: ReceivedRequest, socket: net.Socket, index: number) => void

/** One connection, from the server's side. */
export interface Connection {
  /** Opened with the time at which either side closed it. */
  readonly closed: Latch<number>
}

export interface OddServer {
  readonly origin: string
  readonly port: number
  readonly requests: ReadonlyArray<ReceivedRequest>
  /** The connection each of them came by. */
  readonly used: ReadonlyArray<Connection>
  /** How many connections are open now. */
  readonly open: () => number
  /** How many of them no request ever came by: undici opens one in place of one that was broken off. */
  readonly spare: () => number
  /** Every connection that a request came by is closed. */
  readonly usedClosed: Effect.Effect<void>
}

const END_OF_HEAD = "\r\n\r\n"

const parseHead = (head: string) => {
  const [start = "", ...lines] = head.split("\r\n")
  const [method = "", path = ""] = start.split(" ")
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()])
  )
  return { method, path, headers }
}

/** Hands over each request of a connection once its body is in. */
const requestsOf = (socket: net.Socket, take: (requests: ReceivedRequest) => void) => {
  let buffer = Buffer.alloc(0)
  socket.on("data", (data: Buffer) => {
    buffer = Buffer.concat([buffer, data])
    for (;;) {
      const end = buffer.indexOf(END_OF_HEAD)
      if (end < 0) return
      const head = parseHead(buffer.subarray(0, end).toString("latin1"))
      const from = end + END_OF_HEAD.length
      const length = Number(head.headers["content-length"] ?? 0)
      if (buffer.length < from + length) return
      const body = buffer.subarray(from, from + length).toString("utf8")
      buffer = buffer.subarray(from + length)
      take({ ...head, body })
    }
  })
}

/** A server on a free port of the loopback interface. */
export const oddServer = (behave: Behaviour): Effect.Effect<OddServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const requests: Array<ReceivedRequest> = []
    const used: Array<Connection> = []
    const sockets = new Map<net.Socket, Connection>()
    const server = net.createServer((socket) => {
      const connection = { closed: latch<number>() }
      sockets.set(socket, connection)
      socket.setNoDelay(true)
      socket.on("error", () => {})
      socket.on("close", () => {
        sockets.delete(socket)
        connection.closed.open(performance.now())
      })
      requestsOf(socket, (request) => {
        used.push(connection)
        behave(request, socket, requests.push(request) - 1)
      })
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets.keys()) socket.destroy()
        })
    )
    const { port } = server.address() as net.AddressInfo
    return {
      origin: `http://127.0.0.1:${port}`,
      port,
      requests,
      used,
      open: () => sockets.size,
      spare: () => [...sockets.values()].filter((connection) => !used.includes(connection)).length,
      usedClosed: Effect.suspend(() => Effect.forEach(used, ({ closed }) => closed.opened, { discard: true }))
    }
  })

/** The first lines of an answer. */
export const head = (status: number, headers: Readonly<Record<string, string>> = {}): string =>
  [`HTTP/1.1 ${status} Odd`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", ""].join(
    "\r\n"
  )

/** A whole response with its `content-length`. */
export const whole = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): string =>
  head(status, { "content-length": String(Buffer.byteLength(body)), ...headers }) + body

export const EVENT_STREAM = { "content-type": "text/event-stream" }

/** The head of a stream in chunks. */
export const chunkedHead = head(200, { ...EVENT_STREAM, "transfer-encoding": "chunked" })

/** One chunk of it. */
export const chunk = (bytes: string | Uint8Array): Buffer => {
  const body = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n")])
}

export const LAST_CHUNK = "0\r\n\r\n"

/** A stream in one chunk, ended as HTTP ends it. */
export const stream = (body: string): Buffer =>
  Buffer.concat([Buffer.from(chunkedHead), body === "" ? Buffer.alloc(0) : chunk(body), Buffer.from(LAST_CHUNK)])

/** Events, as `data:` lines. */
export const events = (data: ReadonlyArray<string>, end = "\n"): string =>
  data.map((each) => `data: ${each}${end}${end}`).join("")

/** One of the three streams of the client: how its server writes it, and how its text is read. */
export interface Kind {
  readonly name: string
  readonly path: string
  /** The event that adds this text. */
  readonly piece: (text: string) => string
  /** The event that ends the answer. */
  readonly finish: (reason?: string) => string
  readonly texts: (julep: Julep.Service) => Stream.Stream<string, RequestError>
}

const messages = [{ role: "user", content: "Ahoy" }] as const

const chatStream: Kind = {
  name: "sessions.chatStream",
  path: `/api/sessions/${f.sessionId}/chat`,
  piece: (content) =>
    JSON.stringify({ id: f.chatId, response: [[{ role: "assistant", content }]], finish_reason: null }),
  finish: (finish_reason = "stop") =>
    JSON.stringify({ id: f.chatId, response: [[]], finish_reason, usage: f.chatResponse.usage, jobs: [] }),
  texts: (julep) =>
    Stream.map(julep.sessions.chatStream(f.sessionId, { messages }), ({ response }) =>
      (response[0] ?? []).map(({ content }) => content ?? "").join("")
    )
}

const completionHead = { id: "c-1", created: 1935000000, model: "m" }

const chatCompletions: Kind = {
  name: "chat.completions.stream",
  path: "/v1/chat/completions",
  piece: (content) =>
    JSON.stringify({ ...completionHead, object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] }),
  finish: (finish_reason = "stop") =>
    JSON.stringify({ ...completionHead, choices: [{ index: 0, delta: {}, finish_reason }] }),
  texts: (julep) =>
    Stream.map(julep.chat.completions.stream({ messages }), ({ choices }) => choices[0]?.delta?.content ?? "")
}

const completions: Kind = {
  name: "completions.stream",
  path: "/v1/completions",
  piece: (text) => JSON.stringify({ ...completionHead, object: "text_completion", choices: [{ index: 0, text }] }),
  finish: (finish_reason = "stop") =>
    JSON.stringify({ ...completionHead, choices: [{ index: 0, text: "", finish_reason }] }),
  texts: (julep) => Stream.map(julep.completions.stream({ prompt: "Once" }), ({ choices }) => choices[0]?.text ?? "")
}

export const kinds = { chatStream, chatCompletions, completions }
export const everyKind: ReadonlyArray<Kind> = Object.values(kinds)

/** The HTTP clients that the package is used over. */
export const httpClients: ReadonlyArray<readonly [name: string, layer: Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", layerFetch],
  ["undici", NodeHttpClient.layerUndici]
]

/** A client of a server on a loopback port, which lives as long as the scope; it does not retry unless the options say so. */
export const clientOf = (
  server: { readonly origin: string },
  options: JulepConfig.Options = {},
  http: Layer.Layer<HttpClient.HttpClient> = layerFetch
): Effect.Effect<Julep.Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const config = JulepConfig.layer({ apiKey: KEY, baseUrl: `${server.origin}/api`, retry: false, ...options })
    const context = yield* Effect.orDie(Layer.build(Layer.provide(layerEverything, [config, http])))
    return yield* Effect.provide(JulepService, context)
  })
