/**
 * TLS in front of a PostgreSQL server that speaks none. The certificates in `test/fixtures/tls` are for tests alone, and end
 * in 2126: that of the server is for `localhost`, by `authority.pem`.
 */
import * as fs from "node:fs"
import { TLSSocket } from "node:tls"
import { fileURLToPath } from "node:url"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Relay, relay } from "./relay.js"

const pathOf = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url))

/** The authority of the server's certificate, and another one. */
export const authorities = { right: pathOf("authority.pem"), wrong: pathOf("other.pem") }

/** What asks for TLS, in the first message of a connection. */
const SSL_REQUEST = 80877103

/** A port that speaks TLS for a server. */
export const overTls = (url: string): Effect.Effect<Relay, never, Scope.Scope> => {
  const [key, cert] = ["server.key", "server.pem"].map((name) => fs.readFileSync(pathOf(name)))
  return relay(url, (socket, pass) =>
    socket.once("data", (first) => {
      if (first.readInt32BE(4) !== SSL_REQUEST) return socket.destroy()
      socket.write("S")
      pass(new TLSSocket(socket, { isServer: true, key, cert }))
    })
  )
}
