/** Real servers on the loopback interface, closed with their scope by their own handle. */
import * as http from "node:http"
import type * as net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** One request as it arrived. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

export interface Loopback {
  readonly origin: string
  readonly port: number
  readonly received: ReadonlyArray<Received>
}

const listen = (server: net.Server) =>
  Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as net.AddressInfo).port)))
  })

/** A server that answers once the request is in; `handler` may also destroy the socket. */
export const serve = (
  handler: (received: Received, response: http.ServerResponse, index: number) => void
): Effect.Effect<Loopback, never, Scope.Scope> =>
  Effect.gen(function* () {
    const received: Array<Received> = []
    const server = http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const arrived = {
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(chunks).toString("utf8")
        }
        handler(arrived, response, received.push(arrived) - 1)
      })
    })
    const port = yield* Effect.acquireRelease(listen(server), () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
    )
    return { origin: `http://127.0.0.1:${port}`, port, received }
  })

/** A port that nothing listens on: one that was just given back. */
export const unusedPort: Effect.Effect<number> = Effect.scoped(
  Effect.map(
    serve(() => {}),
    ({ port }) => port
  )
)

/** Answers with JSON. */
export const json = (response: http.ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(body))
}
