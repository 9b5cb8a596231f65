/** The listener of the command: Node's server, with its limits on what arrives before a request is one. */
import * as http from "node:http"
import type * as net from "node:net"
import type * as stream from "node:stream"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import { toBody } from "../../schema/ErrorBody.js"
import { BadRequest, JulepConfigError } from "../../schema/Errors.js"

export interface ListenerOptions {
  readonly host: string
  /** `0` for any port that is free. */
  readonly port: number
  /** The greatest size of the headers of a request, in bytes. Default: 16 kB. */
  readonly headerSize?: number | undefined
  /** How long the headers of a request may take. Default: 10 seconds. */
  readonly headersTimeout?: Duration.DurationInput | undefined
  /** How long the body of a request may take after its headers. Default: 60 seconds. */
  readonly bodyTimeout?: Duration.DurationInput | undefined
}

/** How long a closing server leaves connections open whose response has not ended. */
const GRACE = 1500
/** How long a client may go on sending after its connection was refused: it would lose the answer otherwise. */
const LINGER = 1000

/** The answers to what Node takes for no request. */
const refusalOf = (code: unknown, { headerSize, headersTimeout }: { headerSize: number; headersTimeout: number }) => {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return {
        status: 431,
        code: "HEADERS_TOO_LARGE",
        message: `The headers of a request must have at most ${headerSize} bytes. Send fewer or shorter headers.`
      }
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return {
        status: 408,
        code: "REQUEST_TIMEOUT",
        message: `The request took too long to arrive: its headers must arrive within ${headersTimeout / 1000} s. Send it again.`
      }
    default:
      return { status: 400, code: "BAD_REQUEST", message: "This is not a request of HTTP/1.1." }
  }
}

const responseOf = (refusal: { readonly status: number; readonly code: string; readonly message: string }): string => {
  const body = JSON.stringify(toBody(new BadRequest(refusal)))
  return [
    `HTTP/1.1 ${refusal.status} ${http.STATUS_CODES[refusal.status]}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body
  ].join("\r\n")
}

/** Node's server, which answers what it refuses in the form of the API, and ends its connections when it closes. */
const createServer = ({
  bodyTimeout = "60 seconds",
  headerSize = 16_384,
  headersTimeout: headers = "10 seconds"
}: ListenerOptions): http.Server => {
  const headersTimeout = Duration.toMillis(headers)
  const server = http.createServer({
    maxHeaderSize: headerSize,
    headersTimeout,
    // The app refuses slow bodies that it reads. This is for those that it does not read.
    requestTimeout: headersTimeout + Duration.toMillis(bodyTimeout),
    connectionsCheckingInterval: Math.min(1000, headersTimeout)
  })
  // The size of all headers is limited, so their number need not be: Node leaves out what exceeds it.
  server.maxHeadersCount = 0

  // The platform listens for upgrades to WebSocket, which nothing here speaks. Without a listener Node takes such a request for
  // one of HTTP; with one it gives up its socket, with the limits and the handler of its errors.
  server.on("newListener", (event, listener) => {
    if (event === "upgrade") queueMicrotask(() => server.off("upgrade", listener))
  })

  server.on("clientError", (error: NodeJS.ErrnoException, socket: stream.Duplex) => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy()
      return
    }
    socket.end(responseOf(refusalOf(error.code, { headerSize, headersTimeout })))
    socket.resume()
    setTimeout(() => socket.destroy(), LINGER).unref()
  })

  let isClosing = false
  server.on("request", (_request, response) => {
    response.once("close", () => {
      if (isClosing) server.closeIdleConnections()
    })
  })
  const close = server.close.bind(server)
  server.close = (done) => {
    isClosing = true
    close(done)
    setTimeout(() => server.closeAllConnections(), GRACE).unref()
    return server
  }
  return server
}

const advice: { readonly [Code in string]?: string } = {
  EADDRINUSE: "Another program listens there. Choose another port with --port.",
  EACCES: "The system does not allow it. Choose a port from 1024 with --port.",
  EADDRNOTAVAIL: "This machine does not have that address. Choose another with --host.",
  ENOTFOUND: "The name of the host is not known. Choose another with --host."
}

/** A server of HTTP that listens as long as the scope is open. */
export const layer = (options: ListenerOptions): Layer.Layer<HttpServer.HttpServer, JulepConfigError> => {
  const { host, port } = options
  const listen: net.ListenOptions = { host, port }
  return NodeHttpServer.layerServer(() => createServer(options), listen).pipe(
    Layer.catchAll(({ cause }) => {
      const code: unknown = Object(cause).code
      const reason = typeof code === "string" ? (advice[code] ?? code) : String(cause)
      return Layer.fail(new JulepConfigError({ message: `The server cannot listen on ${host}:${port}. ${reason}` }))
    })
  )
}
