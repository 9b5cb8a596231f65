/** The page at `/playground`: its files and no other, with headers that let it do no more than it must. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ask, KEY, raw, servedPort, withKey } from "../support/serving.js"

const bytes = (text: string) => new TextEncoder().encode(text)

let reads = 0
const playground = Effect.sync(() => {
  reads++
  return new Map([
    ["index.html", bytes("<!doctype html><title>page</title>")],
    ["assets/index-1a2b3c4d.js", bytes("export {}")],
    ["assets/index-1a2b3c4d.css", bytes(":root {}")],
    ["assets/icon-1a2b3c4d.svg", bytes("<svg/>")],
    ["LICENSES.txt", bytes("MIT")]
  ])
})

const HTML = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" }
const APP = "https://app.example.com"

describe("the playground of a server", () => {
  it.scopedLive("is served without a key, under a policy that allows nothing of any other origin", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ playground })
      for (const path of ["/playground/", "/playground/index.html", "/playground/?session=1"]) {
        const { headers, status, text } = yield* ask(port, path)
        expect([status, text]).toEqual([200, "<!doctype html><title>page</title>"])
        expect(headers.get("content-type")).toBe("text/html; charset=utf-8")
        expect(headers.get("cache-control")).toBe("no-store")
        expect(headers.get("referrer-policy")).toBe("no-referrer")
        expect(headers.get("x-content-type-options")).toBe("nosniff")
        expect(headers.get("content-security-policy")).toBe(
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
      }
    })
  )

  it.scopedLive("has assets with their types, which browsers may keep for good, and answers HEAD", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ playground })
      for (const [name, type] of [
        ["index-1a2b3c4d.js", "text/javascript; charset=utf-8"],
        ["index-1a2b3c4d.css", "text/css; charset=utf-8"],
        ["icon-1a2b3c4d.svg", "image/svg+xml"]
      ] as const) {
        const { headers, status } = yield* ask(port, `/playground/assets/${name}`)
        expect([status, headers.get("content-type")]).toEqual([200, type])
        expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable")
      }
      expect((yield* ask(port, "/playground/LICENSES.txt")).headers.get("cache-control")).toBe("no-store")
      const head = yield* ask(port, "/playground/assets/index-1a2b3c4d.js", { method: "HEAD" })
      expect([head.status, head.text, head.headers.get("content-length")]).toEqual([200, "", "9"])
    })
  )

  it.scopedLive("has no other file, whatever a path looks like", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ playground })
      for (const path of [
        "/playground/../package.json",
        "/playground/%2e%2e/package.json",
        "/playground/..%2f..%2fetc/passwd",
        "/playground//etc/passwd",
        "/playground/assets",
        "/playground/assets/",
        "/playground/assets/index-00000000.js",
        "/playground/ASSETS/index-1a2b3c4d.js",
        "/playground/__proto__",
        "/playground/index.html/"
      ]) {
        const { closed, send } = yield* raw(port)
        send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
        const answer = yield* closed
        expect(answer, path).toMatch(/^HTTP\/1\.1 404 /)
        expect(answer, path).toContain("The playground has no file")
      }
      // Beside it, a key is asked for as ever.
      expect((yield* ask(port, "/playgrounds")).status).toBe(403)
      expect((yield* ask(port, "/playground", { method: "POST" })).status).toBe(403)
    })
  )

  it.scopedLive("is where / leads a browser, and nothing else", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ playground })
      for (const method of ["GET", "HEAD"]) {
        const { headers, status } = yield* ask(port, "/", { method, headers: HTML })
        expect([status, headers.get("location"), headers.get("vary")]).toEqual([302, "playground/", "Accept"])
      }
      // Without the slash, files and the API would be looked for beside the page's own folder.
      const { headers, status } = yield* ask(port, "/playground?session=1&agent=2")
      expect([status, headers.get("location")]).toEqual([302, "playground/?session=1&agent=2"])
      expect((yield* ask(port, "/")).status).toBe(403)
      expect((yield* ask(port, "/", { headers: withKey({ accept: "application/json" }) })).status).toBe(404)
      expect((yield* ask(port, "/", { method: "POST", headers: HTML })).status).toBe(403)
      expect((yield* ask(port, "/agents", { headers: HTML })).status).toBe(403)
    })
  )

  it.scopedLive("is for no page of another origin, and for no other name than the server's", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ playground, cors: [APP] })
      for (const path of ["/playground/", "/playground/assets/index-1a2b3c4d.js"]) {
        const { headers, status } = yield* ask(port, path, { headers: { origin: APP } })
        expect(status).toBe(200)
        expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([])
      }
      const { closed, send } = yield* raw(port)
      send("GET /playground HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n")
      expect(yield* closed).toMatch(/^HTTP\/1\.1 421 /)
    })
  )

  it.scopedLive("is read once, at the first request for it", () =>
    Effect.gen(function* () {
      reads = 0
      const port = yield* servedPort({ playground })
      yield* ask(port, "/api/agents", { headers: withKey() })
      expect(reads).toBe(0)
      yield* Effect.all([ask(port, "/playground/"), ask(port, "/playground/"), ask(port, "/playground/nothing")], {
        concurrency: "unbounded"
      })
      expect(reads).toBe(1)
    })
  )

  it.scopedLive("is not there where the options give no files", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ keys: { operator: KEY } })
      expect((yield* ask(port, "/playground", { headers: withKey() })).status).toBe(404)
      expect((yield* ask(port, "/", { headers: withKey(HTML) })).status).toBe(404)
    })
  )
})
