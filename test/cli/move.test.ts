/** `effect-julep move`: a store into another one. */
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { temporaryFolder } from "../engine/storage/support/store.js"
import { cli } from "../support/cli.js"

/** A store with a bit of everything, and a search of it. */
const scene = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const store = path.join(folder, "one.db")
  const run = (line: string, db = store) => cli(`${line} --db ${db}`)
  const data = '{"name":"Ada","docs":[{"title":"Tea","content":"Green tea takes three minutes."}]}'
  yield* run(`agents create --data '${data}'`)
  yield* run("users create --name Sam")
  yield* run("memories create --agent Ada --user Sam --content 'Sam likes green tea.'")
  yield* run("keys create --name app")
  const search = (db: string) =>
    Effect.map(run("search 'green tea' --agent Ada --user Sam --json", db), ({ out }) => out)
  return { folder, store, run, search }
})

describe("move", () => {
  it.scopedLive("moves a file into another one, shows progress on a terminal alone, and goes on when run again", () =>
    Effect.gen(function* () {
      const { folder, run, search, store } = yield* scene
      const target = path.join(folder, "two.db")
      const moved = yield* cli(`move --from ${store} --to ${target}`)
      expect(moved).toMatchObject({
        code: 0,
        out: "",
        err: `Moved 1 agent, 1 user, 1 doc, 1 memory, 1 job and 1 key to ${target}; 0 rows were there already.\n`
      })
      const hits = yield* search(target)
      expect(hits).toContain("Green tea takes three minutes.")
      expect(hits).toBe(yield* search(store))
      expect((yield* run("keys list --json", target)).out).toBe((yield* run("keys list --json")).out)
      const again = yield* cli(`move --from ${store} --to file:${target} --json`, { errorIsTerminal: true })
      expect([again.code, JSON.parse(again.out)]).toMatchObject([
        0,
        { written: {}, skipped: 0, from: store, to: target }
      ])
      expect(again.err).toContain("Rows")
    })
  )

  it.scopedLive(
    "refuses a target that is not empty, the same store, a store that is not there, and one that is served",
    () =>
      Effect.gen(function* () {
        const { folder, run, store } = yield* scene
        const target = path.join(folder, "two.db")
        yield* run("agents create --name Bea", target)
        expect(yield* cli(`move --from ${store} --to ${target}`)).toMatchObject({
          code: 1,
          err: expect.stringMatching(/^The target has the agent [-0-9a-f]{36}, which the source does not have\./)
        })
        fs.symlinkSync(store, path.join(folder, "link.db"))
        expect(yield* cli(`move --from ${store} --to ${path.join(folder, "link.db")}`)).toMatchObject({
          code: 2,
          err: "--from and --to name the same store.\n"
        })
        const absent = path.join(folder, "absent.db")
        const fresh = path.join(folder, "fresh.db")
        expect((yield* cli(`move --from ${absent} --to ${fresh}`)).code).toBe(3)
        expect(fs.existsSync(fresh)).toBe(false)
        const wrong = yield* cli(`move --from ${store} --to postgres://me:hunter#2@host/db`)
        expect([wrong.code, wrong.err]).toEqual([
          2,
          expect.stringContaining("--to must be the URL of a PostgreSQL database")
        ])
        expect(wrong.err).not.toContain("hunter")
        fs.writeFileSync(`${store}.serve`, JSON.stringify({ url: "http://127.0.0.1:9", pid: process.pid }))
        const served = yield* cli(`move --from ${store} --to ${fresh}`, { env: { AGENTS_API_KEY: "k" } })
        expect([served.code, served.err]).toEqual([
          2,
          `Process ${process.pid} serves ${store}. Stop it, and move again.\n`
        ])
      })
  )
})
