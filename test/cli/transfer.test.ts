/** Exports and imports: of a store, and of a server. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { chunksOf } from "../../src/cli/ndjsonChunks.js"
import { cli } from "../support/cli.js"
import { ask, KEY, servedPort, withKey } from "../support/serving.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-transfer-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const file = (name: string) => path.join(folder, name)

/** A store with an agent, its doc, and a session with messages. */
const store = (name: string) =>
  Effect.gen(function* () {
    const db = `--db ${file(name)}`
    const data = '{"name":"Ada","docs":[{"title":"Tea","content":"Four minutes."}]}'
    const { id } = JSON.parse((yield* cli(`agents create --data '${data}' --json ${db}`)).out)
    yield* cli(`users create --name Sam ${db}`)
    yield* cli(`sessions create --agent ${id} ${db}`)
    return { db, id: String(id) }
  })

const onServer = (port: number) => ({ env: { JULEP_API_URL: `http://127.0.0.1:${port}`, JULEP_API_KEY: KEY } })

describe("export and import", () => {
  it.live("move everything from one store to another, once", () =>
    Effect.gen(function* () {
      const { db, id } = yield* store("one.db")
      const out = file("one.jsonl")
      const made = yield* cli(`export ${out} ${db}`)
      expect(made).toEqual({
        code: 0,
        out: "",
        err: `Exported 1 agent, 1 user, 1 doc and 1 session to ${out}.\n`
      })
      expect(yield* cli(`export ${out} ${db}`)).toMatchObject({
        code: 2,
        err: `The file ${out} exists already. Name a new one.\n`
      })
      expect((yield* cli(`export ${db}`)).out).toBe(fs.readFileSync(out, "utf8"))
      const target = `--db ${file("two.db")}`
      const imported = yield* cli(`import ${out} ${target}`)
      expect(imported).toMatchObject({
        code: 0,
        err: "Imported 1 agent, 1 user, 1 doc and 1 session; 0 rows were there already.\n"
      })
      expect((yield* cli(`import ${out} ${target}`)).err).toBe("Imported nothing; 4 rows were there already.\n")
      expect((yield* cli(`agents get ${id} ${target}`)).code).toBe(0)
      yield* cli(`agents update ${id} --name Bea ${target}`)
      const again = yield* cli(`import ${out} ${target}`)
      expect(again.code).toBe(1)
      expect(again.err).toContain(
        `Left out: agent ${id}, because the store has another version of it.\n1 row was left out.`
      )
      expect(JSON.parse((yield* cli(`import ${out} --json ${target}`)).out)).toMatchObject({ skipped: 1 })
    })
  )

  it.live("report an export that was cut off, and a file that is none", () =>
    Effect.gen(function* () {
      const { db } = yield* store("cut.db")
      const whole = (yield* cli(`export ${db}`)).out
      fs.writeFileSync(file("cut.jsonl"), whole.slice(0, whole.lastIndexOf('{"kind"')))
      const cut = yield* cli(`import ${file("cut.jsonl")} --db ${file("cut-target.db")}`)
      expect([cut.code, cut.err]).toEqual([1, expect.stringContaining("was cut off: its last line is missing.")])
      fs.writeFileSync(file("half.jsonl"), whole.slice(0, whole.lastIndexOf('{"kind"') - 20))
      const half = yield* cli(`import ${file("half.jsonl")} --db ${file("half-target.db")}`)
      expect([half.code, half.err]).toEqual([2, expect.stringContaining("Line 5 cannot be imported: it is not JSON.")])
      const none = yield* cli(`import ${file("none.jsonl")} --db ${file("none-target.db")}`)
      expect(none).toMatchObject({ code: 3, err: expect.stringContaining("There is no file") })
      expect(fs.existsSync(file("none-target.db"))).toBe(false)
    })
  )

  it.scopedLive("work on a running server, with a file of many parts and an error with its line", () =>
    Effect.gen(function* () {
      const { db, id } = yield* store("local.db")
      yield* cli(`export ${file("local.jsonl")} ${db}`)
      const port = yield* servedPort()
      const done = yield* cli(`import ${file("local.jsonl")} --json`, onServer(port))
      expect([done.code, JSON.parse(done.out)]).toEqual([
        0,
        { written: { agent: 1, user: 1, doc: 1, session: 1 }, unchanged: {}, skipped: 0, rows: [], complete: true }
      ])
      expect((yield* cli(`agents get ${id}`, onServer(port))).code).toBe(0)
      const back = yield* cli("export", onServer(port))
      expect(back.out).toBe(fs.readFileSync(file("local.jsonl"), "utf8"))
      fs.writeFileSync(file("bad.jsonl"), `${fs.readFileSync(file("local.jsonl"), "utf8")}{"kind":"key"}\n`)
      const bad = yield* cli(`import ${file("bad.jsonl")}`, onServer(port))
      expect([bad.code, bad.err]).toEqual([2, expect.stringContaining("Line 7 cannot be imported: its kind must be")])
      const other = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"
      expect((yield* cli(`import ${file("local.jsonl")} --developer ${other}`, onServer(port))).code).toBe(0)
      expect((yield* cli(`export --developer ${other}`, onServer(port))).err).toContain("Exported 1 agent, 1 user")
    })
  )

  it.scopedLive("are the operator's of a server, which takes bodies that are larger than others may be", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ maxBodySize: 1000 })
      const { key } = Object(
        (yield* ask(port, "/admin/keys", {
          method: "POST",
          headers: withKey({ "content-type": "application/json" }),
          body: '{"name":"app"}'
        })).json
      )
      for (const path of ["/admin/export", "/admin/import"]) {
        const method = path.endsWith("import") ? "POST" : "GET"
        const refused = yield* ask(port, path, { method, headers: { authorization: `Bearer ${key}` } })
        expect(refused.json).toMatchObject({ error: { code: "NOT_OPERATOR" } })
      }
      const header = '{"kind":"header","format":"effect-julep","version":1}\n'
      const large = yield* ask(port, "/admin/import", { method: "POST", headers: withKey(), body: header.repeat(100) })
      expect([large.status, large.json]).toMatchObject([200, { complete: false, skipped: 0 }])
      const wrong = yield* ask(port, "/admin/export?developer_id=me", { headers: withKey() })
      expect([wrong.status, wrong.json]).toMatchObject([400, { error: { code: "BAD_DEVELOPER" } }])
    })
  )
})

describe("prune", () => {
  it.scopedLive("works on a store and on a running server, and asks for durations", () =>
    Effect.gen(function* () {
      const { db } = yield* store("prune.db")
      const dry = yield* cli(`prune --sessions-older-than 90d --dry-run ${db}`)
      expect(dry).toEqual({ code: 0, out: "Would delete nothing.\n", err: "" })
      expect((yield* cli(`prune --sessions-older-than '0 days' --vacuum ${db}`)).out).toBe("Deleted 1 session.\n")
      expect((yield* cli(`sessions list --json ${db}`)).out).toBe("")
      const wrong = yield* cli(`prune --memories-older-than soon ${db}`)
      expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("--memories-older-than must be a duration") })
      const port = yield* servedPort()
      const counted = yield* cli("prune --memories-older-than '1 day' --json", onServer(port))
      expect([counted.code, JSON.parse(counted.out)]).toEqual([
        0,
        { replies: 0, jobs: 0, memories: 0, sessions: 0, dry_run: false }
      ])
    })
  )
})

describe("the parts of a file", () => {
  it.effect.each([1, 3, 10, 1000])("of about %i bytes are whole lines, numbered, and all of it", (size) =>
    Effect.gen(function* () {
      const text = Array.from({ length: 40 }, (_, at) => "x".repeat(at % 7)).join("\n")
      const bytes = new TextEncoder().encode(text)
      const pieces = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, at) => bytes.subarray(at * 4, at * 4 + 4))
      const parts = Array.from(yield* Stream.runCollect(chunksOf(Stream.fromIterable(pieces), size)))
      expect(Buffer.concat(parts.map((part) => part.bytes)).toString()).toBe(text)
      let line = 1
      for (const { bytes, firstLine } of parts) {
        expect(firstLine).toBe(line)
        line += Buffer.from(bytes).toString().split("\n").length - 1
      }
      for (const { bytes } of parts.slice(0, -1)) expect(bytes.at(-1)).toBe(10)
    })
  )
})
