import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { PostgresClient } from "../../../../../../src/engine/storage/postgres/driver/PostgresClient.js"
import * as Postgres from "../../../../../../src/engine/storage/postgres/driver/PostgresClient.js"

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
