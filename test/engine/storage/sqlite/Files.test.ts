import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Storage, StorageError } from "../../../../src/engine/ports/Storage.js"
import * as Registry from "../../../../src/engine/storage/libsql/Registry.js"
import { migrate, schemaVersion } from "../../../../src/engine/storage/sqlite/Migrations.js"
import { agentRow, alice, jobRow, some, storeOn, temporaryFolder } from "../support/store.js"

describe("database files", () => {
  const on = <A, E>(file: string, effect: Effect.Effect<A, E, Storage | SqlClient.SqlClient>) =>
    Effect.provide(effect, storeOn(file))

  it.scoped("never reuse a sequence number, not even that of a deleted newest row", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      const insert = Effect.flatMap(Storage, ({ agents }) =>
        Effect.tap(Effect.succeed(agentRow()), (row) => agents.insert(alice, row))
      )
      const { id } = yield* on(file, insert)
      yield* on(
        file,
        Effect.gen(function* () {
          const { agents } = yield* Storage
          yield* agents.remove(alice, id)
          yield* insert
          yield* insert
          const sql = yield* SqlClient.SqlClient
          expect(yield* sql`SELECT seq FROM agents ORDER BY seq`).toEqual([{ seq: 2 }, { seq: 3 }])
        })
      )
    })
  )

  it.scoped("of a newer release are refused and left unchanged", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      const newer = schemaVersion + 41
      yield* on(
        file,
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`INSERT INTO schema_versions ${sql.insert({ version: newer, applied_at: 1, compatible_from: newer })}`
        })
      )
      const error = yield* Effect.flip(on(file, Effect.void))
      expect(error).toBeInstanceOf(StorageError)
      expect(error.message).toContain(`schema version ${newer}`)
      expect(error.message).toContain("newer release")
    })
  )

  it.scoped("of a newer release that says so can be used by this one", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      const newer = { version: schemaVersion + 41, applied_at: 1, compatible_from: schemaVersion }
      const versions = Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`SELECT max(version) AS version FROM schema_versions`
      )
      yield* on(
        file,
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO schema_versions ${sql.insert(newer)}`)
      )
      expect(yield* on(file, versions)).toEqual([{ version: newer.version }])
    })
  )

  it.scoped("of another program are refused and left unchanged", () =>
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

  it.scoped("are migrated once, however many stores open at the same time", () =>
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

  it.scoped("opening releases the job leases of a process that has ended, and keeps those of this process", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "jobs.db")
      const inStore = <A, E>(effect: (store: Storage.Service) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(Storage, effect), storeOn(file))
      yield* inStore(({ jobs }) =>
        Effect.gen(function* () {
          yield* jobs.insert(alice, jobRow(alice))
          yield* jobs.claim(["summarize"], 1_000_000)
          expect(yield* inStore((other) => other.jobs.nextDue(["summarize"]))).toEqual(Option.some(1_000_000))
        })
      )
      yield* inStore(({ jobs }) =>
        Effect.gen(function* () {
          expect(some(yield* jobs.claim(["summarize"], 10))).toMatchObject({ state: "in_progress", attempts: 2 })
        })
      )
    })
  )

  it.scoped("opening makes jobs due that wait for their next attempt, and none that has ended", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "jobs.db")
      const inStore = <A, E>(effect: (store: Storage.Service) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(Storage, effect), storeOn(file))
      const jobs = [jobRow(alice), jobRow(alice)]
      yield* inStore((store) =>
        Effect.forEach(jobs, (job, index) =>
          Effect.gen(function* () {
            yield* store.jobs.insert(alice, job)
            const attempt = some(yield* store.jobs.claim(["summarize"], 1_000_000))
            const state = index === 0 ? "retrying" : "failed"
            yield* store.jobs.settle(attempt, { state, reason: "", progress: 0, pause: 1_000_000 })
          })
        )
      )
      yield* inStore((store) =>
        Effect.gen(function* () {
          expect(some(yield* store.jobs.claim(["summarize"], 10))).toMatchObject({ id: jobs[0]?.id, attempts: 2 })
          expect(yield* store.jobs.claim(["summarize"], 10)).toEqual(Option.none())
        })
      )
    })
  )
})
