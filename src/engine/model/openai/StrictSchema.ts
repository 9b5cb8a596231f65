/** Writes JSON Schemas in the form that OpenAI's `strict` demands. */
import type { JsonObject } from "../../../schema/Field.js"
import { isObject, mapSubSchemas } from "../../../schema/subSchemas.js"

/** The keywords that `strict` takes. */
const taken = new Set([
  "$defs",
  "$ref",
  "additionalProperties",
  "anyOf",
  "const",
  "definitions",
  "description",
  "enum",
  "exclusiveMaximum",
  "exclusiveMinimum",
  "format",
  "items",
  "maxItems",
  "maxLength",
  "maximum",
  "minItems",
  "minLength",
  "minimum",
  "multipleOf",
  "pattern",
  "properties",
  "required",
  "title",
  "type"
])

/** The keywords that restrict no value. `strict` refuses some of them. */
const annotations = new Set([
  "$comment",
  "$id",
  "$schema",
  "default",
  "deprecated",
  "examples",
  "readOnly",
  "writeOnly"
])

const formats = new Set(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"])

const takesNull = (schema: unknown): boolean =>
  isObject(schema) &&
  (schema["type"] === "null" ||
    (Array.isArray(schema["type"]) && schema["type"].includes("null")) ||
    (Array.isArray(schema["anyOf"]) && schema["anyOf"].some(takesNull)))

/** Whether a schema takes values of a type, alone or beside others. */
const takes = ({ type }: JsonObject, name: string): boolean => [type].flat().includes(name)

/** Whether every value that a strict schema can have is one of the schema: an optional member must take null. */
const isStrict = (schema: JsonObject): boolean => {
  const { additionalProperties, format, items, properties, required, type } = schema
  if (!Object.keys(schema).every((keyword) => taken.has(keyword))) return false
  if (typeof format === "string" && !formats.has(format)) return false
  if (type === undefined && !["$ref", "anyOf", "enum", "const"].some((keyword) => keyword in schema)) return false
  if (takes(schema, "array") && !isObject(items)) return false
  if (!takes(schema, "object")) return true
  const names = Array.isArray(required) ? required : []
  return (
    isObject(properties) &&
    (additionalProperties === undefined || additionalProperties === false) &&
    Object.entries(properties).every(([name, property]) => names.includes(name) || takesNull(property))
  )
}

/**
 * A schema in the form of `strict`: every object closed, and every member required. `undefined` if the values of that
 * form would not all be values of the schema, or if a keyword has no place in it.
 */
export const strictSchema = (schema: JsonObject): JsonObject | undefined => {
  let strict = schema["type"] === "object"
  const closed = (part: JsonObject): JsonObject => {
    const kept = Object.fromEntries(Object.entries(part).filter(([keyword]) => !annotations.has(keyword)))
    if (!isStrict(kept)) strict = false
    const inner = mapSubSchemas(kept, closed)
    return takes(kept, "object") && isObject(kept["properties"])
      ? { ...inner, required: Object.keys(kept["properties"]), additionalProperties: false }
      : inner
  }
  const result = closed(schema)
  return strict ? result : undefined
}
