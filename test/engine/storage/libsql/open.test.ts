import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Libsql from "../../../../src/engine/storage/libsql/LibsqlClient.js"
import { openError } from "../../../../src/engine/storage/libsql/open.js"
import { createTable, ids, insert, temporaryFile, temporaryFolder } from "./support/database.js"

const failure = (options: Libsql.OpenOptions) => Effect.flip(Effect.scoped(Libsql.make(options)))

describe("open", () => {
  it.scoped("its settings hold after a transaction", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      for (const [synchronous, level] of [
        ["NORMAL", 1],
        ["FULL", 2]
      ] as const) {
        const sql = yield* Libsql.make({ filename, synchronous, busyTimeout: "2 seconds" })
        yield* sql.withTransaction(sql`CREATE TABLE IF NOT EXISTS p (id INTEGER PRIMARY KEY)`)
        yield* Effect.ignore(sql.withTransaction(Effect.fail("no")))
        expect(yield* sql`PRAGMA journal_mode`).toEqual([{ journal_mode: "wal" }])
        expect(yield* sql`PRAGMA foreign_keys`).toEqual([{ foreign_keys: 1 }])
        expect(yield* sql`PRAGMA busy_timeout`).toEqual([{ timeout: 2000 }])
        expect(yield* sql`PRAGMA synchronous`).toEqual([{ synchronous: level }])
      }
    })
  )

  it.scoped("after closing, the file alone holds all writes", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      const write = Effect.flatMap(Libsql.make({ filename }), (sql) =>
        Effect.zipRight(createTable(sql), insert(sql, 1))
      )
      yield* Effect.scoped(write)
      const copy = `${filename}.copy`
      fs.copyFileSync(filename, copy)
      expect(yield* ids(yield* Libsql.make({ filename: copy }))).toEqual([1])
      expect(yield* ids(yield* Libsql.make({ filename }))).toEqual([1])
    })
  )

  it.effect("a missing binary is named, with the way to install it", () =>
    Effect.gen(function* () {
      const load = (text: string) => () => Promise.reject(Object.assign(new Error(text), { code: "MODULE_NOT_FOUND" }))
      const messages: Array<string> = []
      for (const text of [
        "Cannot find module '@libsql/linux-x64-gnu'\nRequire stack:\n- /app/index.js",
        "Cannot find module 'libsql'",
        "Cannot find package 'libsql' imported from /app/index.js",
        "Neon: unsupported Linux architecture: riscv64",
        'Dynamic require of "path" is not supported'
      ]) {
        const error = yield* failure({ filename: ":memory:", load: load(text) })
        expect(error).toMatchObject({ _tag: "StorageOpenError", reason: "missing-binary" })
        messages.push(error.message)
      }
      expect(messages[0]).toContain("npm install @libsql/linux-x64-gnu")
      expect(messages[0]).not.toContain("/app")
      expect(messages[1]).toContain("npm install libsql")
      expect(messages[2]).toBe(messages[1])
      expect(messages[3]).toContain("riscv64")
      expect(messages[4]).toContain("leave libsql outside the bundle")
      const empty = yield* failure({ filename: ":memory:", load: () => Promise.resolve({}) })
      expect(empty.reason).toBe("missing-binary")
    })
  )

  it.scoped("a file that is not a database, a truncated file and a folder have different errors", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = (name: string) => path.join(folder, name)
      fs.writeFileSync(file("garbage"), "not a database ".repeat(1000))
      expect(yield* failure({ filename: file("garbage") })).toMatchObject({
        _tag: "StorageOpenError",
        reason: "not-a-database",
        file: file("garbage")
      })

      const write = Effect.flatMap(Libsql.make({ filename: file("whole") }), (sql) =>
        Effect.zipRight(
          createTable(sql),
          Effect.forEach(Array.from({ length: 200 }), (_, id) => insert(sql, id, "x".repeat(200)))
        )
      )
      yield* Effect.scoped(write)
      fs.writeFileSync(file("cut"), fs.readFileSync(file("whole")).subarray(0, 8192))
      expect(yield* failure({ filename: file("cut") })).toMatchObject({ reason: "corrupt" })

      const directory = yield* failure({ filename: folder })
      expect(directory.message).toContain("folder")
      expect((yield* failure({ filename: file("none/x.db") })).message).toContain("Create the folder")
    })
  )

  it("every known failure has its reason", () => {
    // As a superuser no file is forbidden, so the codes stand in for the files.
    const reason = (code: string) => openError("/x.db", Object.assign(new Error("no"), { code })).reason
    expect(["EACCES", "EROFS", "SQLITE_READONLY_DIRECTORY"].map(reason)).toEqual(Array(3).fill("permission"))
    expect(["SQLITE_BUSY", "SQLITE_LOCKED"].map(reason)).toEqual(["busy", "busy"])
    expect(["SQLITE_CORRUPT_VTAB", "SQLITE_IOERR", ""].map(reason)).toEqual(["corrupt", "io", "io"])
  })
})
