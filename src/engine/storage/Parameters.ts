/** Which values no statement takes, whatever the database. */

/** The error for a parameter that cannot be bound, by its place in the statement. */
export const rejected = (index: number, why: string): TypeError => new TypeError(`Parameter ${index + 1} ${why}`)

/** A text without U+0000: SQLite would return only what is before it, and PostgreSQL refuses it. */
export const checkedText = (text: string, index: number): string => {
  if (text.includes("\0")) throw rejected(index, "contains the character U+0000, which text cannot hold")
  return text
}

/** The error for a value of a type that no column has. */
export const unsupported = (value: unknown, index: number): TypeError => {
  if (value instanceof Date) return rejected(index, "is a Date: pass an ISO string or epoch milliseconds")
  return rejected(index, `is ${value === undefined ? "undefined: pass null" : "an object"}, which cannot be bound`)
}
