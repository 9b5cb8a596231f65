import * as Effect from "effect/Effect"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import { unprocessable } from "../Failure.js"

/** The most values that metadata may have, at all depths together: filters and PATCH read them one by one. */
export const MAX_METADATA = 10_000

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

/** `left` less the number of values inside a value; negative, and counted no further, if there are more. */
const countDown = (value: unknown, left: number): number => {
  if (typeof value !== "object" || value === null) return left
  let rest = left
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (rest <= 0) return -1
    rest = countDown(item, rest - 1)
  }
  return rest
}

/** Refuses metadata of too many values. */
export const checkMetadata = (
  metadata: JsonObject | undefined,
  path = "metadata"
): Effect.Effect<void, UnprocessableRequest> =>
  countDown(metadata, MAX_METADATA) < 0
    ? Effect.fail(
        unprocessable(path, `Expected at most ${MAX_METADATA} values, keys at all depths together. Store less here.`)
      )
    : Effect.void
