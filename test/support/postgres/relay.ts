/** A port in front of a PostgreSQL server, which can be closed and opened again. */
import { connect, createServer, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Relay {
  readonly port: number
  /** Ends all connections, and refuses new ones. */
  readonly close: Effect.Effect<void>
  /** Accepts connections again, at the same port. */
  readonly open: Effect.Effect<void>
}

/** Passes the bytes of each connection on. `accept` may change them on the way. */
export const relay = (
  url: string,
  accept: (socket: Socket, pass: (client: Duplex) => void) => void = (socket, pass) => pass(socket)
): Effect.Effect<Relay, never, Scope.Scope> =>
  Effect.suspend(() => {
    const { hostname, port: theirs } = new URL(url)
    const sockets = new Set<Duplex>()
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket))
      accept(socket, (client) => {
        const other = connect({ port: Number(theirs || 5432), host: hostname, noDelay: true })
        client.on("error", () => other.destroy()).on("close", () => other.destroy())
        other.on("error", () => client.destroy()).on("close", () => client.destroy())
        client.pipe(other).pipe(client)
      })
    })
    const listen = (port: number) =>
      Effect.async<number>((resume) => {
        server.listen(port, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      })
    const close = Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
    return Effect.map(
      Effect.acquireRelease(listen(0), () => close),
      (port) => ({ port, close, open: Effect.asVoid(listen(port)) })
    )
  })
