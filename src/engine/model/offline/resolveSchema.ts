import type { JsonObject } from "../../../schema/Field.js"

/** Whether a value is an object of JSON. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A list as it is, and no items for any other value. */
export const asList = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** How many references and alternatives are followed for one value: they may lead back to themselves. */
const MAX_STEPS = 64

/** The value at a JSON pointer such as `#/$defs/Place`. */
const at = (root: JsonObject, pointer: string): JsonObject => {
  const steps = pointer.split("/").slice(1)
  const target = steps.reduce<unknown>((value, step) => {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~")
    return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }, root)
  return isObject(target) ? target : {}
}

const merged = (left: JsonObject, right: JsonObject): JsonObject => ({
  ...left,
  ...right,
  ...(isObject(left.properties) && isObject(right.properties)
    ? { properties: { ...left.properties, ...right.properties } }
    : {}),
  ...(Array.isArray(left.required) && Array.isArray(right.required)
    ? { required: [...left.required, ...right.required] }
    : {})
})

const isNull = (schema: JsonObject): boolean => schema.type === "null" || schema.const === null

/** How many levels of required values are looked for. */
const MAX_HEIGHT = 8

/**
 * The schema of a value without references and alternatives: `$ref` is followed within the root, the parts of `allOf` are
 * one schema, and of `anyOf` and `oneOf` the first alternative that is not null is taken; with `flat`, the one that requires
 * the fewest levels of values.
 */
export const resolveSchema = (schema: JsonObject, root: JsonObject, flat = false): JsonObject => {
  let left = MAX_STEPS
  /** The alternatives after the one that is taken are not followed. */
  const firstOf = (alternatives: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
    let nothing: JsonObject | undefined
    for (const alternative of alternatives) {
      const resolved = resolve(alternative)
      if (!isNull(resolved)) return [resolved]
      nothing ??= resolved
    }
    return nothing === undefined ? [] : [nothing]
  }
  const flattest = (alternatives: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
    const heights = alternatives.map((alternative) => height(alternative, 0))
    return alternatives
      .filter((_, index) => heights[index] === Math.min(...heights))
      .slice(0, 1)
      .map(resolve)
  }
  /** How many levels of values a schema requires. */
  const height = (given: JsonObject, depth: number): number => {
    if (depth > MAX_HEIGHT || left === 0) return MAX_HEIGHT
    left--
    const { $ref, allOf, anyOf, items, minItems, oneOf, properties, required } = given
    const all = (parts: ReadonlyArray<unknown>, more: number) =>
      Math.max(0, ...parts.filter(isObject).map((part) => more + height(part, depth + 1)))
    const inner = isObject(properties) ? asList(required).map((name) => properties[String(name)]) : []
    const alternatives = asList(anyOf ?? oneOf).filter(isObject)
    return Math.max(
      typeof $ref === "string" ? height(at(root, $ref), depth + 1) : 0,
      all(asList(allOf), 0),
      all(inner, 1),
      typeof minItems === "number" && minItems > 0 ? all([items].flat(), 1) : 0,
      alternatives.length === 0 ? 0 : Math.min(...alternatives.map((one) => height(one, depth + 1)))
    )
  }
  const resolve = (given: JsonObject): JsonObject => {
    if (left === 0) return {}
    left--
    const { $ref, ...own } = given
    if (typeof $ref === "string") return resolve(merged(at(root, $ref), own))
    const { allOf, anyOf, oneOf, ...rest } = given
    const parts = asList(allOf).filter(isObject).map(resolve)
    const alternatives = asList(anyOf ?? oneOf).filter(isObject)
    return [...parts, ...(flat ? flattest(alternatives) : firstOf(alternatives))].reduce(merged, rest)
  }
  return resolve(schema)
}
