/** Writes rows through the views that index them: see `SearchIndexes`. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { isForeignKeyViolation } from "../codes/sqlite.js"
import type { Dialect, TurnEnd, Written } from "../Dialect.js"
import * as IndexMerges from "./IndexMerges.js"
import { finished, termList } from "./SearchIndexes.js"

/** SQLite limits the parameters of a statement, and a bounded length keeps the number of different statements low. */
const ROWS_PER_STATEMENT = 100

/** What a turn leaves, as rows of the view `finished_turns`: each has a message, a memory, or both. */
const finishedRows = ({ accessed, at, entries, memories }: TurnEnd): ReadonlyArray<ReadonlyArray<unknown>> =>
  Arr.makeBy(Math.max(entries.rows.length, memories.length, 1), (index) => {
    const [message, remembered] = [entries.rows[index], memories[index]]
    const columns: Written = {
      developer_id: entries.developer,
      session_id: entries.session_id,
      answers: entries.answers,
      terms: message?.terms ? termList(message.terms) : null,
      ...message?.columns
    }
    const ofMemory: Written = remembered ? { terms: termList(remembered.terms), ...remembered.columns } : {}
    return [
      ...finished.message.map((name) => columns[name] ?? null),
      ...finished.memory.map((name) => ofMemory[name] ?? null),
      index === 0 ? JSON.stringify(accessed) : null,
      at
    ]
  })

/** An insertion of such rows. Its text depends on their number alone: helpers would join it from the names of 32 columns. */
const insertFinished = (rows: ReadonlyArray<ReadonlyArray<unknown>>): string =>
  `INSERT INTO finished_turns VALUES ${rows.map((row) => `(${row.map(() => "?").join(", ")})`).join(", ")}`

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
    unlessOrphaned(sql`INSERT INTO new_memories ${sql.insert({ terms: termList(terms), ...columns })}`)

  const finishTurn: Dialect.Service["finishTurn"] = (turn, following) => {
    const { developer, rows, session_id } = turn.entries
    // Without messages, no foreign key refers to the session.
    const exists = Effect.map(
      sql`SELECT 1 FROM sessions WHERE developer_id = ${developer} AND session_id = ${session_id}`,
      (found) => found.length > 0
    )
    const chunks = Arr.chunksOf(finishedRows(turn), ROWS_PER_STATEMENT)
    const write = unlessOrphaned(
      Effect.forEach(chunks, (chunk) => sql.unsafe(insertFinished(chunk), chunk.flat()), { discard: true })
    )
    const written =
      rows.length === 0 ? Effect.flatMap(exists, (there) => (there ? write : Effect.succeed(false))) : write
    const finish = Effect.flatMap(written, (done) => (done ? Effect.asSome(following) : Effect.succeedNone))
    return rows.length > 0 && chunks.length === 1 && !turn.writesMore ? finish : sql.withTransaction(finish)
  }

  return {
    insertPassages,
    insertEntries,
    insertMemory,
    finishTurn
  } satisfies Partial<Dialect.Service>
})
