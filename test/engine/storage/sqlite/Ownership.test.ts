import * as fs from "node:fs"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import * as Registry from "../../../../src/engine/storage/libsql/Registry.js"
import { APPLICATION_ID } from "../../../../src/engine/storage/sqlite/Ownership.js"
import * as EngineStorage from "../../../../src/layers/EngineStorage.js"
import { agentRow, alice, temporaryFolder } from "../support/store.js"

const sql = SqlClient.SqlClient

/** Runs SQL on a file without the store. */
const raw = <A, E>(filename: string, effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.provide(effect, Registry.layer({ filename }))

const run = (statement: string) => Effect.flatMap(sql, (sql) => sql.unsafe(statement))

const open = (file: string) => Effect.scoped(Layer.build(EngineStorage.choose({ file })))

const applicationId = Effect.map(run("PRAGMA application_id"), (rows) => rows[0])

describe("a file", () => {
  it.scoped("of the engine has its application_id", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      yield* open(file)
      expect(yield* raw(file, applicationId)).toEqual({ application_id: APPLICATION_ID })
    })
  )

  it.scoped("of another program is refused, and not a byte of it changes", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const made: ReadonlyArray<readonly [file: string, statement: string]> = [
        ["notes.db", "CREATE TABLE notes (text TEXT)"],
        ["agents.db", "CREATE TABLE agents (name TEXT)"],
        ["versions.db", "CREATE TABLE schema_versions (name TEXT)"],
        ["marked.db", "PRAGMA application_id = 7"]
      ]
      for (const [name, statement] of made) {
        const file = join(folder, name)
        yield* raw(file, Effect.zipRight(run(statement), run("PRAGMA journal_mode = DELETE")))
        const before = fs.readFileSync(file)
        const error = yield* Effect.flip(open(file))
        expect([name, error._tag]).toEqual([name, "StorageOpenError"])
        expect(error.message).toContain("another program")
        expect(fs.readFileSync(file).equals(before)).toBe(true)
        expect(fs.existsSync(`${file}-wal`)).toBe(false)
      }
    })
  )

  it.scoped("of the engine that has no application_id yet is adopted", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      const row = agentRow()
      const insert = Effect.flatMap(Storage, ({ agents }) => agents.insert(alice, row))
      yield* Effect.provide(insert, EngineStorage.choose({ file }))
      yield* raw(file, run("PRAGMA application_id = 0"))
      const exists = Effect.flatMap(Storage, ({ agents }) => agents.exists(alice, row.id))
      expect(yield* Effect.provide(exists, EngineStorage.choose({ file }))).toBe(true)
      expect(yield* raw(file, applicationId)).toEqual({ application_id: APPLICATION_ID })
    })
  )

  it.scoped("of another first schema is refused with what it lacks and what to do", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "store.db")
      yield* open(file)
      yield* raw(file, run("ALTER TABLE users RENAME COLUMN about TO description"))
      const error = yield* Effect.flip(open(file))
      expect(error._tag).toBe("StorageError")
      expect(error.message).toContain("users.about")
      expect(error.message).toContain("move the file away")
    })
  )
})
