import * as fs from "node:fs"
import { basename, dirname, join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import { StorageError } from "../../../../src/engine/ports/Storage.js"
import * as Registry from "../../../../src/engine/storage/libsql/Registry.js"
import { migrateBy } from "../../../../src/engine/storage/sqlite/Migrations.js"
import { temporaryFolder } from "../support/store.js"

const sql = SqlClient.SqlClient
const step = (script: string) => ({ script, compatibleFrom: 1 })
const first = step("CREATE TABLE notes (text TEXT NOT NULL)")
const second = step("ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 3")
const broken = step("DELETE FROM notes; SELECT * FROM nowhere")
const write = Effect.flatMap(sql, (sql) => sql`INSERT INTO notes ${sql.insert({ text: "kept" })}`)
const notes = Effect.flatMap(sql, (sql) => sql`SELECT * FROM notes`)

const on =
  (filename: string) =>
  <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    effect.pipe(
      Effect.provide(Registry.layer({ filename })),
      Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none))
    )

const older = Effect.gen(function* () {
  const file = join(yield* temporaryFolder, "store.db")
  yield* Effect.zipRight(migrateBy([first]), write).pipe(on(file))
  yield* TestClock.setTime(Date.UTC(2031, 3, 5, 6, 7, 8, 250))
  return file
})

const backups = (file: string) => fs.readdirSync(dirname(file)).filter((name) => name.includes(".before-v"))

describe("a migration", () => {
  it.scoped("of an older file leaves a backup that opens", () =>
    Effect.gen(function* () {
      const file = yield* older
      yield* Effect.gen(function* () {
        yield* Effect.all([migrateBy([first, second]), migrateBy([first, second])], { concurrency: "unbounded" })
        expect(yield* notes).toEqual([{ text: "kept", stars: 3 }])
      }).pipe(on(file))
      expect(backups(file)).toEqual([`${basename(file)}.before-v2.20310405T060708`])
      const backup = join(dirname(file), backups(file)[0] ?? "")
      expect(yield* notes.pipe(on(backup))).toEqual([{ text: "kept" }])
      expect(yield* Effect.zipRight(migrateBy([first]), notes).pipe(on(backup))).toEqual([{ text: "kept" }])
    })
  )

  it.scoped("makes no backup of a new file, a current file or a database in memory", () =>
    Effect.gen(function* () {
      const file = yield* older
      yield* migrateBy([first]).pipe(on(file))
      yield* Effect.zipRight(migrateBy([first]), migrateBy([first, second])).pipe(on(":memory:"))
      expect(backups(file)).toEqual([])
    })
  )

  it.scoped("that fails leaves the file unchanged", () =>
    Effect.gen(function* () {
      const file = yield* older
      const error = yield* Effect.flip(migrateBy([first, broken]).pipe(on(file)))
      expect(error.message).toContain("nowhere")
      expect(yield* Effect.zipRight(migrateBy([first]), notes).pipe(on(file))).toEqual([{ text: "kept" }])
      expect(backups(file)).toHaveLength(1)
    })
  )

  it.scoped("does not begin if its backup cannot be written, and the error says what to do", () =>
    Effect.gen(function* () {
      const file = yield* older
      // A dangling link in place of the backup fails like a full disk, also for a superuser.
      const target = `${file}.before-v2.20310405T060708`
      fs.symlinkSync(join(dirname(file), "nowhere", "x"), target)
      const error = yield* Effect.flip(migrateBy([first, second]).pipe(on(file)))
      expect(error).toBeInstanceOf(StorageError)
      expect(error.message).toContain(target)
      expect(error.message).toContain("Free some space")
      expect(yield* Effect.zipRight(migrateBy([first]), notes).pipe(on(file))).toEqual([{ text: "kept" }])
    })
  )
})
