import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { PostgresClient } from "../../../../../src/engine/storage/postgres/driver/PostgresClient.js"
import { joinAfter, until } from "../../../../support/latches.js"
import { onPostgres } from "../../../../support/postgres.js"
import { database, ids, insert } from "./support/server.js"

const raise = (sql: PostgresClient, code: string) =>
  Effect.asVoid(sql.unsafe(`DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '${code}'; END $$`))

/** Counts the runs of an effect. */
const counted = <A, E, R>(run: (attempt: number) => Effect.Effect<A, E, R>) => {
  let runs = 0
  return { runs: () => runs, effect: Effect.suspend(() => run(++runs)) }
}

onPostgres("retries of transactions on PostgreSQL", (url) => {
  it.scoped("a transaction that loses once runs again, and the hooks of its first run are dropped", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const seen: Array<string> = []
      for (const code of ["40001", "40P01", "23503", "23505"]) {
        const { runs, effect } = counted((attempt) =>
          sql.commits
            .afterCommit(Effect.sync(() => void seen.push(`${code} ${attempt}`)))
            .pipe(
              Effect.zipRight(insert(sql, Number.parseInt(code, 10) + attempt)),
              Effect.zipRight(attempt === 1 ? raise(sql, code) : Effect.void)
            )
        )
        yield* sql.withTransaction(effect)
        expect(runs()).toBe(2)
      }
      expect(seen).toEqual(["40001 2", "40P01 2", "23503 2", "23505 2"])
      expect(yield* ids(sql)).toEqual([42, 23505, 23507, 40003])
    })
  )

  it.scoped("also where the failure has become another error, and where a nested transaction lost", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const mapped = counted((attempt) =>
        Effect.as(attempt === 1 ? Effect.mapError(raise(sql, "40001"), () => "domain" as const) : Effect.void, attempt)
      )
      expect(yield* sql.withTransaction(mapped.effect)).toBe(2)
      const nested = counted((attempt) =>
        sql.withTransaction(Effect.zipRight(insert(sql, attempt), attempt === 1 ? raise(sql, "40P01") : Effect.void))
      )
      yield* sql.withTransaction(nested.effect)
      expect(nested.runs()).toBe(2)
      const recovered = counted(() => Effect.ignore(sql.withTransaction(raise(sql, "40001"))))
      yield* sql.withTransaction(recovered.effect)
      expect(recovered.runs()).toBe(1)
      expect(yield* ids(sql)).toEqual([2])
    })
  )

  it.scoped("a COMMIT that loses runs the transaction again", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* sql.unsafe(`
        CREATE SEQUENCE tries;
        CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN IF nextval('tries') < 3 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER loses AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION lose()`).unprepared
      const { runs, effect } = counted((attempt) => insert(sql, attempt))
      const fiber = yield* Effect.fork(sql.withTransaction(effect))
      yield* joinAfter("1 second")(fiber)
      expect(runs()).toBe(3)
      expect(yield* ids(sql)).toEqual([3])
      yield* sql.unsafe("ALTER SEQUENCE tries RESTART")
      const alone = yield* Effect.fork(sql.alone(insert(sql, 4)))
      yield* joinAfter("1 second")(alone)
      expect(yield* ids(sql)).toEqual([3, 4])
      expect(yield* sql`SELECT last_value FROM tries`).toEqual([{ last_value: 3 }])
    })
  )

  it.scoped("a statement alone gives up like a transaction, and runs once in each run of a transaction", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* sql.unsafe("CREATE SEQUENCE tries")
      const losing = sql.unsafe("SELECT lose(nextval('tries'))")
      yield* sql.unsafe(`CREATE FUNCTION lose(bigint) RETURNS void LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '23505'; END $$`)
      const taken = { _tag: "SqlError", cause: { code: "23505" } }
      expect(yield* Effect.flip(sql.alone(losing))).toMatchObject(taken)
      expect(yield* sql`SELECT last_value FROM tries`).toEqual([{ last_value: 4 }])
      expect(yield* Effect.flip(sql.withTransaction(sql.alone(losing)))).toMatchObject(taken)
      expect(yield* sql`SELECT last_value FROM tries`).toEqual([{ last_value: 8 }])
    })
  )

  it.scoped("gives up with the error of the database, and does not repeat what cannot succeed", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const expected = [
        ["40001", 6],
        ["23503", 2],
        ["23505", 4],
        ["42601", 1]
      ] as const
      for (const [code, times] of expected) {
        const { runs, effect } = counted(() => raise(sql, code))
        const fiber = yield* Effect.fork(Effect.flip(sql.withTransaction(effect)))
        expect(yield* joinAfter("10 seconds")(fiber)).toMatchObject({ _tag: "SqlError", cause: { code } })
        expect(runs()).toBe(times)
      }
    })
  )

  it.scoped("a key that is really taken is reported without a pause", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* insert(sql, 1)
      const { runs, effect } = counted(() => insert(sql, 1))
      // TestClock stands still: a pause would never end.
      const exit = yield* Effect.exit(sql.withTransaction(effect))
      expect(exit).toMatchObject({ _tag: "Failure", cause: { error: { cause: { code: "23505" } } } })
      expect(runs()).toBe(4)
    })
  )

  it.scoped("an interruption between two runs ends it", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const { runs, effect } = counted(() => raise(sql, "40001"))
      const fiber = yield* Effect.fork(sql.withTransaction(effect))
      // The second pause sleeps, and TestClock stands still.
      yield* until("the pause", TestClock.sleeps(), (sleeps) => sleeps.length > 0)
      yield* Fiber.interrupt(fiber)
      expect(runs()).toBe(2)
      expect(yield* ids(sql)).toEqual([])
    })
  )
})
