import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { codeOf } from "../../../../src/engine/storage/libsql/causes.js"
import { ids, insert, memory } from "./support/database.js"

describe("statements", () => {
  it.scoped("binds strings, numbers, bigints, null, booleans and bytes", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      const bytes = new Uint8Array([1, 2, 3])
      const [row] = yield* sql`SELECT ${"é"} AS s, ${1} AS i, ${1.5} AS f, ${10n} AS b, ${null} AS n, ${true} AS yes,
        ${false} AS no, ${bytes} AS bytes, ${2 ** 60} AS big, typeof(${1}) AS t`
      expect(row).toStrictEqual({
        s: "é",
        i: 1,
        f: 1.5,
        b: 10,
        n: null,
        yes: 1,
        no: 0,
        bytes,
        big: 2 ** 60,
        t: "integer"
      })
    })
  )

  it.scoped("keeps an integer an integer in a text column", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* sql`INSERT INTO t (id, v) VALUES (${1}, ${42})`
      expect(yield* sql`SELECT v FROM t`).toEqual([{ v: "42" }])
    })
  )

  it.scoped("refuses values that SQLite would store as another type, and stays usable", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      for (const value of [new Date(0), undefined, Number.NaN, "a\0b", {}, [1], Symbol("s"), 2n ** 64n]) {
        const error = yield* Effect.flip(sql.unsafe("SELECT ? AS v", [value]))
        expect(error._tag).toBe("SqlError")
        expect(error.cause).toBeInstanceOf(Error)
      }
      const error = yield* Effect.flip(sql`INSERT INTO t (id, v) VALUES (${1}, ${new Date(0)})`)
      expect(error.message).toBe("Parameter 2 is a Date: pass an ISO string or epoch milliseconds")
      yield* insert(sql, 1)
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("an omitted parameter is null, not the value of the previous call", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      expect(yield* sql.unsafe("SELECT ?1 AS a, ?2 AS b", [1, 2])).toEqual([{ a: 1, b: 2 }])
      expect(yield* sql.unsafe("SELECT ?1 AS a, ?2 AS b", [3])).toEqual([{ a: 3, b: null }])
      expect(yield* sql.unsafe("SELECT ?1 AS a, ?2 AS b")).toEqual([{ a: null, b: null }])
    })
  )

  it.scoped("streams, and returns values, raw results and unprepared rows", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      for (let id = 1; id <= 250; id++) yield* insert(sql, id)
      const streamed = yield* Stream.runCollect(sql<{ readonly id: number }>`SELECT id FROM t ORDER BY id`.stream)
      expect(Chunk.toReadonlyArray(streamed).map((row) => row.id)).toEqual(yield* ids(sql))
      expect(yield* sql`SELECT id, v, x'01' FROM t WHERE id < 3`.values).toEqual([
        [1, "v1", new Uint8Array([1])],
        [2, "v2", new Uint8Array([1])]
      ])
      // The same text again, because the two modes share one prepared statement.
      expect(yield* sql`SELECT id, v, x'01' FROM t WHERE id < 2`).toHaveLength(1)
      expect(yield* sql`DELETE FROM t WHERE id > 3`.values).toEqual([])
      expect(yield* sql`UPDATE t SET v = 'x'`.raw).toEqual({ changes: 3, lastInsertRowid: 250 })
      expect(yield* sql`SELECT id FROM t WHERE id = 1`.raw).toEqual([{ id: 1 }])
      expect(yield* sql`DELETE FROM t WHERE id = 3 RETURNING id`).toEqual([{ id: 3 }])
      expect(yield* sql`SELECT id FROM t WHERE id = ${1}`.unprepared).toEqual([{ id: 1 }])
      yield* sql`DELETE FROM t WHERE id = ${1}`.unprepared
      expect(yield* ids(sql)).toEqual([2])
      expect((yield* Effect.flip(Stream.runDrain(sql`SELECT * FROM nowhere`.stream)))._tag).toBe("SqlError")
    })
  )

  it.scoped("runs a script of several statements unprepared", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* sql.unsafe("INSERT INTO t (id) VALUES (1); INSERT INTO t (id) VALUES (2)").unprepared
      expect(yield* ids(sql)).toEqual([1, 2])
    })
  )

  it.scoped("reads 64-bit integers exactly on request", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      const query = sql<{ readonly n: number | bigint }>`SELECT ${2n ** 60n + 1n} AS n, 1 AS one`
      const [exact] = yield* Effect.provideService(query, SqlClient.SafeIntegers, true)
      const [plain] = yield* query
      expect(exact).toEqual({ n: 2n ** 60n + 1n, one: 1n })
      expect(plain).toEqual({ n: 2 ** 60, one: 1 })
    })
  )

  it.scoped("returns correct rows beyond the capacity of the cache, and after the schema changes", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* insert(sql, 1)
      expect(yield* sql`SELECT * FROM t`).toEqual([{ id: 1, v: "v1" }])
      for (let n = 0; n < 600; n++) {
        expect(yield* sql.unsafe(`SELECT ${n} AS n`)).toEqual([{ n }])
        expect(yield* ids(sql)).toEqual([1])
      }
      yield* sql`SELECT * FROM t`
      yield* sql`ALTER TABLE t ADD COLUMN w INTEGER DEFAULT 5`
      expect(yield* sql`SELECT * FROM t`).toEqual([{ id: 1, v: "v1", w: 5 }])
    })
  )

  it.scoped("distinguishes constraint violations from other failures", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* sql`CREATE TABLE c (t INTEGER NOT NULL REFERENCES t (id))`
      yield* insert(sql, 1)
      const unique = yield* Effect.flip(insert(sql, 1))
      const foreign = yield* Effect.flip(sql`INSERT INTO c (t) VALUES (99)`)
      const notNull = yield* Effect.flip(sql`INSERT INTO c (t) VALUES (NULL)`)
      const syntax = yield* Effect.flip(sql`SELEC`)
      expect([unique, foreign, notNull, syntax].map(({ cause }) => codeOf(cause))).toEqual([
        "SQLITE_CONSTRAINT_PRIMARYKEY",
        "SQLITE_CONSTRAINT_FOREIGNKEY",
        "SQLITE_CONSTRAINT_NOTNULL",
        "SQLITE_ERROR"
      ])
      expect(syntax.message).toContain("syntax error")
    })
  )

  it.scoped("two databases in memory are two databases", () =>
    Effect.gen(function* () {
      const a = yield* memory
      const b = yield* memory
      yield* insert(a, 1)
      expect(yield* ids(a)).toEqual([1])
      expect(yield* ids(b)).toEqual([])
    })
  )

  it.effect("a client whose scope is closed refuses statements, cached ones too", () =>
    Effect.gen(function* () {
      const sql = yield* Effect.scoped(Effect.tap(memory, (sql) => insert(sql, 1)))
      const outcomes = yield* Effect.all([insert(sql, 2), sql.withTransaction(insert(sql, 3))].map(Effect.either))
      expect(outcomes.map((outcome) => Either.isLeft(outcome) && outcome.left.message)).toEqual([
        "The database is closed",
        "The database is closed"
      ])
    })
  )
})
