/** Chooses the number of a property. */
import type { JsonObject } from "../../../schema/Field.js"
import { numbersIn } from "./phrases.js"
import type { Words } from "./stems.js"

const bound = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)

/** What a number must be divisible by, if anything. */
const unitOf = (schema: JsonObject, integer: boolean): number | undefined =>
  bound(schema.multipleOf) ?? (integer ? 1 : undefined)

const fits = (schema: JsonObject, integer: boolean, value: number): boolean => {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum } = schema
  const unit = unitOf(schema, integer)
  return (
    value >= (bound(minimum) ?? value) &&
    value <= (bound(maximum) ?? value) &&
    !(value <= (bound(exclusiveMinimum) ?? Number.NaN)) &&
    !(value >= (bound(exclusiveMaximum) ?? Number.NaN)) &&
    (!integer || Number.isInteger(value)) &&
    (unit === undefined || Number.isInteger(value / unit))
  )
}

/** A number within the bounds of a schema: 0 where that fits, else one near a bound. */
export const anyNumber = (schema: JsonObject, integer: boolean): number => {
  const low = Math.max(bound(schema.minimum) ?? -Infinity, bound(schema.exclusiveMinimum) ?? -Infinity)
  const high = Math.min(bound(schema.maximum) ?? Infinity, bound(schema.exclusiveMaximum) ?? Infinity)
  const unit = unitOf(schema, integer) ?? 1
  const above = Math.ceil(low / unit) * unit
  const below = Math.floor(high / unit) * unit
  const near = [low, above, above + unit, (low + high) / 2, high, below, below - unit]
  return [0, ...near].find((value) => Number.isFinite(value) && fits(schema, integer, value)) ?? 0
}

/** The number nearest to a word of the property, among those that no other property took. */
export const numberFor = (
  schema: JsonObject,
  integer: boolean,
  names: ReadonlyArray<string>,
  text: string,
  words: Words,
  taken: Set<number>
): number | undefined => {
  const free = numbersIn(text)
    .map(({ at, value }) => ({ at, value: integer ? Math.trunc(value) : value }))
    .filter(({ at, value }) => !taken.has(at) && fits(schema, integer, value))
  const mentions = [...text.matchAll(/\p{L}+/gu)].filter(([word]) =>
    words.of(word).some((stem) => names.includes(stem))
  )
  const distance = (at: number) => Math.min(...mentions.map((mention) => Math.abs(mention.index - at)))
  const chosen = free.reduce<(typeof free)[number] | undefined>(
    (best, one) => (best === undefined || distance(one.at) < distance(best.at) ? one : best),
    undefined
  )
  if (chosen === undefined) return undefined
  taken.add(chosen.at)
  return chosen.value
}
