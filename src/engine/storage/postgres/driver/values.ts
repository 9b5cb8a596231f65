import { checkedText, rejected, unsupported } from "../../Parameters.js"
import type { Bound, PgClient } from "./module.js"

const bindOne = (value: unknown, index: number): Bound => {
  switch (typeof value) {
    case "string":
      return checkedText(value, index)
    case "number":
      if (Number.isNaN(value)) throw rejected(index, "is NaN, which is not a value of the store")
      return String(value)
    case "bigint":
      return String(value)
    case "boolean":
      // PostgreSQL reads these as numbers and as booleans.
      return value ? "1" : "0"
  }
  if (value === null) return null
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (Array.isArray(value)) return arrayText(value, index)
  throw unsupported(value, index)
}

const elementText = (value: unknown, index: number): string => {
  if (Array.isArray(value)) return arrayText(value, index)
  const bound = bindOne(value, index)
  if (bound === null) return "NULL"
  if (typeof value === "number" || typeof value === "boolean") return String(bound)
  return typeof bound === "string" ? `"${bound.replace(/["\\]/g, "\\$&")}"` : `"\\\\x${bound.toString("hex")}"`
}

const arrayText = (values: ReadonlyArray<unknown>, index: number): string =>
  `{${values.map((value) => elementText(value, index)).join(",")}}`

/** The parameters of a statement as they are sent; throws a `TypeError` on a value that no column can hold. */
export const bind = (values: ReadonlyArray<unknown>): ReadonlyArray<Bound> => values.map(bindOne)

export type Decode = (text: string) => unknown

const text: Decode = (value) => value

// `count(*)` and `sum` are wider than a number of JavaScript. What does not fit arrives as it is, not rounded.
const integer: Decode = (value) => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : BigInt(value)
}

const decimal: Decode = (value) => (/^-?\d+$/.test(value) ? integer(value) : Number(value))

// Bytes of their own: a view of a shared buffer would have an odd offset, at which no array of floats can begin.
const bytes: Decode = (value) => {
  const decoded = new Uint8Array((value.length - 2) / 2)
  Buffer.from(decoded.buffer).write(value.slice(2), "hex")
  return decoded
}

/** By the type's id. JSON stays text. */
const decoders: ReadonlyMap<number, Decode> = new Map([
  [16, (value) => value === "t"],
  [17, bytes],
  [20, integer],
  [21, Number],
  [23, Number],
  [25, text],
  [114, text],
  [701, Number],
  [1043, text],
  [1700, decimal],
  [2950, text],
  [3802, text]
])

/** Reads a value of a type. The types that the store does not use are read as `pg` reads them. */
export const decoderOf = (client: Pick<PgClient, "getTypeParser">, type: number): Decode =>
  decoders.get(type) ?? client.getTypeParser(type, "text")
