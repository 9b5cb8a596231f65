/** `effect-julep move`: a store into another one. */
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import { temporaryFolder } from "../engine/storage/support/store.js"
import { cli } from "../support/cli.js"

/** A store with a bit of everything. */
const scene = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const store = path.join(folder, "one.db")
  const engine = Embedded.layer({ storage: { file: store }, model: "offline" })
  const { agent, user } = yield* Effect.gen(function* () {
    const { agents, memories, users } = yield* Julep
    const docs = [{ title: "Tea", content: "Green tea takes three minutes." }]
    const agent = yield* agents.create({ name: "Ada", docs })
    const user = yield* users.create({ name: "Sam" })
    yield* memories.create({ agent_id: agent.id, user_id: user.id, content: "Sam likes green tea." })
    return { agent, user }
  }).pipe(Effect.provide(engine), Logger.withMinimumLogLevel(LogLevel.None))
  const key = yield* cli(`keys create --name app --json --db ${store}`)
  const search = (db: string) => cli(`search 'green tea' --agent ${agent.id} --user ${user.id} --json --db ${db}`)
  return { folder, store, search, key: Object(JSON.parse(key.out)) }
})

describe("move", () => {
  it.scopedLive("moves a file into another one, shows progress on a terminal alone, and goes on when run again", () =>
    Effect.gen(function* () {
      const { folder, key, search, store } = yield* scene
      const target = path.join(folder, "two.db")
      const moved = yield* cli(`move --from ${store} --to ${target}`)
      expect(moved).toMatchObject({
        code: 0,
        out: "",
        err: `Moved 1 agent, 1 user, 1 doc, 1 memory, 1 job and 1 key to ${target}; 0 rows were there already.\n`
      })
      const hits = yield* search(target)
      expect(hits.out).toContain("Green tea takes three minutes.")
      expect(hits).toEqual(yield* search(store))
      expect(JSON.parse((yield* cli(`keys list --json --db ${target}`)).out)).toMatchObject({ id: key.id, name: "app" })
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
        const { folder, store } = yield* scene
        const target = path.join(folder, "two.db")
        yield* cli(`agents create --name Bea --db ${target}`)
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
