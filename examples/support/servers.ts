/** Small servers on the loopback interface, for the examples about HTTP. */
import * as http from "node:http"
import * as net from "node:net"

/** A server that listens on a free port. */
export interface Running {
  readonly url: string
  readonly close: () => Promise<void>
}

const listen = async (server: http.Server): Promise<Running> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

/** A JSON response. `delay` is in milliseconds. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
  readonly delay?: number
}

/** A server that gives these answers one after the other, and then repeats the last one. */
export const answering = (...answers: ReadonlyArray<Answer>): Promise<Running> => {
  let count = 0
  return listen(
    http.createServer((_request, response) => {
      const { body, delay = 0, headers, status } = answers[Math.min(count++, answers.length - 1)] as Answer
      setTimeout(() => {
        response.writeHead(status, { "content-type": "application/json", "x-request-id": `req-${count}`, ...headers })
        response.end(JSON.stringify(body))
      }, delay)
    })
  )
}

/** A forward proxy, which reports each target. */
export const forwardProxy = (report: (target: string) => void): Promise<Running> => {
  const server = http.createServer()
  server.on("connect", (request, socket: net.Socket) => {
    report(request.url ?? "")
    const { hostname, port } = new URL(`http://${request.url}`)
    const upstream = net.connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on("error", () => socket.destroy())
    socket.on("error", () => upstream.destroy())
    socket.on("close", () => upstream.destroy())
  })
  return listen(server)
}

/** A reverse proxy to one server, which reports each path. */
export const reverseProxy = (target: string, report: (path: string) => void): Promise<Running> =>
  listen(
    http.createServer((request, response) => {
      report(request.url ?? "")
      const upstream = http.request(
        new URL(request.url ?? "/", target),
        { method: request.method ?? "GET", headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(response)
        }
      )
      upstream.on("error", () => response.destroy())
      request.pipe(upstream)
    })
  )
