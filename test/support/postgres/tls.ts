/**
 * TLS in front of a PostgreSQL server that speaks none. The certificates in `test/fixtures/tls` are for tests alone, and end
 * in 2126: that of the server is for `localhost`, by `authority.pem`.
 */
import * as fs from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const pathOf = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url))

/** The authority of the server's certificate, and another one. */
export const authorities = { right: pathOf("authority.pem"), wrong: pathOf("other.pem") }

/** The request for TLS, which is the first message of a connection. */
const SSL_REQUEST = 80877103

const forward = (socket: Socket, host: string, port: number) => {
  socket.on("error", () => undefined)
  socket.once("data", (first) => {
    if (first.readInt32BE(4) !== SSL_REQUEST) return socket.destroy()
    socket.write("S")
    const key = fs.readFileSync(pathOf("server.key"))
    const secure = new TLSSocket(socket, { isServer: true, key, cert: fs.readFileSync(pathOf("server.pem")) })
    const server = connect(port, host)
    secure.on("error", () => server.destroy())
    server.on("error", () => secure.destroy())
    secure.pipe(server).pipe(secure)
  })
}

/** The port on this machine that speaks TLS for a server, until the scope closes. */
export const overTls = (url: string): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
      const { hostname, port } = new URL(url)
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        forward(socket, hostname, Number(port || 5432))
      })
      const close = () => {
        server.close()
        for (const socket of sockets) socket.destroy()
      }
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed({ close, port: typeof address === "object" && address !== null ? address.port : 0 }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ).pipe(Effect.map(({ port }) => port))
