/** The PostgreSQL store, for the suites that run over every database. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Store from "../../../src/engine/storage/postgres/Store.js"
import { StoreClock } from "../../../src/engine/storage/postgres/Time.js"
import { BackDoor, type Database } from "../storage/database.js"
import { emptyPglite } from "./pglite.js"
import { emptySchema } from "./schemas.js"

/** Every table of rows, with the column that has the order of insertion. */
const tables = {
  agents: "seq",
  users: "seq",
  sessions: "seq",
  tools: "seq",
  docs: "seq",
  passages: "seq",
  vectors: "seq",
  vector_spaces: "seq",
  entries: "seq",
  turn_vectors: "turn",
  memories: "seq",
  memory_vectors: "memory",
  suggestions: "seq",
  jobs: "seq"
} as const

const backDoor = (sql: SqlClient.SqlClient): BackDoor.Service => {
  const first = <A extends object>(rows: ReadonlyArray<A>) => Effect.fromNullable(rows[0]).pipe(Effect.orDie)
  return {
    rows: (developer) =>
      Effect.map(
        Effect.forEach(Object.entries(tables), ([table, order]) => {
          const mine = developer === undefined ? sql`TRUE` : sql`developer_id = ${developer}`
          const rows = sql<object>`SELECT * FROM ${sql(table)} WHERE ${mine} ORDER BY ${sql(order)}`
          return Effect.map(rows, (all) => [table, all] as const)
        }),
        Object.fromEntries
      ),
    indexed: Effect.flatMap(
      sql<{ readonly passages: number; readonly turns: number; readonly memories: number }>`
        SELECT count(DISTINCT row_id) FILTER (WHERE key NOT LIKE 'm%') AS turns,
          count(DISTINCT row_id) FILTER (WHERE key LIKE 'm%') AS memories,
          (SELECT count(DISTINCT row_id) FROM passage_terms) AS passages
        FROM recall_terms`,
      first
    ),
    // PostgreSQL guards references and pages itself. What the index has of rows that are gone, the store must delete.
    faults: Effect.zipWith(
      sql<object>`SELECT key, row_id FROM passage_terms
        WHERE NOT EXISTS (SELECT FROM passages WHERE passages.developer_id = passage_terms.developer_id AND seq = row_id)`,
      sql<object>`SELECT key, row_id FROM recall_terms AS terms WHERE NOT CASE WHEN key LIKE 'm%'
        THEN EXISTS (SELECT FROM memories WHERE memories.developer_id = terms.developer_id AND seq = row_id)
        ELSE EXISTS (SELECT FROM entries WHERE entries.developer_id = terms.developer_id AND turn = row_id) END`,
      (passages, others) => [...passages, ...others]
    ),
    refusePassage: (position) =>
      sql.unsafe(`ALTER TABLE passages ADD CONSTRAINT refused CHECK (position <> ${position}) NOT VALID`),
    overwrite: (table, column, text) => sql`UPDATE ${sql(table)} SET ${sql(column)} = ${text}`,
    turnNumbers: (session_id) =>
      Effect.map(
        sql<{ readonly turn: number }>`
          SELECT turn FROM entries WHERE session_id = ${session_id} AND turn IS NOT NULL ORDER BY seq`,
        (rows) => rows.map(({ turn }) => turn)
      ),
    unknownTable: { read: sql`SELECT * FROM nowhere`, message: 'relation "nowhere" does not exist' }
  }
}

/** The most connections of a store. */
export const POOL_SIZE = 4

/** A store in the schema of a URL. Both layers share its pool. */
const storeOn = (poolSize: number) => (url: string) => {
  const options = { url: Redacted.make(url), poolSize, prepared: undefined, displayUrl: "a schema of tests" }
  // Suites set the clock of the process.
  const store = Layer.provide(Store.layer(options), Layer.succeed(StoreClock, "process"))
  return Layer.merge(store, Layer.scoped(BackDoor, Effect.map(Store.connect(options), backDoor)))
}

/** The database of a URL, in schemas of its own. `keep` may keep the pools of empty stores open. */
export const postgres = (url: string, keep: (url: string) => Effect.Effect<string> = Effect.succeed): Database => ({
  name: "PostgreSQL",
  numbered: false,
  empty: Layer.unwrapScoped(Effect.map(Effect.flatMap(emptySchema(url), keep), storeOn(POOL_SIZE))),
  durable: Effect.map(emptySchema(url), storeOn(POOL_SIZE))
})

/** PostgreSQL with pgvector, one connection of it. */
export const pgvector: Database = {
  name: "PGlite with pgvector",
  numbered: true,
  empty: Layer.unwrapScoped(Effect.map(emptyPglite, storeOn(1))),
  durable: Effect.map(emptyPglite, storeOn(1))
}
