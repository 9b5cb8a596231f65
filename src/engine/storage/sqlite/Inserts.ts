/** Writes rows through the views that index them: see `SearchIndexes`. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { isForeignKeyViolation } from "../codes/sqlite.js"
import type { Dialect } from "../Dialect.js"
import * as IndexMerges from "./IndexMerges.js"
import { termList } from "./SearchIndexes.js"

/** SQLite limits the parameters of a statement, and a bounded length keeps the number of different statements low. */
const ROWS_PER_STATEMENT = 100

/** Whether rows were written; false where the foreign key finds no parent, so that the answer cannot be out of date. */
const unlessOrphaned = (insertion: Effect.Effect<unknown, SqlError>): Effect.Effect<boolean, SqlError> =>
  Effect.matchEffect(insertion, {
    onSuccess: () => Effect.succeed(true),
    onFailure: (error) => (isForeignKeyViolation(error) ? Effect.succeed(false) : Effect.fail(error))
  })

/** The inserts of the dialect. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const passagesWritten = yield* IndexMerges.make

  const insertPassages: Dialect.Service["insertPassages"] = (developer_id, doc_id, passages) =>
    Effect.zipRight(
      Effect.forEach(
        Arr.chunksOf(passages, ROWS_PER_STATEMENT),
        (chunk) =>
          sql`INSERT INTO new_passages ${sql.insert(
            chunk.map(({ position, terms, text }) => ({ developer_id, doc_id, position, text, terms: termList(terms) }))
          )}`,
        { discard: true }
      ),
      passagesWritten
    )

  const insertEntries: Dialect.Service["insertEntries"] = ({ answers, developer, rows, session_id }) => {
    const [first, ...rest] = Arr.chunksOf(rows, ROWS_PER_STATEMENT).map((chunk) => {
      const written = chunk.map(({ columns, terms }) => ({
        developer_id: developer,
        session_id,
        answers,
        terms: terms === null ? null : termList(terms),
        ...columns
      }))
      return sql`INSERT INTO new_entries ${sql.insert(written)}`
    })
    if (first === undefined) return Effect.succeed(true)
    return unlessOrphaned(
      rest.length === 0 ? first : sql.withTransaction(Effect.all([first, ...rest], { discard: true }))
    )
  }

  const insertMemory: Dialect.Service["insertMemory"] = (row, terms) =>
    unlessOrphaned(sql`INSERT INTO new_memories ${sql.insert({ ...row, terms: termList(terms) })}`)

  return {
    insertPassages,
    insertEntries,
    insertMemory,
    addMemory: (row, terms) => Effect.asVoid(insertMemory(row, terms))
  } satisfies Partial<Dialect.Service>
})
