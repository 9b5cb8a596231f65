/** The schemas inside a JSON Schema. */
import * as Predicate from "effect/Predicate"
import type { JsonObject } from "./Field.js"

const ofOne = new Set([
  "additionalItems",
  "additionalProperties",
  "contains",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties"
])
const ofMany = new Set(["allOf", "anyOf", "items", "oneOf", "prefixItems"])
const ofNamed = new Set(["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"])

/** Whether a value is an object of JSON. */
export const isObject: (value: unknown) => value is JsonObject = Predicate.isRecord

/** A JSON Schema whose direct parts are replaced. Values such as those of `const` and `default` are not schemas. */
export const mapSubSchemas = (schema: JsonObject, replace: (part: JsonObject) => unknown): JsonObject => {
  const part = (value: unknown) => (isObject(value) ? replace(value) : value)
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (ofMany.has(keyword) && Array.isArray(value)) return [keyword, value.map(part)]
      if (ofNamed.has(keyword) && isObject(value)) {
        return [keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, part(one)]))]
      }
      return [keyword, ofOne.has(keyword) ? part(value) : value]
    })
  )
}
