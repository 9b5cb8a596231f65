import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { PostgresClient } from "../../../../../../src/engine/storage/postgres/driver/PostgresClient.js"
import * as Postgres from "../../../../../../src/engine/storage/postgres/driver/PostgresClient.js"
import { until } from "../../../../../support/latches.js"

/** A client of few connections, which looks at the server. */
export const observer = (url: string) => Postgres.make({ url: Redacted.make(url), poolSize: 2 })

/** The URL with a schema of its own, which is dropped with the scope. */
export const schemaUrl = (url: string) =>
  Effect.gen(function* () {
    const name = `driver_${randomUUID().replaceAll("-", "")}`
    const admin = yield* observer(url)
    yield* Effect.acquireRelease(admin`CREATE SCHEMA ${admin(name)}`, () =>
      Effect.orDie(admin`DROP SCHEMA ${admin(name)} CASCADE`)
    )
    return Redacted.make(`${url}?options=${encodeURIComponent(`-c search_path=${name}`)}`)
  })

/** A client on a schema of its own with the table `t (id, v)`. */
export const database = (url: string, options?: Omit<Postgres.OpenOptions, "url">) =>
  Effect.gen(function* () {
    const sql = yield* Postgres.make({ poolSize: 3, ...options, url: yield* schemaUrl(url) })
    yield* sql`CREATE TABLE t (id BIGINT PRIMARY KEY, v TEXT)`
    return sql
  })

/** Inserts a row in `t`; `id` is given, so that a second insert of it breaks a constraint. */
export const insert = (sql: PostgresClient, id: number, v = `v${id}`) => sql`INSERT INTO t ${sql.insert({ id, v })}`

/** The ids in `t`, in order. */
export const ids = (sql: PostgresClient) =>
  Effect.map(sql<{ readonly id: number }>`SELECT id FROM t ORDER BY id`, (rows) => rows.map((row) => row.id))

/** The id of the server's process that serves a connection. */
export const pidOf = (sql: PostgresClient) =>
  Effect.map(sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`, ([row]) => row?.pid ?? 0)

/** Waits until the processes run a statement, or wait for a lock, as `pg_stat_activity` says. */
export const untilActive = (observer: PostgresClient, text: string, count = 1) =>
  until(
    `${count} active: ${text}`,
    observer<{ readonly pid: number }>`SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND query LIKE ${`%${text}%`} AND pid <> pg_backend_pid()`,
    (rows) => rows.length >= count
  ).pipe(Effect.map((rows) => rows.map(({ pid }) => pid)))
