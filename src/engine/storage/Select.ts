/** Statements whose failures and unreadable rows are `StorageError`s. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { StorageError } from "../ports/Storage.js"
import type { Raw, Reader } from "./Columns.js"
import { failsAs } from "./SqlErrors.js"

type Statement = Effect.Effect<ReadonlyArray<Raw>, SqlError>
type Decoder<Row> = Pick<Reader<Row>, "table" | "key" | "decode">

const decodeAll = <Row>(
  { table, key, decode }: Decoder<Row>,
  rows: ReadonlyArray<Raw>
): Effect.Effect<ReadonlyArray<Row>, StorageError> => {
  const decoded: Array<Row> = []
  for (const raw of rows) {
    try {
      decoded.push(decode(raw))
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      return Effect.fail(new StorageError({ message: `The row ${raw[key]} of ${table} cannot be read: ${why}`, cause }))
    }
  }
  return Effect.succeed(decoded)
}

/** Runs a query and decodes its rows. */
export const selectMany = <Row>(operation: string, decoder: Decoder<Row>, statement: Statement) =>
  Effect.flatMap(failsAs(operation)(statement), (rows) => decodeAll(decoder, rows))

/** Runs a query of at most one row and decodes it. */
export const selectOne = <Row>(operation: string, decoder: Decoder<Row>, statement: Statement) =>
  Effect.map(selectMany(operation, decoder, statement), (rows) => Option.fromNullable(rows[0]))

/** Runs a statement and returns whether it found or, with `RETURNING`, changed any row. */
export const returnsRow = (operation: string, statement: Statement) =>
  Effect.map(failsAs(operation)(statement), (rows) => rows.length > 0)

/** Runs a statement for its effect. */
export const run = (operation: string, statement: Statement) => Effect.asVoid(failsAs(operation)(statement))
