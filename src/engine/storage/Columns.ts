/** The columns of rows: one list of them says how a table is written and how it is read. */
import type { JsonObject } from "../../schema/Field.js"

/** A row as the driver returns it. */
export type Raw = { readonly [column: string]: unknown }

/** How one property of a row is stored, in one column or in several. */
export interface Column<A> {
  readonly names: ReadonlyArray<string>
  readonly write: (value: A, into: Record<string, unknown>) => void
  /** Throws an error that names the column if its value does not have the type. */
  readonly read: (raw: Raw) => A
}

/** The column, or columns, of every property of a row. */
export type Columns<Row> = { readonly [Property in keyof Row]: Column<Row[Property]> }

/** The columns of one type, by name. */
export const columnOf =
  <A>(encode: (value: A) => unknown, decode: (value: unknown, name: string) => A) =>
  (name: string): Column<A> => ({
    names: [name],
    write: (value, into) => {
      into[name] = encode(value)
    },
    read: (raw) => decode(raw[name], name)
  })

/** The same column with `null` for an absent value. */
export const nullable = <A>({ names, read, write }: Column<A>): Column<A | null> => {
  const [name = ""] = names
  return {
    names,
    write: (value, into) => {
      if (value === null) into[name] = null
      else write(value, into)
    },
    read: (raw) => (raw[name] === null ? null : read(raw))
  }
}

const unexpected = (name: string, expected: string): Error => new Error(`${name} is not ${expected}`)

/** The error of a column whose value does not have the type. */
export const typed =
  <A>(is: (value: unknown) => value is A, expected: string) =>
  (value: unknown, name: string): A => {
    if (is(value)) return value
    throw unexpected(name, expected)
  }

const isText = (value: unknown): value is string => typeof value === "string"
const isNumber = (value: unknown): value is number => typeof value === "number"
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isListOf =
  <A>(isItem: (value: unknown) => value is A) =>
  (value: unknown): value is ReadonlyArray<A> =>
    Array.isArray(value) && value.every(isItem)

const same = <A>(value: A): A => value

/** Text as a column can hold it: U+0000, the one character it cannot hold, becomes U+FFFD. */
export const plain = (value: string): string => (value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value)

const readText = (value: unknown, name: string): string => {
  if (typeof value === "string") return value
  throw unexpected(name, "a text")
}

/** An id. */
export const id = columnOf<string>(same, readText)
/** Text, made {@link plain}. */
export const text = columnOf(plain, readText)
/** A number. */
export const number = columnOf<number>(same, typed(isNumber, "a number"))
/** A boolean, which SQLite stores as 0 or 1. */
export const boolean = columnOf<boolean>(
  (value) => (value ? 1 : 0),
  (value, name) => {
    if (value === 0 || value === 1) return value === 1
    throw unexpected(name, "0 or 1")
  }
)

/** JSON of one type, stored as text. */
export const jsonOf = <A>(is: (value: unknown) => value is A, expected: string) => {
  const check = typed(is, expected)
  return columnOf<A>(JSON.stringify, (value, name) => {
    const json = readText(value, name)
    let parsed: unknown
    try {
      parsed = JSON.parse(json)
    } catch {
      throw unexpected(name, "JSON")
    }
    return check(parsed, name)
  })
}

/** A JSON object. */
export const object = jsonOf(isObject, "a JSON object")
/** A JSON list of objects. */
export const objects = jsonOf(isListOf(isObject), "a list of JSON objects")
/** A JSON list of numbers. */
export const numbers = jsonOf(isListOf(isNumber), "a list of numbers")
/** A JSON list of texts. */
export const texts = jsonOf(isListOf(isText), "a list of texts")
/** A JSON text or a JSON list of texts. */
export const textOrTexts = jsonOf(
  (value): value is string | ReadonlyArray<string> => isText(value) || isListOf(isText)(value),
  "a text or a list of texts"
)

/** How rows are read. An error names the table, and the row by its key. */
export interface Reader<Row> {
  readonly table: string
  readonly key: string
  readonly columns: ReadonlyArray<string>
  /** Throws if a column does not have the type that its list of columns states. */
  readonly decode: (raw: Raw) => Row
}

/** How the rows of a table are written and read. */
export interface Codec<Row> extends Reader<Row> {
  /** Every column but `seq` and `developer_id`. */
  readonly encode: (row: Row) => Record<string, unknown>
}

const fieldsOf = <Row>(columns: Columns<Row>) =>
  // A list of columns has these properties and no others.
  (Object.keys(columns) as Array<keyof Row & string>).map((property) => ({ property, ...columns[property] }))

/** Reads rows by a list of columns. */
export const reader = <Row>(table: string, key: string, columns: Columns<Row>): Reader<Row> => {
  const fields = fieldsOf(columns)
  return {
    table,
    key,
    columns: fields.flatMap(({ names }) => names),
    decode: (raw) => {
      const row: { -readonly [Property in keyof Row]?: Row[Property] } = {}
      for (const { property, read } of fields) row[property] = read(raw)
      // Every property of the list was set.
      return row as Row
    }
  }
}

const described: Array<{ readonly table: string; readonly columns: ReadonlyArray<string> }> = []

/** The tables that are described by a list of columns, for the check of a file's schema. */
export const tables: ReadonlyArray<(typeof described)[number]> = described

/** Writes and reads the rows of a table by a list of columns; `derived` are columns that are written and never read. */
export const table = <Row extends { readonly id: string }>(
  table: string,
  columns: Columns<Row>,
  derived?: (row: Row) => Raw
): Codec<Row> => {
  const fields = fieldsOf(columns)
  const read = reader(table, columns.id.names[0] ?? "", columns)
  described.push(read)
  return {
    ...read,
    encode: (row) => {
      const into: Record<string, unknown> = {}
      for (const { property, write } of fields) write(row[property], into)
      return derived === undefined ? into : Object.assign(into, derived(row))
    }
  }
}
