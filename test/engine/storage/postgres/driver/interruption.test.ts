import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import { soon, until } from "../../../../support/latches.js"
import { onPostgres } from "../../../../support/postgres.js"
import { database, ids, insert, observer, untilActive } from "./support/server.js"

onPostgres("interruption on PostgreSQL", (url) => {
  it.scoped("interrupted statements cancel nobody else's", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 2 })
      const stop = yield* Ref.make(false)
      const neighbour = Effect.repeat(sql`SELECT pg_sleep(0.001)`, { until: () => Ref.get(stop) })
      const neighbours = yield* Effect.fork(Effect.all([neighbour, neighbour, neighbour], { concurrency: "unbounded" }))
      yield* Effect.forEach(
        Array.from({ length: 60 }),
        (_, n) =>
          Effect.gen(function* () {
            const fiber = yield* Effect.fork(sql`SELECT pg_sleep(${(n % 7) / 1000})`)
            yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, n % 5)))
            yield* Fiber.interrupt(fiber)
          }),
        { concurrency: 3, discard: true }
      )
      yield* Ref.set(stop, true)
      yield* Fiber.join(neighbours)
      yield* insert(sql, 1)
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("an interrupted statement ends at the server although the pool is exhausted", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const watch = yield* observer(url)
      const fiber = yield* Effect.fork(sql`SELECT pg_sleep(600) AS exhausted`)
      const [pid] = yield* untilActive(watch, "AS exhausted")
      const waiting = yield* Effect.fork(insert(sql, 1))
      yield* Effect.yieldNow()
      yield* soon("the interruption")(Fiber.interrupt(fiber))
      expect(
        yield* watch`SELECT 1 FROM pg_stat_activity WHERE pid = ${pid} AND query LIKE '%AS exhausted%' AND state = 'active'`
      ).toEqual([])
      yield* soon("the connection is free")(Fiber.join(waiting))
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("a statement that is interrupted before the server has begun it is cancelled all the same", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      for (let turns = 0; turns < 5; turns++) {
        const fiber = yield* Effect.fork(sql`SELECT pg_sleep(600)`)
        yield* Effect.repeatN(Effect.yieldNow(), turns)
        yield* soon("the interruption")(Fiber.interrupt(fiber))
      }
      expect(yield* ids(sql)).toEqual([])
    })
  )

  it.scoped("waiting for a connection can be interrupted, also for a transaction and for a reserved one", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const inside = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const open = yield* Effect.fork(
        sql.withTransaction(
          Effect.zipRight(insert(sql, 1), Effect.zipRight(Deferred.succeed(inside, undefined), Deferred.await(goOn)))
        )
      )
      yield* Deferred.await(inside)
      const reserved = Effect.flatMap(sql.reserve, (connection) => connection.execute("SELECT 1", [], undefined))
      const works = [insert(sql, 2), sql.withTransaction(insert(sql, 2)), Effect.scoped(reserved)]
      for (const work of works) {
        const waiting = yield* Effect.fork(work)
        yield* Effect.yieldNow().pipe(Effect.repeatN(20))
        expect(Exit.isInterrupted(yield* soon("the interruption")(Fiber.interrupt(waiting)))).toBe(true)
      }
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(open)
      // The only connection is still there for each of them.
      yield* Effect.scoped(reserved)
      yield* sql.withTransaction(insert(sql, 3))
      expect(yield* ids(sql)).toEqual([1, 3])
    })
  )

  it.scoped("a statement that is interrupted in a transaction rolls the transaction back", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const watch = yield* observer(url)
      const open = yield* Effect.fork(
        sql.withTransaction(Effect.zipRight(insert(sql, 1), sql`SELECT pg_sleep(600) AS in_transaction`))
      )
      yield* untilActive(watch, "AS in_transaction")
      yield* soon("the interruption")(Fiber.interrupt(open))
      expect(yield* ids(sql)).toEqual([])
      yield* sql.withTransaction(insert(sql, 2))
      expect(yield* ids(sql)).toEqual([2])
    })
  )

  it.scoped("a statement of a forked fiber ends before the COMMIT of its transaction, and belongs to it", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const watch = yield* observer(url)
      const fiber = yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* insert(sql, 1)
          const slow = sql`INSERT INTO t (id, v) SELECT 2, pg_sleep(0.05)::text AS forked`
          const fiber = yield* Effect.forkDaemon(slow)
          yield* untilActive(watch, "AS forked")
          return fiber
        })
      )
      expect(yield* ids(sql)).toEqual([1, 2])
      yield* Fiber.join(fiber)
    })
  )

  it.scoped("a scope that closes fails what waits, and leaves no session at the server", () =>
    Effect.gen(function* () {
      const watch = yield* observer(url)
      const pids = yield* Effect.scoped(
        Effect.flatMap(
          database(url, { poolSize: 2 }),
          (sql) => sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`
        )
      )
      yield* until(
        "the session has ended",
        watch`SELECT 1 FROM pg_stat_activity WHERE pid = ${pids[0]?.pid ?? 0}`,
        (rows) => rows.length === 0
      )
    })
  )
})
