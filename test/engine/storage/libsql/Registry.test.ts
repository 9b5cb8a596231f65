import * as fs from "node:fs"
import * as path from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Commits } from "../../../../src/engine/storage/Commits.js"
import * as FileLock from "../../../../src/engine/storage/libsql/FileLock.js"
import * as Registry from "../../../../src/engine/storage/libsql/Registry.js"
import { createTable, ids, insert, temporaryFile, temporaryFolder } from "./support/database.js"

const isFree = (file: string) => Effect.isSuccess(Effect.scoped(FileLock.acquire(file)))

describe("Registry", () => {
  it.scoped("one file is one connection, until the last user leaves", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      const first = yield* Scope.make()
      const second = yield* Scope.make()
      const a = yield* Scope.extend(Registry.acquire({ filename }), first)
      const b = yield* Scope.extend(Registry.acquire({ filename }), second)
      expect(b).toBe(a)
      yield* Scope.close(first, Exit.void)
      yield* createTable(b)
      yield* insert(b, 1)
      expect(yield* isFree(filename)).toBe(false)
      yield* Scope.close(second, Exit.void)
      expect(yield* isFree(filename)).toBe(true)
    })
  )

  it.scoped("8 layers that open one new file in 8 runtimes at once share one connection", () =>
    Effect.gen(function* () {
      const filename = path.join(yield* temporaryFolder, "new", "folder", "test.db")
      const scopes = yield* Effect.all(Array.from({ length: 8 }, () => Scope.make()))
      const contexts = yield* Effect.promise(() =>
        Promise.all(scopes.map((scope) => Effect.runPromise(Layer.buildWithScope(Registry.layer({ filename }), scope))))
      )
      const clients = contexts.map((context) => Context.get(context, SqlClient.SqlClient))
      expect(new Set(clients).size).toBe(1)
      expect(new Set(contexts.map((context) => Context.get(context, Commits))).size).toBe(1)
      // The first runtime has ended, and so has the scope that it opened the file in.
      yield* Effect.forEach(scopes.slice(0, 7), (scope) => Scope.close(scope, Exit.void))
      const sql = Context.get(contexts[7]!, SqlClient.SqlClient)
      expect(yield* sql`SELECT 1 AS one`).toEqual([{ one: 1 }])
      yield* Scope.close(scopes[7]!, Exit.void)
      expect(yield* isFree(filename)).toBe(true)
    })
  )

  it.scoped("a transaction through one user holds back the statements of another", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      const a = yield* Registry.acquire({ filename })
      const b = yield* Registry.acquire({ filename })
      yield* createTable(a)
      const inside = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const open = yield* Effect.fork(
        a.withTransaction(
          insert(a, 1).pipe(
            Effect.zipRight(Deferred.succeed(inside, undefined)),
            Effect.zipRight(Deferred.await(goOn)),
            Effect.zipRight(Effect.fail("no"))
          )
        )
      )
      yield* Deferred.await(inside)
      const reader = yield* Effect.fork(ids(b))
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.await(open)
      expect(yield* Fiber.join(reader)).toEqual([])
    })
  )

  it.scoped("symbolic links lead to the same connection, also before the file exists", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      fs.mkdirSync(path.join(folder, "real"))
      fs.symlinkSync(path.join(folder, "real"), path.join(folder, "link"))
      fs.symlinkSync("real/test.db", path.join(folder, "dangling.db"))
      const a = yield* Registry.acquire({ filename: path.join(folder, "dangling.db") })
      const b = yield* Registry.acquire({ filename: path.join(folder, "link", "test.db") })
      const c = yield* Registry.acquire({ filename: path.join(folder, "real", ".", "test.db") })
      expect(new Set([a, b, c]).size).toBe(1)
    })
  )

  it.scoped("a file that was removed after closing is a new database", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      for (const suffixes of [[""], ["", "-wal", "-shm"], [""]]) {
        const use = Effect.flatMap(Registry.acquire({ filename }), (sql) =>
          createTable(sql).pipe(Effect.zipRight(insert(sql, 1)), Effect.zipRight(ids(sql)))
        )
        expect(yield* Effect.scoped(use)).toEqual([1])
        for (const suffix of suffixes) fs.rmSync(filename + suffix, { force: true })
      }
    })
  )

  it.scoped("memory is never shared", () =>
    Effect.gen(function* () {
      const a = yield* Registry.acquire({ filename: ":memory:" })
      const b = yield* Registry.acquire({ filename: ":memory:" })
      yield* createTable(a)
      yield* createTable(b)
    })
  )

  it.scoped("a failed open releases the lock and is forgotten", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      fs.writeFileSync(filename, "not a database ".repeat(1000))
      const error = yield* Effect.flip(Registry.acquire({ filename }))
      expect(error).toMatchObject({ _tag: "StorageOpenError", reason: "not-a-database", file: filename })
      fs.rmSync(filename)
      yield* createTable(yield* Registry.acquire({ filename }))
    })
  )

  it.scoped("two users must agree on durability", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryFile
      yield* Registry.acquire({ filename, synchronous: "FULL" })
      const error = yield* Effect.flip(Registry.acquire({ filename }))
      expect(error).toMatchObject({ _tag: "StorageOpenError", reason: "options" })
      expect(error.message).toContain("FULL")
    })
  )

  it.scoped("a folder that cannot be made is a typed error", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      fs.writeFileSync(file, "")
      const error = yield* Effect.flip(Registry.acquire({ filename: path.join(file, "under", "test.db") }))
      expect(error).toMatchObject({ _tag: "StorageOpenError", reason: "io" })
    })
  )
})
