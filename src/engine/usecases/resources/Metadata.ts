import * as Effect from "effect/Effect"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import { unprocessable } from "../Failure.js"

/** The most values that metadata may have, at all depths together: filters and PATCH read them one by one. */
export const MAX_METADATA = 10_000

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether two texts are the same once they are stored, which replaces halves of surrogate pairs. */
export const isSameText = (one: string, other: string): boolean =>
  one === other || one.toWellFormed() === other.toWellFormed()

/** Whether two values are the same JSON once they are stored. */
export const isSame = (one: unknown, other: unknown): boolean => {
  if (typeof one === "string" && typeof other === "string") return isSameText(one, other)
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other
  const names = Object.keys(one)
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(Reflect.get(one, name), Reflect.get(other, name)))
  )
}

const mergeValue = (old: unknown, change: unknown): unknown => {
  if (isObject(old) && isObject(change)) return mergeMetadata(old, change)
  if (Array.isArray(old) && Array.isArray(change)) return isSame(old, change) ? old : [...old, ...change]
  return change
}

/**
 * The deep merge of PATCH: objects merge key by key, lists under the same key are concatenated, any other value is
 * replaced. A list that is sent back as it is stored stays, so that a resource can be read, changed and written. A nested `null` is stored as `null`; keys are never removed.
 */
export const mergeMetadata = (old: JsonObject, change: object): JsonObject => {
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
  metadata: object | undefined,
  path = "metadata"
): Effect.Effect<void, UnprocessableRequest> =>
  countDown(metadata, MAX_METADATA) < 0
    ? Effect.fail(
        unprocessable(path, `must have at most ${MAX_METADATA} values, counted at all depths. Store less here.`)
      )
    : Effect.void
