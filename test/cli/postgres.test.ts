/** The program on a PostgreSQL database: every command takes its URL, and none prints its password. */
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { temporaryFolder } from "../engine/storage/support/store.js"
import { cli, type Surroundings } from "../support/cli.js"
import { latch, soon } from "../support/latches.js"
import { emptySchema } from "../support/postgres/schemas.js"
import { onPostgres } from "../support/postgres.js"
import { ask } from "../support/serving.js"

const PASSWORD = "hunter2"

/** The same database, with a password that the server of the tests does not ask for. */
const withPassword = (url: string): string => {
  const secret = new URL(url)
  if (secret.password === "") secret.password = PASSWORD
  return secret.href
}

/** Runs a command on a database, and checks that its password is nowhere in what it prints. */
const on =
  (url: string) =>
  (line: string, { env, ...surroundings }: Surroundings = {}) =>
    Effect.tap(cli(line, { ...surroundings, env: { ...env, JULEP_DATABASE_URL: url } }), ({ err, out }) =>
      Effect.sync(() => expect(out + err).not.toContain(PASSWORD))
    )

const json = ({ out }: { readonly out: string }) => JSON.parse(out)

describe("a database that cannot be opened", () => {
  it.live("is an error that says why, with an exit code of its own and without the password", () =>
    Effect.gen(function* () {
      const { code, err } = yield* on(`postgres://me:${PASSWORD}@127.0.0.1:1/db`)("agents list")
      expect([code, err]).toEqual([5, expect.stringContaining("postgres://me@127.0.0.1:1/db")])
      const { out } = yield* on(`postgres://me:${PASSWORD}@127.0.0.1:1/db`)("doctor --json --model offline")
      expect(out).toContain('"what":"store","state":"problem"')
    })
  )
})

onPostgres("the program on PostgreSQL", (server) => {
  const scene = Effect.map(emptySchema(server), (url) => ({ url: withPassword(url), run: on(withPassword(url)) }))

  it.scopedLive("works with agents, keys, moves and searches as on a file, and back", () =>
    Effect.gen(function* () {
      const { run, url } = yield* scene
      const folder = yield* temporaryFolder
      const file = path.join(folder, "one.db")
      const docs = ["Green tea takes three minutes.", "Black tea takes four minutes.", "Cups are for tea."].map(
        (content, at) => ({ title: `Tea ${at}`, content })
      )
      const agent = json(
        yield* cli(`agents create --data '${JSON.stringify({ name: "Ada", docs })}' --json --db ${file}`)
      )
      const key = json(yield* cli(`keys create --name app --json --db ${file}`))
      const search = "search 'green tea minutes' --agent Ada --json"
      const before = yield* cli(`${search} --db ${file}`)
      expect(before.out).toContain("three minutes")

      const moved = yield* run(`move --from ${file} --to ${url}`)
      expect(moved).toMatchObject({
        code: 0,
        err: expect.stringMatching(/^Moved 1 agent, 3 docs.* and 1 key to postgres/m)
      })
      expect(json(yield* run("agents list --json"))).toMatchObject({ id: agent.id, name: "Ada" })
      expect(json(yield* run("keys list --json"))).toMatchObject({ id: key.id, name: "app" })
      expect(yield* run(search)).toEqual(before)

      const back = path.join(folder, "two.db")
      expect((yield* run(`move --from ${url} --to ${back}`)).code).toBe(0)
      expect((yield* cli(`export --db ${back}`)).out).toBe((yield* cli(`export --db ${file}`)).out)
      expect(yield* cli(`${search} --db ${back}`)).toEqual(before)
    })
  )

  it.scopedLive("moves nothing from a database without a store, and creates none in it", () =>
    Effect.gen(function* () {
      const { url } = yield* scene
      const bare = new URL(url)
      bare.searchParams.set("options", "-c search_path=nowhere")
      const file = path.join(yield* temporaryFolder, "one.db")
      for (let attempt = 0; attempt < 2; attempt++) {
        expect(yield* on(bare.href)(`move --from ${bare.href} --to ${file}`)).toMatchObject({
          code: 3,
          err: expect.stringMatching(/^There is no store in postgres.*Check the name of the database/)
        })
      }
      expect(fs.existsSync(file)).toBe(false)
    })
  )

  it.scopedLive("finds what matters of the server", () =>
    Effect.gen(function* () {
      const { run, url } = yield* scene
      yield* run("agents create --name Ada")
      const { code, err, out } = yield* run("doctor --model offline")
      expect({ code, err }).toEqual({ code: 0, err: "" })
      expect(out).toMatch(/^ok {7}store {5}postgres.* answers\.$/m)
      expect(out).toMatch(/^ok {7}server {4}PostgreSQL \d+.* accepts \d+ connections\.$/m)
      expect(out).toMatch(/^\w+ +pgvector {2}/m)
      expect(out).toMatch(/^ok {7}schema {4}Version [1-9]\d*\.$/m)
      const nowhere = new URL(url)
      nowhere.searchParams.set("options", "-c search_path=nowhere")
      const bare = yield* on(nowhere.href)("doctor --model offline")
      expect([bare.code, bare.out]).toEqual([
        1,
        expect.stringMatching(/^problem {2}schema {4}Version 0, and its user may not create tables\./m)
      ])
    })
  )

  it.scopedLive(
    "serves one database twice: a key that one server makes, and what it creates, are the other's, too",
    () =>
      Effect.gen(function* () {
        const { run } = yield* scene
        const started = () =>
          Effect.gen(function* () {
            const [ready, stop] = [latch<string>(), latch<"SIGTERM">()]
            const fiber = yield* Effect.fork(
              run("serve --port 0 --model offline --json", {
                env: { AGENTS_API_KEY: "operator-secret" },
                onWrite: ready.open,
                signal: stop.opened
              })
            )
            const shown = JSON.parse(yield* soon("the server listens")(ready.opened))
            return {
              shown,
              port: Number(new URL(shown.url).port),
              end: Effect.suspend(() => {
                stop.open("SIGTERM")
                return Fiber.join(fiber)
              })
            }
          })
        const [one, other] = [yield* started(), yield* started()]
        expect(one.shown).toMatchObject({ store: expect.stringMatching(/^postgres/) })
        expect(one.shown).not.toHaveProperty("key_file")
        const { key } = json(yield* run("keys create --name app --json"))
        const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }
        const created = yield* ask(one.port, "/agents", { method: "POST", headers, body: '{"name":"Ada"}' })
        expect(created.status).toBe(201)
        expect((yield* ask(other.port, "/agents", { headers })).json).toMatchObject({ items: [{ name: "Ada" }] })
        const operator = { authorization: "Bearer operator-secret", "content-type": "application/json" }
        const refused = (path: string, body: string) =>
          Effect.map(ask(one.port, path, { method: "POST", headers: operator, body }), ({ json, status }) => [
            status,
            json
          ])
        expect(yield* refused("/admin/backup", '{"file":"x"}')).toMatchObject([
          400,
          { error: { code: "NOT_BACKED_UP" } }
        ])
        expect(yield* refused("/admin/prune", '{"vacuum":true}')).toMatchObject([400, { error: { code: "NO_VACUUM" } }])
        for (const { end } of [one, other]) expect(yield* end).toMatchObject({ code: 0, err: "" })
      })
  )
})
