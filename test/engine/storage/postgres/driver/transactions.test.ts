import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type { Scheduler } from "effect/Scheduler"
import * as Stream from "effect/Stream"
import { onPostgres } from "../../../../support/postgres.js"
import { database, ids, insert } from "./support/server.js"

/** A scheduler that interrupts its fiber at one step of it, and counts the steps. */
const interruptsAt = (step: number) => {
  let steps = 0
  const scheduler: Scheduler = {
    shouldYield: (fiber) => {
      if (++steps !== step) return false
      fiber.unsafeInterruptAsFork(FiberId.none)
      return 0
    },
    scheduleTask: (task) => setImmediate(task)
  }
  return { scheduler, hasEnded: () => steps < step }
}

onPostgres("transactions on PostgreSQL", (url) => {
  it.scoped("commit, and roll back on failure and defect", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* sql.withTransaction(insert(sql, 1))
      const failed = yield* Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 2), Effect.fail("no"))))
      const died = yield* Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 3), Effect.die("bug"))))
      expect(failed).toEqual(Exit.fail("no"))
      expect(died).toEqual(Exit.die("bug"))
      expect(yield* sql.withTransaction(Effect.succeed("empty"))).toBe("empty")
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("a COMMIT that fails is a typed error and rolls back", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      yield* sql`CREATE TABLE c (t BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)`
      yield* sql`INSERT INTO c (t) VALUES (9)`
      const error = yield* Effect.flip(sql.withTransaction(sql`INSERT INTO c (t) VALUES (9)`))
      expect(error).toMatchObject({ _tag: "SqlError", cause: { code: "23505" } })
      expect(yield* sql`SELECT * FROM c`).toEqual([{ t: 9 }])
      yield* sql.withTransaction(insert(sql, 1))
    })
  )

  it.scoped("a transaction that goes on after a failed statement fails with it, and stores nothing", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      yield* insert(sql, 1)
      const error = yield* Effect.flip(
        sql.withTransaction(
          Effect.gen(function* () {
            yield* insert(sql, 2)
            yield* Effect.ignore(insert(sql, 1))
            const next = yield* Effect.flip(insert(sql, 3))
            expect(next).toMatchObject({ cause: { code: "23505" } })
            yield* Effect.ignore(sql.withTransaction(insert(sql, 4)))
          })
        )
      )
      expect(error).toMatchObject({ _tag: "SqlError", cause: { code: "23505" } })
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("a query on another client inside a transaction runs on that other client", () =>
    Effect.gen(function* () {
      const a = yield* database(url)
      const b = yield* database(url)
      const committed: Array<string> = []
      const outer = a.withTransaction(
        Effect.gen(function* () {
          yield* insert(a, 1)
          yield* insert(b, 2)
          yield* b.withTransaction(b.commits.afterCommit(Effect.sync(() => void committed.push("b"))))
          yield* a.commits.afterCommit(Effect.sync(() => void committed.push("a")))
          yield* b.withTransaction(Effect.zipRight(insert(b, 3), insert(a, 4)))
          return yield* Effect.fail("no")
        })
      )
      expect(yield* Effect.exit(outer)).toEqual(Exit.fail("no"))
      expect(yield* ids(a)).toEqual([])
      expect(yield* ids(b)).toEqual([2, 3])
      expect(committed).toEqual(["b"])
    })
  )

  it.scoped("nested transactions in sequence are savepoints", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sql.withTransaction(Effect.void)
          yield* insert(sql, 1)
          yield* Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 2), Effect.fail("no"))))
          yield* Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 5), insert(sql, 1))))
          yield* sql.withTransaction(
            Effect.zipRight(
              insert(sql, 3),
              Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 4), Effect.fail("no"))))
            )
          )
          yield* Effect.exit(
            sql.withTransaction(
              sql
                .withTransaction(insert(sql, 6))
                .pipe(Effect.zipRight(insert(sql, 7)), Effect.zipRight(Effect.fail("no")))
            )
          )
        })
      )
      expect(yield* ids(sql)).toEqual([1, 3])
    })
  )

  it.scoped("a failing sibling discards neither a concurrent nested transaction nor its parent's statements", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const nested = (id: number) =>
        sql.withTransaction(
          Effect.gen(function* () {
            yield* insert(sql, id)
            yield* Effect.yieldNow()
            if (id % 2 === 0) return yield* Effect.fail("no")
          })
        )
      const tasks = Array.from({ length: 20 }, (_, id) => [Effect.ignore(nested(id)), insert(sql, 100 + id)]).flat()
      yield* sql.withTransaction(Effect.all(tasks, { concurrency: "unbounded" }))
      const expected = Array.from({ length: 10 }, (_, n) => 2 * n + 1)
      expect(yield* ids(sql)).toEqual([...expected, ...Array.from({ length: 20 }, (_, id) => 100 + id)])
    })
  )

  it.scoped("an interrupted transaction rolls back", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const inside = yield* Deferred.make<void>()
      const open = yield* Effect.fork(
        sql.withTransaction(
          insert(sql, 1).pipe(Effect.zipRight(Deferred.succeed(inside, undefined)), Effect.zipRight(Effect.never))
        )
      )
      yield* Deferred.await(inside)
      yield* Fiber.interrupt(open)
      yield* insert(sql, 3)
      expect(yield* ids(sql)).toEqual([3])
    })
  )

  it.scoped("an interruption at any step leaks nothing", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      let step = 0
      // Nothing but an exhaustive walk finds the steps between getting a connection and owning it.
      for (let ended = false; !ended; ) {
        step++
        const { scheduler, hasEnded } = interruptsAt(step)
        const body = sql.withTransaction(Effect.zipRight(insert(sql, step), sql.withTransaction(ids(sql))))
        const exit = yield* Fiber.await(Effect.runFork(body, { scheduler }))
        ended = hasEnded()
        const stored = yield* sql.withTransaction(ids(sql))
        // A commit may be reported as an interruption that came after it; the reverse would be a lost row.
        if (Exit.isSuccess(exit)) expect(stored).toEqual([step])
        yield* sql`DELETE FROM t`
      }
      expect(step).toBeGreaterThan(30)
    })
  )

  it.scoped("a waiter that is interrupted at any step hands its turn on", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      for (const work of [sql.withTransaction(Effect.void), sql`SELECT 1`, Effect.scoped(sql.reserve)]) {
        for (let step = 1, ended = false; !ended; step++) {
          const { scheduler, hasEnded } = interruptsAt(step)
          const waiter = yield* sql.withTransaction(
            Effect.gen(function* () {
              const waiter = Effect.runFork(work, { scheduler })
              yield* Effect.async<void>((resume) => void setImmediate(() => setImmediate(() => resume(Effect.void))))
              return waiter
            })
          )
          yield* Fiber.await(waiter)
          ended = hasEnded()
          yield* sql.withTransaction(Effect.void)
        }
      }
    })
  )

  it.scoped("a fiber that outlives its transaction goes on outside it", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const goOn = yield* Deferred.make<void>()
      const fork = Effect.forkDaemon(
        Effect.zipRight(Deferred.await(goOn), Effect.zip(insert(sql, 2), sql.withTransaction(insert(sql, 3))))
      )
      const fiber = yield* sql.withTransaction(Effect.zipRight(insert(sql, 1), fork))
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.join(fiber)
      expect(yield* ids(sql)).toEqual([1, 2, 3])
    })
  )

  it.scoped("a nested transaction that a forked fiber left unfinished is not committed", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const inside = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const nested = sql.withTransaction(
        insert(sql, 2).pipe(
          Effect.zipRight(Deferred.succeed(inside, undefined)),
          Effect.zipRight(Deferred.await(goOn)),
          Effect.zipRight(insert(sql, 3))
        )
      )
      const fiber = yield* sql.withTransaction(
        insert(sql, 1).pipe(Effect.zipRight(Effect.forkDaemon(nested)), Effect.zipLeft(Deferred.await(inside)))
      )
      yield* Deferred.succeed(goOn, undefined)
      const error = yield* Effect.flip(Fiber.join(fiber))
      expect(error.message).toBe("The transaction around this one has ended")
      expect(yield* ids(sql)).toEqual([1])
      yield* sql.withTransaction(insert(sql, 4))
    })
  )

  it.scoped("streams and reserved connections take part in the transaction", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* insert(sql, 1)
          const rows = yield* Stream.runCollect(sql`SELECT id FROM t`.stream)
          expect(rows.length).toBe(1)
          const connection = yield* sql.reserve
          yield* connection.execute("INSERT INTO t (id) VALUES ($1)", [2], undefined)
        }).pipe(Effect.scoped)
      )
      expect(yield* ids(sql)).toEqual([1, 2])
      const kept = yield* sql.withTransaction(sql.reserve)
      yield* Effect.flip(kept.execute("INSERT INTO t (id) VALUES (3)", [], undefined))
    })
  )

  it.scoped(
    "a statement that can wait goes with the next one or with the COMMIT, in order, and belongs to its level",
    () =>
      Effect.gen(function* () {
        const sql = yield* database(url)
        const later = (id: number) => sql.later(insert(sql, id))
        yield* later(1)
        yield* sql.withTransaction(
          Effect.gen(function* () {
            yield* later(2)
            expect(yield* ids(sql)).toEqual([1, 2])
            yield* Effect.exit(sql.withTransaction(Effect.zipRight(later(3), Effect.fail("no"))))
            yield* sql.withTransaction(later(4))
            yield* sql.later(sql`UPDATE t SET v = 'late' WHERE id = 4`)
          })
        )
        yield* sql.withTransaction(later(5))
        expect(yield* ids(sql)).toEqual([1, 2, 4, 5])
        expect(yield* sql`SELECT id FROM t WHERE v = 'late'`).toEqual([{ id: 4 }])
        const seen: Array<string> = []
        const hook = sql.commits.afterCommit(Effect.sync(() => void seen.push("ran")))
        for (const work of [later(4), Effect.zipRight(later(4), ids(sql)), sql.withTransaction(later(4))]) {
          const error = yield* Effect.flip(sql.withTransaction(Effect.zipRight(Effect.zip(later(6), hook), work)))
          expect(error).toMatchObject({ _tag: "SqlError", cause: { code: "23505" } })
        }
        expect(yield* ids(sql)).toEqual([1, 2, 4, 5])
        expect(seen).toEqual([])
      })
  )

  it.scoped("a script in a transaction is part of it", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const script = sql.unsafe("INSERT INTO t (id) VALUES (1); INSERT INTO t (id) VALUES (2)").unprepared
      yield* Effect.exit(sql.withTransaction(Effect.zipRight(script, Effect.fail("no"))))
      expect(yield* ids(sql)).toEqual([])
      yield* sql.withTransaction(script)
      expect(yield* ids(sql)).toEqual([1, 2])
    })
  )
})
