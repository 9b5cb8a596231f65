import { Bounded } from "../../text/Bounded.js"
import { checkedText, rejected, unsupported } from "../Parameters.js"
import type { NativeDatabase, NativeStatement, NativeValue } from "./native.js"

/** A row: a plain object, with blobs as `Uint8Array`. */
export type Row = Record<string, unknown>

/** Room for every statement of the engine twice; lists of changing length (`IN (?, ?, ...)`) evict unused ones. */
const CACHED_STATEMENTS = 512

interface Prepared {
  readonly statement: NativeStatement
  readonly reader: boolean
  readonly parameters: number
  safeIntegers: boolean
}

const bindOne = (value: unknown, index: number): NativeValue => {
  switch (typeof value) {
    case "string":
      return checkedText(value, index)
    case "number":
      if (Number.isNaN(value)) throw rejected(index, "is NaN, which SQLite would store as NULL")
      // The native code binds any number as a float, so that 1 would become "1.0" in a text column.
      return Number.isSafeInteger(value) ? BigInt(value) : value
    case "bigint":
      return value
    case "boolean":
      return value ? 1n : 0n
  }
  if (value === null || value instanceof Uint8Array) return value
  throw unsupported(value, index)
}

// The native code returns an ArrayBuffer in rows as objects, and a Buffer in rows as arrays.
const decodeValue = (value: unknown): unknown => {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return Buffer.isBuffer(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value
}

// The native rows have no prototype, which trips code that expects plain objects.
const decodeRow = (native: Row): Row => {
  const row = { ...native }
  for (const key in row) row[key] = decodeValue(row[key])
  return row
}

/**
 * Runs SQL on one native connection through a bounded cache of prepared statements. Everything here is synchronous and
 * throws what the native code throws. One call is one statement (SQLite ignores what follows the first `;`); only
 * {@link Statements.unprepared} takes scripts.
 */
export class Statements {
  private readonly cache = new Bounded<string, Prepared>(CACHED_STATEMENTS)

  constructor(private readonly db: NativeDatabase) {}

  /** All rows; none for a statement that returns no rows. */
  rows(sql: string, params: ReadonlyArray<unknown>, safeIntegers: boolean): Array<Row> {
    const prepared = this.prepare(sql, params.length, safeIntegers)
    const bound = params.map(bindOne)
    if (prepared.reader) return prepared.statement.all(bound).map(decodeRow)
    prepared.statement.run(bound)
    return []
  }

  /** All rows as arrays of values. */
  values(sql: string, params: ReadonlyArray<unknown>, safeIntegers: boolean): Array<ReadonlyArray<unknown>> {
    const { reader, statement } = this.prepare(sql, params.length, safeIntegers)
    const bound = params.map(bindOne)
    if (!reader) {
      statement.run(bound)
      return []
    }
    statement.raw(true)
    try {
      return statement.all(bound).map((row) => Object.values(row).map(decodeValue))
    } finally {
      statement.raw(false)
    }
  }

  /** The rows, or, for a statement that returns none, its changes and last row id. */
  raw(sql: string, params: ReadonlyArray<unknown>, safeIntegers: boolean): unknown {
    const prepared = this.prepare(sql, params.length, safeIntegers)
    if (prepared.reader) return this.rows(sql, params, safeIntegers)
    const { changes, lastInsertRowid } = prepared.statement.run(params.map(bindOne))
    return { changes, lastInsertRowid }
  }

  /** Bypasses the cache; without parameters, `sql` may be a script of several statements. */
  unprepared(sql: string, params: ReadonlyArray<unknown>, safeIntegers: boolean): Array<Row> {
    const statement = this.db.prepare(sql)
    if (statement.reader) {
      statement.safeIntegers(safeIntegers)
      return statement.all(params.map(bindOne)).map(decodeRow)
    }
    if (params.length > 0) statement.run(params.map(bindOne))
    else this.db.exec(sql)
    return []
  }

  /** Drops the prepared statements, which would keep a closed connection alive. */
  clear(): void {
    this.cache.clear()
  }

  private prepare(sql: string, parameters: number, safeIntegers: boolean): Prepared {
    let prepared = this.cache.get(sql)
    // An omitted parameter keeps the value of the previous call, so another number of parameters needs a new statement.
    if (prepared?.parameters !== parameters) {
      const statement = this.db.prepare(sql)
      prepared = { statement, reader: statement.reader, parameters, safeIntegers: false }
      this.cache.set(sql, prepared)
    }
    if (prepared.safeIntegers !== safeIntegers) {
      prepared.statement.safeIntegers(safeIntegers)
      prepared.safeIntegers = safeIntegers
    }
    return prepared
  }
}
