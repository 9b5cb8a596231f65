import { expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { PostgresClient } from "../../../../../src/engine/storage/postgres/driver/PostgresClient.js"
import { urgently } from "../../../../../src/engine/storage/Urgent.js"
import { onPostgres } from "../../../../support/postgres.js"
import { database, ids, insert } from "./support/server.js"

const named = (sql: PostgresClient) =>
  Effect.map(sql<{ readonly n: number }>`SELECT count(*) AS n FROM pg_prepared_statements`, ([row]) => row?.n ?? 0)

onPostgres("statements on PostgreSQL", (url) => {
  it.scoped("binds and reads values of all types of the store", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const bytes = new Uint8Array([0, 1, 255])
      const inner = new Uint8Array([9, ...bytes, 9]).subarray(1, 4)
      const words = ['a"b', "c\\d", "e,f", "", "NULL", "{é}"]
      const [row] =
        yield* sql`SELECT ${"é"} AS s, ${1}::int AS i, ${1.5}::float8 AS f, ${10n}::bigint AS b, ${null} AS n,
        ${true}::smallint AS yes, ${false}::boolean AS no, ${inner}::bytea AS bytes, ${2 ** 53 - 1}::bigint AS big,
        ${2n ** 60n + 1n}::bigint AS bigger, ${0.1}::numeric AS exact, count(*) AS counted, sum(${3}::bigint) AS summed,
        ${'{"b": 1, "a": "x"}'}::json AS j, ${words}::text[] AS words, ${[3, 1, 2]}::bigint[] = '{3,1,2}' AS numbers,
        ${[true, null]}::boolean[] = '{t,null}' AS flags, ${[bytes]}::bytea[] = ARRAY[${bytes}::bytea] AS blobs,
        ${[]}::text[] AS none, '\\x'::bytea AS empty`
      expect(row).toStrictEqual({
        s: "é",
        i: 1,
        f: 1.5,
        b: 10,
        n: null,
        yes: 1,
        no: false,
        bytes,
        big: 2 ** 53 - 1,
        bigger: 2n ** 60n + 1n,
        exact: 0.1,
        counted: 1,
        summed: 3,
        j: '{"b": 1, "a": "x"}',
        words,
        numbers: true,
        flags: true,
        blobs: true,
        none: [],
        empty: new Uint8Array()
      })
      // An array of floats can begin at it.
      expect((row as { readonly bytes: Uint8Array }).bytes.byteOffset).toBe(0)
    })
  )

  it.scoped("refuses values that no column can hold, and stays usable", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      for (const value of [new Date(0), undefined, Number.NaN, "a\0b", {}, ["a\0b"], [{}], Symbol("s")]) {
        const error = yield* Effect.flip(sql.unsafe("SELECT $1::text AS v", [value]))
        expect(error._tag).toBe("SqlError")
        expect(error.cause).toBeInstanceOf(TypeError)
      }
      const error = yield* Effect.flip(sql`INSERT INTO t (id, v) VALUES (${1}, ${new Date(0)})`)
      expect(error.message).toBe("Parameter 2 is a Date: pass an ISO string or epoch milliseconds")
      // Nothing was sent, so a transaction can go on.
      yield* sql.withTransaction(Effect.zipRight(Effect.ignore(sql`SELECT ${new Date(0)}`), insert(sql, 1)))
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("streams, and returns values, raw results and unprepared rows", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* sql`INSERT INTO t ${sql.insert(Array.from({ length: 250 }, (_, n) => ({ id: n + 1, v: `v${n + 1}` })))}`
      const streamed = yield* Stream.runCollect(sql<{ readonly id: number }>`SELECT id FROM t ORDER BY id`.stream)
      expect(Chunk.toReadonlyArray(streamed).map((row) => row.id)).toEqual(yield* ids(sql))
      const some = () => sql`SELECT id, v, '\\x01'::bytea FROM t WHERE id < 3 ORDER BY id`
      expect(yield* some().values).toEqual([
        [1, "v1", new Uint8Array([1])],
        [2, "v2", new Uint8Array([1])]
      ])
      // The same text again, because the two forms share one prepared statement.
      expect(yield* some()).toHaveLength(2)
      expect(yield* sql`DELETE FROM t WHERE id > 3`.values).toEqual([])
      expect(yield* sql`UPDATE t SET v = 'x'`.raw).toEqual({ rows: [], command: "UPDATE 3" })
      expect(yield* sql`DELETE FROM t WHERE id = 3 RETURNING id`).toEqual([{ id: 3 }])
      expect(yield* sql`SELECT id FROM t WHERE id = ${1}`.unprepared).toEqual([{ id: 1 }])
      expect(yield* sql.unsafe("DELETE FROM t; SELECT 1 AS a; SELECT 2 AS b, NULL AS c").unprepared).toEqual([
        { b: 2, c: null }
      ])
      expect(yield* sql.unsafe("")).toEqual([])
      yield* sql`INSERT INTO t ${sql.insert({ id: 7, v: "seven" })}`
      yield* sql`UPDATE t SET v = data.v FROM ${sql.updateValues([{ id: 7, v: "new" }], "data")} WHERE t.id = data.id::bigint`
      expect(yield* sql`SELECT * FROM ${sql("t")} WHERE ${sql.in("id", [7, 8])}`).toEqual([{ id: 7, v: "new" }])
      expect((yield* Effect.flip(Stream.runDrain(sql`SELECT * FROM nowhere`.stream)))._tag).toBe("SqlError")
      for (const copy of [sql`COPY t FROM STDIN`, sql`COPY t FROM STDIN`.unprepared]) {
        expect((yield* Effect.flip(copy)).message).toContain("COPY FROM STDIN is not supported")
        expect(yield* ids(sql)).toEqual([7])
      }
      expect(yield* ids(sql)).toEqual([7])
    })
  )

  it.scoped("a connection has named statements of bounded number, and returns correct rows beyond it", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      yield* insert(sql, 1)
      for (let n = 0; n < 600; n++) expect(yield* sql.unsafe(`SELECT ${n} AS n`)).toEqual([{ n }])
      expect(yield* ids(sql)).toEqual([1])
      const count = yield* named(sql)
      expect(count).toBeGreaterThan(200)
      expect(count).toBeLessThanOrEqual(257)
      const [plan] = yield* sql`SELECT current_setting('plan_cache_mode') AS mode, current_setting('jit') AS jit`
      expect(plan).toEqual({ mode: "force_generic_plan", jit: "off" })
    })
  )

  it.scoped("plans a statement of an empty table anew while the table grows", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const texts = Array.from({ length: 20 }, (_, n) => `t${n} TEXT`).join()
      yield* sql.unsafe(
        `CREATE TABLE grown (a BIGINT, b BIGINT, c BIGINT, ${texts}, UNIQUE (a, b)) WITH (autovacuum_enabled = off)`
      )
      // An empty table with long rows is estimated to have few, so that both indexes seem as good.
      yield* sql`CREATE INDEX grown_c ON grown (a, c)`
      const find = sql`SELECT c FROM grown WHERE a = ${1} AND b = ${7}`
      const fetched = Effect.map(
        sql<{ readonly rows: number }>`SELECT idx_tup_fetch AS rows FROM pg_stat_xact_user_tables
          WHERE relid = 'grown'::regclass`,
        ([row]) => row?.rows ?? 0
      )
      const reads = Effect.zipWith(fetched, Effect.zipRight(find, fetched), (before, after) => after - before)
      yield* find
      yield* sql`INSERT INTO grown SELECT 1, n, n, repeat('x', 1000) FROM generate_series(1, 2000) AS n`
      // The plan of the empty table.
      expect(yield* sql.withTransaction(reads)).toBe(2000)
      yield* Effect.repeatN(find, 10)
      expect(yield* sql.withTransaction(reads)).toBe(1)
    })
  )

  it.scoped("failed statements leave no named ones behind", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      yield* insert(sql, 1)
      const before = yield* named(sql)
      for (let n = 0; n < 50; n++) {
        yield* Effect.flip(sql.unsafe(`SELECT ${n} FROM nowhere`))
        yield* Effect.flip(sql.unsafe(`INSERT INTO t (id) SELECT 1 WHERE ${n} = ${n}`))
      }
      expect((yield* named(sql)) - before).toBeLessThanOrEqual(1)
    })
  )

  it.scoped("a statement whose columns have changed fails once at most, and is then right", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      yield* insert(sql, 1)
      const all = () => sql`SELECT * FROM t`
      expect(yield* all()).toEqual([{ id: 1, v: "v1" }])
      yield* sql`ALTER TABLE t ADD COLUMN w INTEGER DEFAULT 5`
      const error = yield* Effect.flip(all())
      expect(error).toMatchObject({ cause: { code: "0A000" } })
      expect(yield* all()).toEqual([{ id: 1, v: "v1", w: 5 }])
    })
  )

  it.scoped("nothing has a name, and nothing is set, without prepared statements", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1, prepared: false })
      yield* sql.withTransaction(Effect.zipRight(insert(sql, 1), sql.withTransaction(insert(sql, 2))))
      expect(yield* ids(sql)).toEqual([1, 2])
      expect(yield* named(sql)).toBe(0)
      const [plan] = yield* sql`SELECT current_setting('plan_cache_mode') AS mode`
      expect(plan).toEqual({ mode: "auto" })
    })
  )

  it.scoped("a reserved connection is one session, and goes back to the pool", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const seen = yield* Effect.scoped(
        Effect.flatMap(sql.reserve, (reserved) => {
          const pid = reserved.execute("SELECT pg_backend_pid() AS pid", [], undefined)
          return Effect.all([pid, pid, pid], { concurrency: "unbounded" })
        })
      )
      expect(new Set(seen.map(([row]) => row.pid)).size).toBe(1)
      expect(yield* ids(sql)).toEqual([])
    })
  )

  it.scoped("a transaction that a statement opened by itself is not handed to the next user of its connection", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      yield* sql`BEGIN`
      yield* insert(sql, 1)
      const [row] = yield* sql`SELECT count(*) AS n FROM t`
      expect(row).toEqual({ n: 1 })
    })
  )

  it.scoped("a client whose scope is closed refuses statements", () =>
    Effect.gen(function* () {
      const sql = yield* Effect.scoped(Effect.tap(database(url), (sql) => insert(sql, 1)))
      const outcomes = yield* Effect.all([insert(sql, 2), sql.withTransaction(insert(sql, 3))].map(Effect.either))
      expect(outcomes.map((outcome) => Either.isLeft(outcome) && outcome.left.message)).toEqual([
        "The database is closed",
        "The database is closed"
      ])
    })
  )

  it.scoped("those that renew leases do not wait behind others for a connection", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const order: Array<string> = []
      const noted = (name: string) => Effect.tap(sql`SELECT 1`, () => Effect.sync(() => order.push(name)))
      const [go, begun] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const busy = yield* Effect.fork(
        sql.withTransaction(
          sql`SELECT 1`.pipe(Effect.zipRight(Deferred.succeed(begun, undefined)), Effect.zipRight(Deferred.await(go)))
        )
      )
      yield* Deferred.await(begun)
      const statements = [noted("first"), noted("second"), urgently(noted("renewal"))]
      const waiting = yield* Effect.fork(Effect.all(statements, { concurrency: "unbounded" }))
      yield* Effect.repeatN(Effect.yieldNow(), 5)
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(busy)
      yield* Fiber.join(waiting)
      expect(order).toEqual(["renewal", "first", "second"])
    })
  )
})
