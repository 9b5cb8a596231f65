/**
 * The baseline: SQLite's BM25 with its Porter stemmer over one column of text, without stop words. It shares no more than
 * the list of stop words with the engine, so a change of the engine leaves it as it is.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Registry from "../../src/engine/storage/libsql/Registry.js"
import { stopWords } from "../../src/engine/text/StopWords.js"

/** A text to find. */
export interface Text {
  readonly id: string
  readonly text: string
}

/** The query of the index: the words of a question, a word that it repeats as often as it does. */
const matchOf = (question: string): string => {
  const words = question.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const content = words.filter((word) => !stopWords.has(word))
  return (content.length > 0 ? content : words).map((word) => `"${word}"`).join(" OR ")
}

/** The ids of the best texts for each question. */
export const rankings = (texts: ReadonlyArray<Text>, questions: ReadonlyArray<string>, limit: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE VIRTUAL TABLE plain USING fts5 (text, tokenize = 'porter unicode61')`
    yield* sql.withTransaction(
      Effect.forEach(texts, ({ text }, row) => sql`INSERT INTO plain (rowid, text) VALUES (${row}, ${text})`, {
        discard: true
      })
    )
    return yield* Effect.forEach(questions, (question) =>
      Effect.map(
        sql<{ readonly row: number }>`SELECT rowid AS row FROM plain WHERE plain MATCH ${matchOf(question)}
          ORDER BY bm25(plain), rowid LIMIT ${limit}`,
        (rows) => rows.flatMap(({ row }) => texts[row]?.id ?? [])
      )
    )
  }).pipe(Effect.provide(Registry.layer({ filename: ":memory:" })), Effect.scoped)
