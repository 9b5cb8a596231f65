/** The baseline: SQLite's BM25 with its Porter stemmer over one column of text, without stop words. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Registry from "../../src/engine/storage/libsql/Registry.js"
import { parseQuery } from "../../src/engine/text/Words.js"

interface Text {
  readonly id: string
  readonly text: string
}

/** The ids of the best texts for each query. */
export const rankings = (texts: ReadonlyArray<Text>, queries: ReadonlyArray<string>, limit: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE VIRTUAL TABLE plain USING fts5 (text, tokenize = 'porter unicode61')`
    yield* sql.withTransaction(
      Effect.forEach(texts, ({ text }, row) => sql`INSERT INTO plain (rowid, text) VALUES (${row}, ${text})`, {
        discard: true
      })
    )
    return yield* Effect.forEach(queries, (query) =>
      Effect.map(
        sql<{ readonly row: number }>`SELECT rowid AS row FROM plain
          WHERE plain MATCH ${parseQuery(query)
            .map(({ word }) => `"${word}"`)
            .join(" OR ")} ORDER BY bm25(plain) LIMIT ${limit}`,
        (rows) => rows.flatMap(({ row }) => texts[row]?.id ?? [])
      )
    )
  }).pipe(Effect.provide(Registry.layer({ filename: ":memory:" })), Effect.scoped)
