import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JsonObject } from "../../schema/Field.js"
import { StorageError } from "../ports/Storage.js"
import { failsAs } from "./Failure.js"

/** A row as the driver returns it. */
export type Raw = { readonly [column: string]: unknown }

/** How a table's rows are read and written, by hand: they are on the path of every chat turn. */
export interface Codec<Row> {
  readonly table: string
  /** The column that holds the id. */
  readonly key: string
  /** The columns that are read. */
  readonly columns: ReadonlyArray<string>
  /** Every column but `seq` and `developer_id`. */
  readonly encode: (row: Row) => Record<string, unknown>
  /** Throws when a column does not hold what it should. */
  readonly decode: (raw: Raw) => Row
}

const unexpected = (column: string, expected: string): Error => new Error(`${column} is not ${expected}`)

/** A column of text. */
export const text = (raw: Raw, column: string): string => {
  const value = raw[column]
  if (typeof value === "string") return value
  throw unexpected(column, "a text")
}

/** A column of text that may be empty. */
export const textOrNull = (raw: Raw, column: string): string | null => (raw[column] === null ? null : text(raw, column))

/** A column of numbers. */
export const number = (raw: Raw, column: string): number => {
  const value = raw[column]
  if (typeof value === "number") return value
  throw unexpected(column, "a number")
}

/** A column of numbers that may be empty. */
export const numberOrNull = (raw: Raw, column: string): number | null =>
  raw[column] === null ? null : number(raw, column)

const json = (raw: Raw, column: string): unknown => {
  const value = text(raw, column)
  try {
    return JSON.parse(value)
  } catch {
    throw unexpected(column, "JSON")
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isNumber = (value: unknown): value is number => typeof value === "number"
const isText = (value: unknown): value is string => typeof value === "string"

const isListOf =
  <A>(isItem: (value: unknown) => value is A) =>
  (value: unknown): value is ReadonlyArray<A> =>
    Array.isArray(value) && value.every(isItem)

/** A reader of columns that hold JSON of one kind. */
export const jsonOf =
  <A>(is: (value: unknown) => value is A, expected: string) =>
  (raw: Raw, column: string): A => {
    const value = json(raw, column)
    if (is(value)) return value
    throw unexpected(column, expected)
  }

/** A column that holds a JSON object. */
export const object = jsonOf(isObject, "a JSON object")
/** A column that holds a JSON list of objects. */
export const objects = jsonOf(isListOf(isObject), "a list of JSON objects")
/** A column that holds a JSON list of numbers. */
export const numbers = jsonOf(isListOf(isNumber), "a list of numbers")
/** A column that holds a JSON list of texts. */
export const texts = jsonOf(isListOf(isText), "a list of texts")
/** A column that holds a JSON text or a JSON list of texts. */
export const textOrTexts = jsonOf(
  (value): value is string | ReadonlyArray<string> => isText(value) || isListOf(isText)(value),
  "a text or a list of texts"
)

/** Text as a column can hold it. U+0000 is the one character it cannot; half a surrogate pair meets the same fate. */
export const plain = (value: string): string => (value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value)

/** {@link plain} for a text that may be absent. */
export const plainOrNull = (value: string | null): string | null => (value === null ? null : plain(value))

type Decoder<Row> = Pick<Codec<Row>, "table" | "key" | "decode">

/** All rows of a statement; a row that cannot be read fails it, naming the table and the id. */
export const decodeAll = <Row>(
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

type Statement = Effect.Effect<ReadonlyArray<Raw>, SqlError>

/** Runs a query and reads its rows. */
export const many = <Row>(operation: string, codec: Decoder<Row>, statement: Statement) =>
  Effect.flatMap(failsAs(operation)(statement), (rows) => decodeAll(codec, rows))

/** Runs a query whose one row holds many in `rows`, a JSON list of what `Table.jsonRow` makes of each. */
export const listed = <Row>(
  operation: string,
  codec: Decoder<Row>,
  statement: Effect.Effect<ReadonlyArray<{ readonly rows: string }>, SqlError>
) =>
  many(
    operation,
    codec,
    Effect.map(statement, ([found]): ReadonlyArray<Raw> => JSON.parse(found?.rows ?? "[]"))
  )

/** Runs a query of at most one row and reads it. */
export const one = <Row>(operation: string, codec: Decoder<Row>, statement: Statement) =>
  Effect.map(many(operation, codec, statement), (rows) => Option.fromNullable(rows[0]))

/** Runs a `RETURNING` statement and tells whether it touched any row. */
export const touched = (operation: string, statement: Statement) =>
  Effect.map(failsAs(operation)(statement), (rows) => rows.length > 0)

/** Runs a statement for its effect. */
export const run = (operation: string, statement: Statement) => Effect.asVoid(failsAs(operation)(statement))
