import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { onPostgres } from "../../../../support/postgres.js"
import { database, ids, insert } from "./support/server.js"

onPostgres("afterCommit on PostgreSQL", (url) => {
  it.scoped("runs at once outside a transaction", () =>
    Effect.gen(function* () {
      const { commits } = yield* database(url)
      const seen: Array<string> = []
      yield* commits.afterCommit(Effect.sync(() => void seen.push("ran")))
      expect(seen).toEqual(["ran"])
    })
  )

  it.scoped("runs after the outermost commit, in order, outside the transaction", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const seen: Array<unknown> = []
      const note = (name: string) =>
        sql.commits.afterCommit(
          Effect.flatMap(Effect.orDie(sql.withTransaction(ids(sql))), (rows) =>
            Effect.sync(() => seen.push([name, ...rows]))
          )
        )
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* note("outer")
          yield* sql.withTransaction(Effect.zipRight(insert(sql, 1), note("nested")))
          yield* insert(sql, 2)
          expect(seen).toEqual([])
        })
      )
      expect(seen).toEqual([
        ["outer", 1, 2],
        ["nested", 1, 2]
      ])
    })
  )

  it.scoped("never runs after a rollback, of the transaction or of the nested one that registered it", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      const seen: Array<string> = []
      const note = (name: string) => sql.commits.afterCommit(Effect.sync(() => void seen.push(name)))
      yield* Effect.exit(
        sql.withTransaction(
          note("outer").pipe(Effect.zipRight(sql.withTransaction(note("nested"))), Effect.zipRight(Effect.fail("no")))
        )
      )
      yield* sql.withTransaction(
        Effect.zipRight(
          Effect.exit(sql.withTransaction(Effect.zipRight(note("discarded"), Effect.fail("no")))),
          note("kept")
        )
      )
      expect(seen).toEqual(["kept"])
    })
  )

  it.scoped("never runs when the commit itself fails, and its own defect does not undo a commit", () =>
    Effect.gen(function* () {
      const sql = yield* database(url)
      yield* sql`CREATE TABLE c (t BIGINT REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)`
      const die = sql.commits.afterCommit(Effect.die("bug"))
      yield* Effect.flip(sql.withTransaction(Effect.zipRight(die, sql`INSERT INTO c (t) VALUES (9)`)))
      expect(yield* sql.withTransaction(Effect.as(Effect.zipRight(insert(sql, 1), die), "done"))).toBe("done")
      expect(yield* ids(sql)).toEqual([1])
    })
  )
})
