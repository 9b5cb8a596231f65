import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { answering, cli } from "../support/cli.js"
import { imports } from "../support/imports.js"
import { KEY, serveEngine } from "../support/servedEngine.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-cli-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const file = (name: string) => path.join(folder, name)

describe("a command talks to", () => {
  it.scoped("a server that --url or JULEP_API_URL names, with the key of JULEP_API_KEY", () =>
    Effect.gen(function* () {
      const url = yield* serveEngine({})
      const env = { JULEP_API_KEY: KEY }
      expect((yield* cli(`agents create --name Ada --url ${url}/api`, { env })).code).toBe(0)
      const { out } = yield* cli("agents list --json", { env: { ...env, JULEP_API_URL: url } })
      expect(JSON.parse(out)).toMatchObject({ name: "Ada" })
      const other = yield* cli("agents list --json --developer 8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10", {
        env: { ...env, JULEP_API_URL: url }
      })
      expect(other).toEqual({ code: 0, out: "", err: "" })
    })
  )

  it.scoped("the server that has the store open, with the key beside it or that of the environment", () =>
    Effect.gen(function* () {
      const url = yield* serveEngine({})
      const store = file("served.db")
      fs.writeFileSync(`${store}.serve`, JSON.stringify({ url, pid: process.pid }))
      const keyless = yield* cli(`agents list --db ${store}`)
      expect(keyless.code).toBe(2)
      expect(keyless.err).toBe(`Process ${process.pid} serves ${store} at ${url}: set AGENTS_API_KEY to its key.\n`)
      expect((yield* cli(`agents create --name Ada --db ${store}`, { env: { JULEP_API_KEY: KEY } })).code).toBe(0)
      fs.writeFileSync(`${store}.key`, `${KEY}\n`)
      expect((yield* cli("agents get Ada", { env: { JULEP_DATABASE_URL: store } })).code).toBe(0)
      const refused = yield* cli(`agents get Ada --db ${store}`, { env: { AGENTS_API_KEY: "another-key" } })
      expect(refused.code).toBe(4)
      expect(refused.err).not.toContain("another-key")
      expect(fs.existsSync(store)).toBe(false)
    })
  )

  it.effect("the store itself if its server has ended", () =>
    Effect.gen(function* () {
      const store = file("ended.db")
      // No process has this number: they end below it.
      fs.writeFileSync(`${store}.serve`, JSON.stringify({ url: "http://127.0.0.1:9", pid: 2 ** 30 }))
      expect((yield* cli(`agents create --name Ada --db file:${store}`)).code).toBe(0)
      expect((yield* cli("agents get Ada", { env: { JULEP_DATABASE_URL: store } })).code).toBe(0)
      fs.writeFileSync(`${store}.serve`, "half a l")
      expect((yield* cli(`agents get Ada --db ${store}`)).code).toBe(0)
    })
  )

  const isRoot = process.getuid?.() === 0
  if (!isRoot) process.stderr.write("Skipped: the file of a server that is of another user, which only root can make\n")

  it.effect.skipIf(!isRoot)("no server that another user names", () =>
    Effect.gen(function* () {
      const store = file("shared.db")
      fs.writeFileSync(`${store}.serve`, JSON.stringify({ url: "http://127.0.0.1:9", pid: process.pid }))
      fs.chownSync(`${store}.serve`, 12_345, 12_345)
      const { code } = yield* cli(`agents create --name Ada --db ${store}`, { env: { AGENTS_API_KEY: KEY } })
      expect(code).toBe(0)
      expect(fs.existsSync(store)).toBe(true)
    })
  )

  it.effect("one place", () =>
    Effect.gen(function* () {
      const both = yield* cli("agents list --db a.db --url http://127.0.0.1:9")
      expect(both).toMatchObject({ code: 2, err: "--db names a store and --url a server: give one of them.\n" })
      const keyless = yield* cli("agents list --url http://127.0.0.1:9")
      expect(keyless).toMatchObject({ code: 2, err: "A server needs a key: set JULEP_API_KEY to it.\n" })
      // Without http:// it is a URL, too: of the scheme `localhost:`.
      expect(yield* cli("agents list --url localhost:9")).toMatchObject({
        code: 2,
        err: "--url must be the URL of a server, such as http://127.0.0.1:8080.\n"
      })
      for (const [line, env] of [
        ["agents list --db postgres://me:secret#1@host/db", {}],
        ["agents list", { JULEP_DATABASE_URL: "postgresql://me:secret@host/db?pool_size=0" }],
        ["backup copy.db --db libsql://me:secret@host", {}]
      ] as const) {
        const { code, err } = yield* cli(line, { env })
        expect(code).toBe(2)
        expect(err).toMatch(/^(--db|JULEP_DATABASE_URL|pool_size of JULEP_DATABASE_URL) must be /)
        expect(err).not.toContain("secret")
      }
    })
  )

  it.effect("no store that is not there, unless it creates something", () =>
    Effect.gen(function* () {
      const store = file("absent.db")
      for (const line of ["agents list", "agents delete Ada", "keys list", "reindex", "backup copy.db"]) {
        const { code, err } = yield* cli(`${line} --db ${store}`)
        expect(code).toBe(3)
        expect(err).toContain(`There is no store at ${store}.`)
      }
      expect(fs.existsSync(store)).toBe(false)
    })
  )

  it.effect("a PostgreSQL database, and refuses there what its own tools do", () =>
    Effect.gen(function* () {
      for (const [line, advice] of [
        ["backup copy.dump", "pg_dump"],
        ["restore copy.dump", "pg_restore"],
        ["prune --vacuum", "autovacuum"],
        ["serve --port 0 --model offline", "AGENTS_API_KEY"]
      ] as const) {
        const { code, err, out } = yield* cli(line, { env: { JULEP_DATABASE_URL: "postgres://me:hunter2@host/db" } })
        expect([code, out, err]).toEqual([2, "", expect.stringContaining(advice)])
        expect(err).not.toContain("hunter2")
      }
    })
  )

  it("the engine only where it opens a store: nothing loads it before", () => {
    const root = path.resolve(import.meta.dirname, "../..")
    const seen = new Set<string>()
    const visit = (module: string) => {
      if (seen.has(module)) return
      seen.add(module)
      for (const { dynamic, specifier, typeOnly } of imports(fs.readFileSync(path.join(root, module), "utf8"))) {
        // Commands are loaded by the tree, and everything else in them by themselves.
        const isCommand = specifier.startsWith("./commands/")
        if (typeOnly || !specifier.startsWith(".") || (dynamic && !isCommand)) continue
        visit(path.join(path.dirname(module), specifier).replace(/\.js$/, ".ts"))
      }
    }
    visit("src/cli/node.ts")
    expect([...seen]).toContain("src/cli/commands/agents.ts")
    expect([...seen].filter((module) => /src\/(engine|layers\/E|embedded)/.test(module))).toEqual([])
  })
})

describe("a command that fails", () => {
  it.scoped("says what the server said, without the key that it repeats", () =>
    Effect.gen(function* () {
      const url = yield* answering((request, response) => {
        response.writeHead(403, { "content-type": "application/json" })
        response.end(JSON.stringify({ error: { message: `Wrong key ${request.headers.authorization}`, code: "X" } }))
      })
      const key = "jlp_0123456789abcdef"
      const { code, err, out } = yield* cli("agents list --json", { env: { JULEP_API_URL: url, JULEP_API_KEY: key } })
      expect({ code, out }).toEqual({ code: 4, out: "" })
      expect(err).toContain("Wrong key")
      expect(err).toContain("Set JULEP_API_KEY to a key that this server accepts.")
      expect(err).not.toContain(key)
    })
  )

  it.scopedLive("ends with 5 where nothing answers", () =>
    Effect.gen(function* () {
      const url = yield* answering((request) => request.socket.destroy())
      const { code, err } = yield* cli(`agents list --url ${url}`, { env: { JULEP_API_KEY: "k" } })
      expect(code).toBe(5)
      expect(err).toContain("Check --url or JULEP_API_URL")
    })
  )

  it.scoped("ends with 130 when it is interrupted, and keeps what it printed", () =>
    Effect.gen(function* () {
      const id = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"
      const job = { id, name: "index_doc", state: "in_progress", created_at: "2026-01-31T12:00:00Z" }
      const url = yield* answering((_request, response) => {
        response.writeHead(200, { "content-type": "application/json" })
        response.end(JSON.stringify(job))
      })
      for (const [name, expected] of [
        ["SIGINT", 130],
        ["SIGTERM", 143]
      ] as const) {
        const printed = yield* Deferred.make<void>()
        const { code, err, out } = yield* cli(`jobs watch ${id} --url ${url}`, {
          env: { JULEP_API_KEY: "k" },
          signal: Effect.as(Deferred.await(printed), name),
          onWrite: () => Deferred.unsafeDone(printed, Effect.void)
        })
        expect({ code, out, err }).toEqual({ code: expected, out: "index_doc: in_progress\n", err: "" })
      }
    })
  )
})
