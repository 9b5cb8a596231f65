/** A server of this package on a loopback port, for requests of `fetch`. */
import * as net from "node:net"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Listener from "../../src/cli/serve/listener.js"
import * as Server from "../../src/server/Server.js"
import { latch, soon } from "./latches.js"

export const KEY = "operator-key-0123456789"

/** The port of a server that runs until the scope closes, with the limits of its listener. */
export const servedPort = (options: Partial<Server.Options> = {}, limits: Partial<Listener.ListenerOptions> = {}) => {
  const listener = Listener.layer({ host: "127.0.0.1", port: 0, ...limits })
  const keys = options.authenticate === undefined ? { operator: KEY } : undefined
  return Effect.map(
    Layer.build(Server.layer(listener, { storage: "memory", model: "offline", accessLog: false, keys, ...options })),
    (context) => {
      const { address } = Context.get(context, HttpServer.HttpServer)
      return address._tag === "TcpAddress" ? address.port : 0
    }
  )
}

/** What a test reads of a response. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON, or undefined. */
  readonly json: unknown
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Sends a request without a key, unless its headers have one. */
export const ask = (port: number, path: string, init?: RequestInit): Effect.Effect<Answer> =>
  Effect.promise(async (signal) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: "manual", signal, ...init })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: jsonOf(text) }
  })

/** Headers with the key of the operator. */
export const withKey = (headers: Record<string, string> = {}): Record<string, string> => ({
  authorization: `Bearer ${KEY}`,
  ...headers
})

/** A request that creates an agent. */
export const createAgent = (headers: Record<string, string> = withKey()): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: '{"name":"Ada"}'
})

/** A completion of `/v1`, streamed or whole. */
export const complete = (stream = false, headers: Record<string, string> = withKey()): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: "Hello" }] })
})

/** A connection that sends bytes of its own, for what no client would send. */
export interface Raw {
  readonly send: (text: string) => void
  /** What came back until the server closed the connection. */
  readonly closed: Effect.Effect<string>
}

export const raw = (port: number): Effect.Effect<Raw, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<{ readonly socket: net.Socket; readonly closed: Effect.Effect<string> }>((resume) => {
      const socket = net.connect(port, "127.0.0.1")
      const end = latch<string>()
      let text = ""
      socket.setEncoding("utf8")
      socket.on("data", (piece) => {
        text += piece
      })
      socket.on("error", () => socket.destroy())
      socket.on("close", () => end.open(text))
      socket.once("connect", () => resume(Effect.succeed({ socket, closed: end.opened })))
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  ).pipe(
    Effect.map(({ closed, socket }) => ({
      send: (text) => void socket.write(text),
      closed: soon("the server closes the connection")(closed)
    }))
  )
