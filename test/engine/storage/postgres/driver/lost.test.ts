import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { storageError } from "../../../../../src/engine/storage/SqlErrors.js"
import { latch, soon, until } from "../../../../support/latches.js"
import { onPostgres } from "../../../../support/postgres.js"
import { database, ids, insert, observer, pidOf, untilActive } from "./support/server.js"

const BELL = 'a "bell"'

onPostgres("lost connections to PostgreSQL", (url) => {
  it.scoped(
    "a server that goes away between two statements of a transaction is a typed error, and the next query is fine",
    () =>
      Effect.gen(function* () {
        const sql = yield* database(url, { poolSize: 1 })
        const watch = yield* observer(url)
        const gone = sql.withTransaction(
          Effect.gen(function* () {
            yield* insert(sql, 1)
            const pid = yield* pidOf(sql)
            yield* watch`SELECT pg_terminate_backend(${pid})`
            yield* until(
              "the process has ended",
              watch`SELECT 1 FROM pg_stat_activity WHERE pid = ${pid}`,
              (rows) => rows.length === 0
            )
            yield* insert(sql, 2)
          })
        )
        expect(yield* Effect.flip(gone)).toMatchObject({ _tag: "SqlError", cause: { code: "57P01" } })
        expect(yield* ids(sql)).toEqual([])
        yield* sql.withTransaction(insert(sql, 3))
        expect(yield* ids(sql)).toEqual([3])
      })
  )

  it.scoped("so is one that goes away during a statement, or before the COMMIT", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const watch = yield* observer(url)
      for (const work of [sql`SELECT pg_sleep(600) AS lost`, sql.withTransaction(sql`SELECT pg_sleep(600) AS lost`)]) {
        const fiber = yield* Effect.fork(Effect.flip(work))
        const [pid] = yield* untilActive(watch, "AS lost")
        yield* watch`SELECT pg_terminate_backend(${pid})`
        expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "SqlError", cause: { code: "57P01" } })
      }
      const committing = sql.withTransaction(
        Effect.gen(function* () {
          yield* insert(sql, 1)
          yield* watch`SELECT pg_terminate_backend(${yield* pidOf(sql)})`
        })
      )
      expect(yield* Effect.flip(committing)).toMatchObject({ _tag: "SqlError", cause: { code: "57P01" } })
      expect(yield* ids(sql)).toEqual([])
    })
  )

  it.scoped("one that goes away during the COMMIT, or during a change, may have committed, and the error says so", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 1 })
      const watch = yield* observer(url)
      yield* sql.unsafe(`CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN PERFORM pg_sleep(600) AS lingers; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER lingers AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION linger()`).unprepared
      for (const committing of [sql.withTransaction(insert(sql, 1)), sql.alone(insert(sql, 1)), insert(sql, 1)]) {
        const fiber = yield* Effect.fork(Effect.flip(committing))
        const [found] = yield* until(
          "the COMMIT runs",
          watch<{
            readonly pid: number
          }>`SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND (query = 'COMMIT' OR query LIKE 'INSERT%')
          AND datname = current_database()`,
          (rows) => rows.length > 0
        )
        yield* watch`SELECT pg_terminate_backend(${found?.pid ?? 0})`
        const error = yield* Fiber.join(fiber)
        expect(error).toMatchObject({ _tag: "SqlError", cause: { code: "57P01" } })
        expect(storageError("docs.insert", error).message).toContain("may or may not be stored")
      }
    })
  )

  it.scoped("idle connections that were lost are replaced, and those who wait get the new ones", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { poolSize: 2 })
      const watch = yield* observer(url)
      const pids = yield* Effect.all(
        [pidOf(sql), Effect.zipRight(sql`SELECT pg_sleep(0.01)`, pidOf(sql)), pidOf(sql)],
        {
          concurrency: "unbounded"
        }
      )
      yield* watch`SELECT pg_terminate_backend(pid) FROM unnest(${[...new Set(pids)]}::int[]) AS of (pid)`
      const alive = Effect.retry(pidOf(sql), { times: 3 })
      const found = yield* Effect.all(
        Array.from({ length: 6 }, () => alive),
        { concurrency: "unbounded" }
      )
      expect(found.filter((pid) => pids.includes(pid))).toEqual([])
    })
  )

  it.scoped("notifications arrive, those of a transaction after its commit", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const heard: Array<string> = []
      const last = latch()
      yield* sql.listen(BELL, (payload) => {
        heard.push(payload)
        if (payload === "last") last.open()
      })
      yield* sql.notify(BELL, "first")
      yield* Effect.ignore(sql.withTransaction(Effect.zipRight(sql.notify(BELL, "dropped"), Effect.fail("no"))))
      yield* sql.withTransaction(sql.notify(BELL, "last"))
      yield* soon("the notification")(last.opened)
      expect(heard).toEqual(["", "first", "last"])
    })
  )

  it.effect("the connection that listens is replaced when it is lost, and then everybody looks", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const watch = yield* observer(url)
      const again = latch()
      const after = latch()
      let news = 0
      yield* sql.listen("lost_bell", (payload) => {
        if (payload === "" && ++news === 2) again.open()
        if (payload === "after") after.open()
      })
      yield* sql.listen("lost_bell", () => undefined)
      expect(news).toBe(1)
      const [pid] = yield* watch<{ readonly pid: number }>`SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN "lost_bell"%'`
      yield* watch`SELECT pg_terminate_backend(${pid?.pid ?? 0})`
      yield* soon("the second connection")(again.opened)
      yield* sql.notify("lost_bell", "after")
      yield* soon("the notification")(after.opened)
    }).pipe(Effect.scoped)
  )

  it.scoped(
    "connections keep the process alive while something is under way, and not while they are idle or listen",
    () =>
      Effect.gen(function* () {
        const alive = () => process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap").length
        const watch = yield* observer(url)
        const before = alive()
        const sql = yield* database(url)
        yield* sql.listen("quiet_bell", () => undefined)
        expect(alive()).toBe(before)
        const fiber = yield* Effect.fork(sql.withTransaction(sql`SELECT pg_sleep(600) AS busy`))
        yield* untilActive(watch, "AS busy")
        expect(alive()).toBe(before + 1)
        yield* Fiber.interrupt(fiber)
        expect(alive()).toBe(before)
      })
  )

  it.scoped("a listener that leaves hears nothing more, and the others still do", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const heard: Array<string> = []
      const done = latch()
      yield* Effect.scoped(sql.listen("left_bell", (payload) => void heard.push(payload)))
      yield* sql.listen("other_bell", (payload) => {
        if (payload === "done") done.open()
      })
      yield* sql.notify("left_bell", "late")
      yield* sql.notify("other_bell", "done")
      yield* soon("the notification")(done.opened)
      expect(heard).toEqual([""])
    })
  )

  it.scoped("a pooled client without named statements does not listen, and does not wait for it", () =>
    Effect.gen(function* () {
      const sql = yield* database(url, { prepared: false })
      yield* sql.listen("deaf_bell", () => expect.fail())
      yield* sql.notify("deaf_bell", "unheard")
      const [listening] = yield* sql`SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'LISTEN "deaf%'`
      expect(listening).toEqual({ n: 0 })
    })
  )
})
