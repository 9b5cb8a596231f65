/** Servers that answer as a test says, and report when their connections close. */
import * as http from "node:http"
import type * as net from "node:net"
import { onTestFinished } from "vitest"
import { Client, type ClientOptions } from "../../../src/promise/index.js"

/** One request that arrived. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  readonly response: http.ServerResponse
  /** Resolves when the connection of an unanswered request closes. */
  readonly closed: Promise<void>
}

export interface Server {
  readonly baseUrl: string
  readonly arrived: ReadonlyArray<Arrived>
  /** The next request that arrives, or the first that the test has not taken yet. */
  readonly next: () => Promise<Arrived>
  /** Lets go of the requests so far. */
  readonly forget: () => void
  /** The connections that are open. */
  readonly connections: () => Promise<number>
}

export const json = (response: http.ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
}

/** Begins an event stream. */
export const sse = (response: http.ServerResponse): void => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.flushHeaders()
}

/** Sends one event. */
export const event = (response: http.ServerResponse, data: unknown): void => {
  response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`)
}

/** A server, closed when the test ends. */
export const listen = async (handler: (arrived: Arrived, index: number) => void = () => {}): Promise<Server> => {
  const arrived: Array<Arrived> = []
  const unclaimed: Array<Arrived> = []
  const claims: Array<(request: Arrived) => void> = []
  const server = http.createServer(async (request, response) => {
    const closed = new Promise<void>((resolve) => response.once("close", () => resolve()))
    let body = ""
    for await (const piece of request) body += piece
    const one = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body,
      response,
      closed
    }
    const index = arrived.push(one) - 1
    const claim = claims.shift()
    if (claim === undefined) unclaimed.push(one)
    else claim(one)
    handler(one, index)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/api`,
    arrived,
    next: () => {
      const one = unclaimed.shift()
      return one === undefined ? new Promise((resolve) => claims.push(resolve)) : Promise.resolve(one)
    },
    forget: () => {
      arrived.length = 0
      unclaimed.length = 0
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
      )
  }
}

/** The base URL of a server that was just closed. */
export const deserted = async (): Promise<string> => {
  const server = http.createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/api`
}

/** A client of a server that does not retry unless the options say so. */
export const clientOf = (server: Server, options: ClientOptions = {}): Client =>
  new Client({ apiKey: "sk-secret-0123456789", baseUrl: server.baseUrl, retry: false, ...options })

/** An id of nothing. */
export const ID = "3f2a0c1e-5b7d-4e8f-9a10-000000000001"

/** The event of a chat stream that says a text. */
export const said = (content: string, finish_reason: string | null = null) => ({
  id: ID,
  response: [[{ role: "assistant", content }]],
  finish_reason
})

export const hello = { messages: [{ role: "user" as const, content: "Hello" }] as const }

/** The reason a promise rejects with; it must. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  const outcome = await promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason })
  )
  if ("value" in outcome) throw new Error(`resolved with ${JSON.stringify(outcome.value)}`)
  return outcome.reason
}
