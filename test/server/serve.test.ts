/** What `serve` leaves beside a store, and when it refuses to start. */
import * as fs from "node:fs"
import * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { type ServeOptions, serve } from "../../src/cli/serve/serve.js"
import { keyFile, servingFile, servingOf } from "../../src/cli/serving.js"
import { temporaryFile } from "../soak/support/database.js"
import { ask } from "../support/serving.js"

const served = (file: string, options: Partial<ServeOptions> = {}) =>
  serve({
    host: "127.0.0.1",
    port: 0,
    engine: { storage: { file }, model: "offline" },
    server: { accessLog: false },
    ...options
  })

const status = (url: string, key: string) =>
  Effect.map(ask(Number(new URL(url).port), "/agents", { headers: { "x-auth-key": key } }), ({ status }) => status)

const rights = (file: string): number => fs.statSync(file).mode & 0o777

describe("serve", () => {
  const isRoot = process.getuid?.() === 0
  it.scopedLive.skipIf(!isRoot)(
    `does not take its key from a file of another user${isRoot ? "" : " (skipped: only root can give a file away)"}`,
    () =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        fs.writeFileSync(keyFile(file), "theirs\n", { mode: 0o600 })
        fs.chownSync(keyFile(file), 12_345, 12_345)
        expect((yield* Effect.flip(served(file))).message).toContain("belongs to another user")
      })
  )

  it.scopedLive("makes a key on the first start, which only its owner can read, and keeps it", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const { key, keyFile: kept, url } = yield* served(file)
          expect(kept).toBe(keyFile(file))
          expect(rights(keyFile(file))).toBe(0o600)
          expect(yield* status(url, Redacted.value(key))).toBe(200)
          return Redacted.value(key)
        })
      )
      expect(first.length).toBeGreaterThanOrEqual(43)
      expect(fs.readFileSync(keyFile(file), "utf8")).toBe(`${first}\n`)
      const again = yield* served(file)
      expect(Redacted.value(again.key)).toBe(first)
    })
  )

  it.scopedLive("says beside the store where it listens, until it ends", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      // That of a server which was killed.
      fs.writeFileSync(servingFile(file), '{"url":"http://127.0.0.1:1","pid":2147483647}', { mode: 0o644 })
      expect(yield* servingOf(file)).toEqual(Option.none())
      const scope = yield* Scope.make()
      const { key, url } = yield* Scope.extend(served(file), scope)
      expect(rights(servingFile(file))).toBe(0o600)
      expect(yield* servingOf(file)).toEqual(Option.some({ url, pid: process.pid, key }))
      yield* Scope.close(scope, Exit.void)
      expect(fs.existsSync(servingFile(file))).toBe(false)
    })
  )

  it.scopedLive("uses a key that is given, and writes none", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const { keyFile: kept, url } = yield* served(file, { key: Redacted.make("given") })
      expect(kept).toBe(undefined)
      expect(fs.existsSync(keyFile(file))).toBe(false)
      expect(yield* status(url, "given")).toBe(200)
    })
  )

  it.scopedLive("lets others reach it only with a key that is there already", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const everywhere = served(file, { host: "0.0.0.0" })
      const { message } = yield* Effect.flip(everywhere)
      expect(message).toContain("Set AGENTS_API_KEY")
      expect(fs.existsSync(file)).toBe(false)
      fs.writeFileSync(keyFile(file), "kept\n", { mode: 0o600 })
      expect(yield* status((yield* everywhere).url, "kept")).toBe(200)
    })
  )

  it.scopedLive("does not start with a key file that is empty, nor where another program listens", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      fs.writeFileSync(keyFile(file), "\n", { mode: 0o600 })
      expect((yield* Effect.flip(served(file))).message).toContain("is empty")
      fs.writeFileSync(keyFile(file), "one\ntwo\n")
      expect((yield* Effect.flip(served(file))).message).toContain("contains white space")
      const port = yield* Effect.acquireRelease(
        Effect.async<net.Server>((resume) => {
          const server = net.createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      ).pipe(Effect.map((server) => Number(Object(server.address()).port)))
      const { message } = yield* Effect.flip(served(file, { port, key: Redacted.make("given") }))
      expect(message).toContain("Choose another port with --port.")
      // The store is closed again, and nothing says that it is served.
      expect(fs.existsSync(servingFile(file))).toBe(false)
      yield* served(file, { key: Redacted.make("given") })
    })
  )
})
