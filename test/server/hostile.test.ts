/** What no client of the API would send. */
import * as http from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Server from "../../src/server/Server.js"
import { ask, KEY, raw, servedPort } from "../support/serving.js"

const UPGRADE = "Connection: close, Upgrade\r\nUpgrade: websocket\r\n"
const HEAD = `Host: localhost\r\nX-Auth-Key: ${KEY}\r\n`
const JSON_BODY = 'Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{"name":"Ada"}'

describe("a body without a key", () => {
  it.scopedLive("is not read, not even where reading needs none", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      for (const path of ["/openapi.json", "/docs", "/health", "/ready", "/agents"]) {
        const { closed, send } = yield* raw(port)
        send(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\nConnection: close\r\n\r\n{`)
        expect([path, yield* closed]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 403 /)])
      }
    })
  )
})

describe("a request that asks for another protocol", () => {
  it.scopedLive("is answered as one that does not: its socket keeps its limits, and its body is read", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      const { closed, send } = yield* raw(port)
      send(`POST /agents HTTP/1.1\r\n${HEAD}${UPGRADE}${JSON_BODY}`)
      expect(yield* closed).toMatch(/^HTTP\/1\.1 201 /)
    })
  )

  it.scopedLive("does not end the process of a program that serves it with Node's own server", () =>
    Effect.gen(function* () {
      const listeners: Array<number> = []
      const server = http.createServer()
      const listener = NodeHttpServer.layerServer(() => server, { host: "127.0.0.1", port: 0 })
      yield* Layer.build(
        Server.layer(listener, { storage: "memory", model: "offline", accessLog: false, keys: { operator: KEY } })
      )
      // Node takes its own listener off, and an error that nobody listens to ends the process.
      server.on("upgrade", (_request, socket) => listeners.push(socket.listenerCount("error")))
      const port = Number(Object(server.address()).port)
      const { closed, send } = yield* raw(port)
      send(`GET /agents HTTP/1.1\r\n${HEAD}${UPGRADE}\r\n`)
      expect(yield* closed).toMatch(/^HTTP\/1\.1 200 /)
      expect(listeners).toEqual([1])
      expect((yield* ask(port, "/health")).status).toBe(200)
    })
  )
})
