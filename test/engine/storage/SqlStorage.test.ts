import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { describe, expect, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { Storage, StorageError } from "../../../src/engine/ports/Storage.js"
import { storageError } from "../../../src/engine/storage/Failure.js"
import * as Registry from "../../../src/engine/storage/libsql/Registry.js"
import { migrate, schemaVersion } from "../../../src/engine/storage/sqlite/Migrations.js"
import {
  agentRow,
  alice,
  counts,
  dump,
  page,
  passages,
  seed,
  storeOn,
  temporaryFolder,
  withStore
} from "./support/store.js"

class Mine extends Data.TaggedError("Mine")<{ readonly n: number }> {}

describe("transactions", () => {
  it.effect("write all or nothing, index rows included, and pass other errors through", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { ofAgent } = yield* seed(alice)
        const before = [yield* dump(), yield* counts]
        const failing = store.transaction(Effect.zipRight(seed(alice), new Mine({ n: 1 })))
        const error: Mine | StorageError = yield* Effect.flip(failing)
        expect(error).toEqual(new Mine({ n: 1 }))
        expect([yield* dump(), yield* counts]).toEqual(before)
        expect(yield* passages(store)(alice, [ofAgent], "Saturn", 10)).toHaveLength(1)
        yield* store.transaction(seed(alice))
        expect((yield* counts)["passages_fts"]).toBe(6)
      })
    )
  )

  it.effect("go on after a nested one failed", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const [kept, lost] = [agentRow(), agentRow()]
        yield* store.transaction(
          Effect.gen(function* () {
            yield* store.agents.insert(alice, kept)
            const nested = store.transaction(Effect.zipRight(store.agents.insert(alice, lost), new Mine({ n: 2 })))
            expect(Either.isLeft(yield* Effect.either(nested))).toBe(true)
          })
        )
        expect((yield* store.agents.list(alice, page())).map((row) => row.id)).toEqual([kept.id])
      })
    )
  )

  it.effect("run what is to follow a commit once it is there, and never after a rollback", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const said: Array<string> = []
        const say = (what: string) => Effect.sync(() => void said.push(what))
        yield* store.afterCommit(say("at once"))
        yield* store.transaction(Effect.zipRight(store.afterCommit(say("committed")), say("written")))
        yield* Effect.flip(store.transaction(Effect.zipRight(store.afterCommit(say("never")), new Mine({ n: 3 }))))
        expect(said).toEqual(["at once", "written", "committed"])
      })
    )
  )

  it.effect("turn a statement of another's into the store's error", () =>
    withStore((store, sql) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(store.transaction(sql`SELECT * FROM nowhere`))
        expect(error).toBeInstanceOf(StorageError)
        expect(error.message).toBe("transaction: no such table: nowhere")
      })
    )
  )
})

describe("failures", () => {
  it.each([
    ["SQLITE_FULL", "free some space"],
    ["SQLITE_BUSY_SNAPSHOT", "locked by another process"],
    ["SQLITE_CORRUPT_VTAB", "restore a backup"],
    ["SQLITE_READONLY_DIRECTORY", "permissions"],
    ["SQLITE_IOERR_WRITE", "disk"]
  ])("%s says what to do and keeps the cause", (code, advice) => {
    const cause = new SqlError({ cause: Object.assign(new Error("native text"), { code }) })
    const error = storageError("docs.insert", cause)
    expect(error.message).toContain("docs.insert: ")
    expect(error.message).toContain(advice)
    expect(error.message).toContain("native text")
    expect(error.cause).toBe(cause)
  })
})

describe("files", () => {
  const on = <A, E>(file: string, effect: Effect.Effect<A, E, Storage | SqlClient.SqlClient>) =>
    Effect.provide(effect, storeOn(file))

  it.scoped("are found again as they were left", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      const [seeded, before] = yield* on(file, Effect.all([seed(alice), dump()]))
      yield* on(
        file,
        Effect.gen(function* () {
          expect(yield* dump()).toEqual(before)
          const store = yield* Storage
          expect(yield* passages(store)(alice, [seeded.ofAgent], "Saturn", 10)).toHaveLength(1)
          // The order of insertion goes on, also after the newest row was deleted.
          yield* store.agents.remove(alice, seeded.agent.id)
          const [one, two] = [agentRow(), agentRow()]
          yield* store.agents.insert(alice, one)
          yield* store.agents.insert(alice, two)
          const listed = yield* store.agents.list(alice, page({ order: "asc" }))
          expect(listed.map((row) => row.id)).toEqual([one.id, two.id])
          const sql = yield* SqlClient.SqlClient
          expect(yield* sql`SELECT seq FROM agents ORDER BY seq`).toEqual([{ seq: 2 }, { seq: 3 }])
          expect(yield* sql`PRAGMA integrity_check`).toEqual([{ integrity_check: "ok" }])
        })
      )
    })
  )

  it.scoped("of a newer release are refused and left alone", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      const newer = schemaVersion + 41
      yield* on(
        file,
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`INSERT INTO schema_versions ${sql.insert({ version: newer, applied_at: 1 })}`
        })
      )
      const error = yield* Effect.flip(on(file, Effect.void))
      expect(error).toBeInstanceOf(StorageError)
      expect(error.message).toContain(`schema version ${newer}`)
      expect(error.message).toContain("newer release")
    })
  )

  it.scoped("that hold something else are refused and left alone", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "other.db")
      const tables = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT name FROM sqlite_schema ORDER BY name`)
      const other = Registry.layer({ filename: file })
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE users (name TEXT)`).pipe(
        Effect.provide(other)
      )
      const error = yield* Effect.flip(on(file, Effect.void))
      expect(error).toBeInstanceOf(StorageError)
      expect(error.message).toContain("users")
      expect(yield* Effect.provide(tables, other)).toEqual([{ name: "users" }])
    })
  )

  it.scoped("are brought up to date once, however many start at the same time", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      const starts = Array.from({ length: 8 }, () => Effect.scoped(Layer.build(storeOn(file))))
      yield* Effect.all(starts, { concurrency: "unbounded" })
      yield* on(
        file,
        Effect.gen(function* () {
          yield* migrate
          const sql = yield* SqlClient.SqlClient
          const steps = Array.from({ length: schemaVersion }, (_, index) => ({ version: index + 1 }))
          expect(yield* sql`SELECT version FROM schema_versions ORDER BY version`).toEqual(steps)
        })
      )
    })
  )
})
