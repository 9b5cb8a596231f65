/** Writes rows through the views that index them: see `SearchIndexes`. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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

  const insertMemory: Dialect.Service["insertMemory"] = ({ columns, terms }) =>
    unlessOrphaned(sql`INSERT INTO new_memories ${sql.insert({ ...columns, terms: termList(terms) })}`)

  const finishTurn: Dialect.Service["finishTurn"] = ({ accessed, at, entries, memories }, following) =>
    Effect.gen(function* () {
      const { developer, rows, session_id } = entries
      const ofSession = sql`SELECT 1 FROM sessions WHERE developer_id = ${developer} AND session_id = ${session_id}`
      const isWritten = rows.length === 0 ? Effect.map(ofSession, (found) => found.length > 0) : insertEntries(entries)
      if (!(yield* isWritten)) return Option.none()
      if (accessed.length > 0) {
        yield* sql`UPDATE memories SET last_accessed_at = ${at} WHERE developer_id = ${developer}
          AND memory_id IN (SELECT value FROM json_each(${JSON.stringify(accessed)}))`
      }
      for (const memory of memories) yield* insertMemory(memory)
      return Option.some(yield* following)
    }).pipe(sql.withTransaction)

  return {
    insertPassages,
    insertEntries,
    insertMemory,
    finishTurn
  } satisfies Partial<Dialect.Service>
})
