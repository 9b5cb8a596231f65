import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { soon } from "../../../../support/latches.js"
import { roundTrips } from "../../../../support/postgres/roundTrips.js"
import { onPostgres } from "../../../../support/postgres.js"
import { database, ids, insert, observer, untilActive } from "./support/server.js"

onPostgres("two effects whose first statements share a round trip on PostgreSQL", (url) => {
  it.scoped("the second sees what the first has written, and further statements are on their own", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const { count, result } = yield* roundTrips(sql.together(insert(sql, 1), Effect.zip(ids(sql), ids(sql))))
      expect(count).toBe(2)
      expect(result[1]).toEqual([[1], [1]])
    })
  )

  it.scoped("an effect without a statement does not keep the other from its own", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* sql.together(insert(sql, 1), Effect.yieldNow())
      yield* sql.together(Effect.yieldNow(), insert(sql, 2))
      yield* sql.together(sql.withTransaction(insert(sql, 3)), insert(sql, 4))
      yield* Effect.flip(sql.together(Effect.fail("no"), Effect.zipRight(Effect.yieldNow(), Effect.never)))
      expect(yield* ids(sql)).toEqual([1, 2, 3, 4])
    })
  )

  it.scoped("if one of the statements fails, both do, and neither has done anything", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* insert(sql, 1)
      for (const [one, other] of [
        [1, 2],
        [2, 1]
      ] as const) {
        const first = Effect.exit(insert(sql, one))
        const [exits] = yield* Effect.all([sql.together(first, Effect.exit(insert(sql, other)))])
        expect(exits.map(({ _tag }) => _tag)).toEqual(["Failure", "Failure"])
      }
      expect(yield* ids(sql)).toEqual([1])
    })
  )

  it.scoped("inside a transaction they run one after the other", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const both = sql.together(insert(sql, 1), ids(sql))
      expect((yield* sql.withTransaction(both))[1]).toEqual([1])
    })
  )

  it.scoped("an interruption ends when the statements have", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const watch = yield* observer(url)
      const slow = sql`INSERT INTO t (id) SELECT 1 FROM pg_sleep(600) AS together`
      const fiber = yield* Effect.fork(sql.together(slow, ids(sql)))
      const [pid] = yield* untilActive(watch, "AS together")
      yield* soon("the interruption")(Fiber.interrupt(fiber))
      expect(yield* watch`SELECT 1 FROM pg_stat_activity WHERE pid = ${pid} AND state = 'active'`).toEqual([])
      expect(yield* ids(sql)).toEqual([])
    })
  )
})
