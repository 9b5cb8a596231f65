/** Which pages and which names a server answers. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { KEY, raw, servedPort } from "../support/serving.js"

const APP = "https://app.example.com"

/** The status and the headers of a response to a request with these header lines. */
const send = (port: number, line: string, ...headers: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { closed, send } = yield* raw(port)
      send([`${line} HTTP/1.1`, ...headers, "Connection: close", "", ""].join("\r\n"))
      const [head = "", body = ""] = (yield* closed).split("\r\n\r\n")
      const [status = "", ...lines] = head.split("\r\n")
      const fields = lines.map((line) => line.split(": ", 2) as [string, string])
      return {
        status: Number(status.split(" ")[1]),
        headers: Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value])),
        body
      }
    })
  )

const LOCAL = "Host: localhost"
const preflight = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"]

describe("a page of another origin", () => {
  it.scopedLive("that is listed may ask: the browser's question needs no key", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({
        cors: [APP, "http://localhost:5173"],
        keys: { operator: KEY, header: "X-My-Key" }
      })
      const asked = yield* send(port, "OPTIONS /api/agents", LOCAL, `Origin: ${APP}`, ...preflight)
      expect(asked.status).toBe(204)
      expect(asked.headers).toMatchObject({
        "access-control-allow-origin": APP,
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers":
          "Authorization, X-Auth-Key, Content-Type, Idempotency-Key, X-Developer-Id, X-Request-Id, X-My-Key",
        vary: "Origin"
      })
      expect(asked.headers).not.toHaveProperty("access-control-allow-credentials")
      const answered = yield* send(port, "GET /agents", LOCAL, `Origin: ${APP}`, `X-My-Key: ${KEY}`)
      expect([answered.status, answered.headers["access-control-allow-origin"]]).toEqual([200, APP])
      expect(answered.headers).toMatchObject({
        "access-control-expose-headers": "X-Request-Id, Retry-After",
        vary: "Origin"
      })
      // A page must be able to read why it was refused.
      const refused = yield* send(port, "GET /agents", LOCAL, `Origin: ${APP}`)
      expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([403, APP])
    })
  )

  it.scopedLive("that is not listed gets no header that lets it read, and caches know that origins differ", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ cors: [APP] })
      for (const origin of ["https://app.example.com.evil.net", "http://app.example.com", "null", "*"]) {
        const asked = yield* send(port, "OPTIONS /agents", LOCAL, `Origin: ${origin}`, ...preflight)
        const answered = yield* send(port, "GET /agents", LOCAL, `Origin: ${origin}`, `X-Auth-Key: ${KEY}`)
        for (const { headers } of [asked, answered]) {
          expect(headers["vary"]).toBe("Origin")
          expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([])
        }
      }
    })
  )

  it.scopedLive("may not ask for /admin, and no origin may ask where none is listed", () =>
    Effect.gen(function* () {
      const listed = yield* servedPort({ cors: [APP] })
      const none = yield* servedPort()
      for (const { headers, status } of [
        yield* send(listed, "OPTIONS /admin/keys", LOCAL, `Origin: ${APP}`, ...preflight),
        yield* send(none, "OPTIONS /agents", LOCAL, `Origin: ${APP}`, ...preflight)
      ]) {
        expect(status).toBe(403)
        expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([])
      }
    })
  )

  it.scoped("must be listed exactly: neither * nor null nor a URL with a path", () =>
    Effect.gen(function* () {
      for (const origin of ["*", "null", "https://app.example.com/", "https://App.example.com", "app.example.com"]) {
        const { message } = yield* Effect.flip(servedPort({ cors: [origin] }))
        expect(message).toContain(`not ${JSON.stringify(origin)}`)
      }
    })
  )
})

describe("the name in the header Host", () => {
  it.scopedLive("must be that of this machine, or an allowed one, on a loopback address", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ allowedHosts: ["julep.internal"] })
      const status = (host: string) => Effect.map(send(port, "GET /health", `Host: ${host}`), ({ status }) => status)
      for (const host of [
        "localhost",
        "LOCALHOST:8080",
        "app.localhost",
        "127.0.0.1:1",
        "[::1]:8080",
        "julep.internal"
      ]) {
        expect([host, yield* status(host)]).toEqual([host, 200])
      }
      for (const host of [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "julep.internal.evil",
        "evil.example#.localhost",
        "evil.example:.localhost",
        "localhost,evil.example",
        "",
        "10.0.0.1"
      ]) {
        expect([host, yield* status(host)]).toEqual([host, 421])
      }
      const { body } = yield* send(port, "GET /agents", "Host: evil.example", `X-Auth-Key: ${KEY}`)
      expect(body).toContain("HOST_NOT_ALLOWED")
    })
  )

  it.scopedLive("must be allowed in a URL that has one, too, and such a URL asks for its path", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      const status = (url: string) =>
        Effect.map(send(port, `GET ${url}`, LOCAL, `X-Auth-Key: ${KEY}`), ({ status }) => status)
      for (const path of ["/health", "/api/agents?limit=1", "/admin/keys"]) {
        expect([path, yield* status(`http://user:password@localhost:80${path}`)]).toEqual([path, 200])
      }
      expect(yield* status("http://localhost?limit=1")).toBe(404)
      expect(yield* status("http://evil.example/health")).toBe(421)
    })
  )

  it.scopedLive("may be any elsewhere, unless names are given", () =>
    Effect.gen(function* () {
      const any = yield* servedPort({}, { host: "0.0.0.0" })
      const one = yield* servedPort({ allowedHosts: ["julep.internal"] }, { host: "0.0.0.0" })
      const status = (port: number, host: string) =>
        Effect.map(send(port, "GET /health", `Host: ${host}`), ({ status }) => status)
      expect(yield* status(any, "any.example")).toBe(200)
      expect(yield* status(one, "any.example")).toBe(421)
      expect(yield* status(one, "julep.internal:80")).toBe(200)
      expect(yield* status(one, "127.0.0.1")).toBe(200)
    })
  )
})
