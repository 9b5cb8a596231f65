import type { JsonObject } from "../../schema/Field.js"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const members = (value: JsonObject): ReadonlyArray<string> =>
  Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => pair(key, value[key]))

/** JSON text that is equal for equal values: keys in one order at every depth. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => (item === undefined ? "null" : canonical(item))).join(",")}]`
  return isObject(value) ? `{${members(value).join(",")}}` : JSON.stringify(value)
}

const pair = (key: string, value: unknown): string => `${JSON.stringify(key)}:${canonical(value)}`

const comparable = (value: unknown): boolean => value !== null && !Array.isArray(value)

/**
 * The part of some metadata that a filter can match: a JSON array with one text, `"key":value`, for each top-level member.
 * It is stored beside the metadata, so that a filter compares texts: no JSON path, no coercion, and neither the order of
 * keys nor the notation of a number matters.
 */
export const metadataPairs = (metadata: JsonObject): string =>
  JSON.stringify(
    Object.keys(metadata)
      .filter((key) => metadata[key] !== undefined && comparable(metadata[key]))
      .map((key) => pair(key, metadata[key]))
  )

/** The texts that metadata must all contain to match a filter; `undefined` if nothing can match it. */
export const requiredPairs = (filter: JsonObject): ReadonlyArray<string> | undefined => {
  const keys = Object.keys(filter).filter((key) => filter[key] !== undefined)
  return keys.every((key) => comparable(filter[key])) ? keys.map((key) => pair(key, filter[key])) : undefined
}
