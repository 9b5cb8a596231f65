/** Members that a model writes as `null` because it must not leave them out. */
import * as Predicate from "effect/Predicate"
import type { JsonObject } from "../schema/Field.js"
import { isObject } from "../schema/subSchemas.js"

/** How many references and alternatives without a value between them are followed: a schema may refer to itself. */
const MAX_STEPS = 16

/** How deep a value is compared with the alternatives of a union. */
const MAX_LEVELS = 4

/** What a pointer such as `#/$defs/Date` refers to. */
const at = (root: JsonObject, pointer: string): unknown =>
  pointer.startsWith("#")
    ? pointer
        .split("/")
        .slice(1)
        .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"))
        .reduce<unknown>(
          (value, part) => (isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined),
          root
        )
    : undefined

const resolved = (root: JsonObject, schema: unknown, steps = 0): JsonObject => {
  if (!isObject(schema)) return {}
  const { $ref } = schema
  return typeof $ref === "string" && steps < MAX_STEPS ? resolved(root, at(root, $ref), steps + 1) : schema
}

const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const alternativesOf = ({ anyOf, oneOf }: JsonObject): ReadonlyArray<unknown> => [...listOf(anyOf), ...listOf(oneOf)]

/** Whether a schema names `null` among its values. */
export const takesNull = (root: JsonObject, schema: unknown, steps = 0): boolean => {
  const { const: constant, enum: values, type, ...rest } = resolved(root, schema)
  return (
    constant === null ||
    listOf(values).includes(null) ||
    [type].flat().includes("null") ||
    (steps < MAX_STEPS && alternativesOf(rest).some((part) => takesNull(root, part, steps + 1)))
  )
}

/** Whether no value fits a schema, as those of `Schema.Never` and `z.never()`, and of objects that must have such a member. */
export const takesNothing = (root: JsonObject, schema: unknown, steps = 0): boolean => {
  if (schema === false) return true
  if (steps > MAX_STEPS) return false
  const { enum: values, not, properties, required, ...rest } = resolved(root, schema)
  const nothing = (part: unknown) => takesNothing(root, part, steps + 1)
  const alternatives = alternativesOf(rest)
  return (
    not === true ||
    (isObject(not) && Object.keys(not).length === 0) ||
    (Array.isArray(values) && values.length === 0) ||
    (alternatives.length > 0 && alternatives.every(nothing)) ||
    (isObject(properties) &&
      listOf(required).some((name) => Object.hasOwn(properties, String(name)) && nothing(properties[String(name)])))
  )
}

const typeOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)

/** How well a value fits an alternative: negative if it does not, else the more, the more of its members are named there. */
const rated = (root: JsonObject, schema: unknown, value: unknown, levels = MAX_LEVELS): number => {
  const { const: constant, enum: values, properties, required, type, ...rest } = resolved(root, schema)
  if (constant !== undefined && constant !== value) return -1
  if (Array.isArray(values) && !values.includes(value)) return -1
  const types = type === undefined ? [] : [type].flat()
  const name = typeOf(value)
  if (types.length > 0 && !types.includes(name) && !(name === "number" && types.includes("integer"))) return -1
  if (levels === 0) return 0
  const alternatives = alternativesOf(rest)
  const best = Math.max(...alternatives.map((part) => rated(root, part, value, levels - 1)))
  if (alternatives.length > 0 && best < 0) return -1
  const more = alternatives.length > 0 ? best : 0
  if (!isObject(properties) || !Predicate.isRecord(value)) return more
  const must = listOf(required)
  if (must.some((key) => !Object.hasOwn(value, String(key)))) return -1
  const members = Object.entries(value)
  const wrong = members.some(([key, member]) => {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    return (
      property !== undefined &&
      !(member === null && !must.includes(key)) &&
      rated(root, property, member, levels - 1) < 0
    )
  })
  return wrong ? -1 : more + members.filter(([key]) => Object.hasOwn(properties, key)).length
}

/**
 * A value without each member that is `null`, that its schema does not require, and whose schema does not name `null`. Of
 * alternatives, the one counts that fits the value best.
 */
export const withoutNulls = (root: JsonObject, value: unknown): unknown => {
  const walk = (part: unknown, given: unknown, steps: number): unknown => {
    if (steps > MAX_STEPS || !Predicate.isObject(given)) return given
    const schema = resolved(root, part)
    const { additionalProperties, allOf, items, prefixItems, properties, required } = schema
    const options = alternativesOf(schema).map((one) => ({ one, rate: rated(root, one, given) }))
    const best = options.reduce<(typeof options)[number] | undefined>(
      (a, b) => (a === undefined || b.rate > a.rate ? b : a),
      undefined
    )
    const others = [...listOf(allOf), ...(best === undefined ? [] : [best.one])]
    const inner = others.reduce<unknown>((all, one) => walk(one, all, steps + 1), given)
    if (Array.isArray(inner)) {
      const first = [...listOf(prefixItems), ...(Array.isArray(items) ? items : [])]
      const rest = Array.isArray(items) ? schema["additionalItems"] : items
      return inner.map((item, index) => walk(index < first.length ? first[index] : rest, item, 0))
    }
    if (!Predicate.isRecord(inner)) return inner
    const named = isObject(properties) ? properties : {}
    const must = listOf(required)
    return Object.fromEntries(
      Object.entries(inner).flatMap(([key, member]) => {
        if (!Object.hasOwn(named, key)) return [[key, walk(additionalProperties, member, 0)]]
        const absent = member === null && !must.includes(key) && !takesNull(root, named[key])
        return absent ? [] : [[key, walk(named[key], member, 0)]]
      })
    )
  }
  return walk(root, value, 0)
}
