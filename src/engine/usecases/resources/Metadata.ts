import type { JsonObject } from "../../../schema/Field.js"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const mergeValue = (old: unknown, change: unknown): unknown => {
  if (isObject(old) && isObject(change)) return mergeMetadata(old, change)
  if (Array.isArray(old) && Array.isArray(change)) return [...old, ...change]
  return change
}

/**
 * The deep merge of PATCH: objects merge key by key, lists under the same key are concatenated, any other value is
 * replaced. A nested `null` is stored as `null`; keys are never removed.
 */
export const mergeMetadata = (old: JsonObject, change: JsonObject): JsonObject => {
  const merged = new Map(Object.entries(old))
  for (const [key, value] of Object.entries(change)) {
    merged.set(key, merged.has(key) ? mergeValue(merged.get(key), value) : value)
  }
  return Object.fromEntries(merged)
}
