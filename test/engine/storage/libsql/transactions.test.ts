import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type { Scheduler } from "effect/Scheduler"
import * as Stream from "effect/Stream"
import * as Libsql from "../../../../src/engine/storage/libsql/LibsqlClient.js"
import { createTable, ids, insert, memory, temporaryFile } from "./support/database.js"

describe("transactions", () => {
  it.scoped("commit, and roll back on failure and defect, and keep the tables of a database in memory", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* sql.withTransaction(insert(sql, 1))
      const failed = yield* Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 2), Effect.fail("no"))))
      const died = yield* Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 3), Effect.die("bug"))))
      expect(failed).toEqual(Exit.fail("no"))
      expect(died).toEqual(Exit.die("bug"))
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("a BEGIN that fails gives the connection back", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      // Raw, so that the driver's own BEGIN finds a transaction open.
      yield* sql`BEGIN`
      const error = yield* Effect.flip(sql.withTransaction(Effect.void))
      expect(error._tag).toBe("SqlError")
      yield* sql`ROLLBACK`
      yield* sql.withTransaction(insert(sql, 1))
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("a COMMIT that fails is a typed error and rolls back", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* sql`CREATE TABLE c (t INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)`
      const error = yield* Effect.flip(sql.withTransaction(sql`INSERT INTO c (t) VALUES (9)`))
      expect(error.message).toContain("FOREIGN KEY")
      expect(yield* sql`SELECT * FROM c`).toEqual([])
      yield* sql.withTransaction(insert(sql, 1))
    })
  )

  it.scoped("a query on another client inside a transaction runs on that other client", () =>
    Effect.gen(function* () {
      const a = yield* memory
      const b = yield* memory
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

  it.scoped("statements and transactions of other fibers wait for the end of an open one", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      const inside = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const order: Array<string> = []
      const first = yield* Effect.fork(
        sql.withTransaction(
          Effect.gen(function* () {
            yield* insert(sql, 1)
            yield* Deferred.succeed(inside, undefined)
            yield* Deferred.await(goOn)
            order.push("first")
            return yield* Effect.fail("no")
          })
        )
      )
      yield* Deferred.await(inside)
      const second = yield* Effect.fork(Effect.tap(ids(sql), (seen) => order.push(`sees ${seen.length}`)))
      const third = yield* Effect.fork(sql.withTransaction(Effect.tap(insert(sql, 2), () => order.push("third"))))
      yield* Effect.yieldNow().pipe(Effect.repeatN(100))
      expect(order).toEqual([])
      yield* Deferred.succeed(goOn, undefined)
      yield* Fiber.await(first)
      yield* Fiber.join(second)
      yield* Fiber.join(third)
      expect(order).toEqual(["first", "sees 0", "third"])
      expect(yield* ids(sql)).toEqual([2])
    })
  )

  it.scoped("nested transactions in sequence are savepoints", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* insert(sql, 1)
          yield* Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 2), Effect.fail("no"))))
          yield* sql.withTransaction(
            Effect.zipRight(
              insert(sql, 3),
              Effect.exit(sql.withTransaction(Effect.zipRight(insert(sql, 4), Effect.fail("no"))))
            )
          )
        })
      )
      expect(yield* ids(sql)).toEqual([1, 3])
    })
  )

  it.scoped("a failing sibling discards neither a concurrent nested transaction nor its parent's statements", () =>
    Effect.gen(function* () {
      const sql = yield* memory
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

  it.scoped("an interrupted transaction rolls back, and a fiber that waits for its turn can be interrupted", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      const inside = yield* Deferred.make<void>()
      const open = yield* Effect.fork(
        sql.withTransaction(
          insert(sql, 1).pipe(Effect.zipRight(Deferred.succeed(inside, undefined)), Effect.zipRight(Effect.never))
        )
      )
      yield* Deferred.await(inside)
      const waiting = yield* Effect.fork(sql.withTransaction(insert(sql, 2)))
      yield* Effect.yieldNow().pipe(Effect.repeatN(50))
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(open)
      yield* insert(sql, 3)
      expect(yield* ids(sql)).toEqual([3])
    })
  )

  it.scoped("an interruption at any step leaks nothing", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      let finished = false
      let step = 0
      // Nothing but an exhaustive walk finds the steps between getting a permit and owning it.
      while (!finished) {
        step++
        let steps = 0
        const scheduler: Scheduler = {
          shouldYield: (fiber) => {
            if (++steps !== step) return false
            fiber.unsafeInterruptAsFork(FiberId.none)
            return 0
          },
          scheduleTask: (task) => setImmediate(task)
        }
        const body = sql.withTransaction(Effect.zipRight(insert(sql, step), sql.withTransaction(Effect.void)))
        const fiber = Effect.runFork(body, { scheduler })
        const exit = yield* Fiber.await(fiber)
        finished = steps < step
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
      const sql = yield* memory
      let finished = false
      for (let step = 1; !finished; step++) {
        let steps = 0
        const scheduler: Scheduler = {
          shouldYield: (fiber) => {
            if (++steps !== step) return false
            fiber.unsafeInterruptAsFork(FiberId.none)
            return 0
          },
          scheduleTask: (task) => setImmediate(task)
        }
        const waiter = yield* sql.withTransaction(
          Effect.gen(function* () {
            const waiter = Effect.runFork(sql.withTransaction(Effect.void), { scheduler })
            yield* Effect.async<void>((resume) => void setImmediate(() => setImmediate(() => resume(Effect.void))))
            return waiter
          })
        )
        yield* Fiber.await(waiter)
        finished = steps < step
        yield* sql.withTransaction(Effect.void)
      }
    })
  )

  it.scoped("a fiber that outlives its transaction goes on outside it", () =>
    Effect.gen(function* () {
      const sql = yield* memory
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
      const sql = yield* memory
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

  it.scoped("no statement runs after the database rolled back by itself", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* insert(sql, 1)
      const outcome = yield* Effect.flip(
        sql.withTransaction(
          Effect.gen(function* () {
            yield* insert(sql, 2)
            yield* Effect.ignore(sql`INSERT OR ROLLBACK INTO t (id) VALUES (1)`)
            yield* Effect.ignore(insert(sql, 3))
          })
        )
      )
      expect(outcome.message).toBe("The database rolled the transaction back")
      expect(yield* ids(sql)).toEqual([1])
      yield* sql.withTransaction(insert(sql, 4))
    })
  )

  it.scoped("streams and reserved connections take part in the transaction", () =>
    Effect.gen(function* () {
      const sql = yield* memory
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* insert(sql, 1)
          const rows = yield* Stream.runCollect(sql`SELECT id FROM t`.stream)
          expect(rows.length).toBe(1)
          const connection = yield* sql.reserve
          yield* connection.execute("INSERT INTO t (id) VALUES (?)", [2], undefined)
        }).pipe(Effect.scoped)
      )
      expect(yield* ids(sql)).toEqual([1, 2])
      const kept = yield* sql.withTransaction(sql.reserve)
      yield* Effect.flip(kept.execute("INSERT INTO t (id) VALUES (3)", [], undefined))
    })
  )

  it.scoped("64 fibers of mixed writes on one file: no busy errors, no lost rows", () =>
    Effect.gen(function* () {
      const sql = yield* Libsql.make({ filename: yield* temporaryFile })
      yield* createTable(sql)
      const write = (fiber: number) =>
        Effect.forEach(Array.from({ length: 50 }), (_, n) => {
          const id = fiber * 1000 + n
          if (n % 3 === 0) return insert(sql, id)
          const update = sql`UPDATE t SET v = 'updated' WHERE id = ${id}`
          const both = Effect.zipRight(insert(sql, id), Effect.zipRight(Effect.yieldNow(), update))
          return n % 3 === 1 ? sql.withTransaction(both) : sql.withTransaction(sql.withTransaction(both))
        })
      yield* Effect.forEach(Array.from({ length: 64 }), (_, fiber) => write(fiber), { concurrency: "unbounded" })
      expect(yield* ids(sql)).toHaveLength(64 * 50)
      expect(yield* sql`SELECT count(*) AS n FROM t WHERE v = 'updated'`).toEqual([{ n: 64 * 33 }])
      expect(yield* sql`PRAGMA integrity_check`).toEqual([{ integrity_check: "ok" }])
    })
  )
})
