/** The parameters of a tool as they are typed: JSON, and in it a JSON Schema of an object. */
import * as Either from "effect/Either"
import type { JsonObject } from "effect-julep"

const TYPES = new Set(["string", "number", "integer", "boolean", "object", "array", "null"])
const OF_ONE = ["items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"]
const OF_MANY = ["anyOf", "allOf", "oneOf", "prefixItems"]
const OF_NAMED = ["properties", "$defs", "definitions", "patternProperties"]

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Where the parser stopped. Browsers name the position, or the line and the column. */
const placeOf = (text: string, message: string): string => {
  const named = /line (\d+) column (\d+)/.exec(message)
  if (named !== null) return `line ${named[1]}, column ${named[2]}`
  const position = /position (\d+)/.exec(message)?.[1]
  // Without a position, the text ended too early.
  const lines = text.slice(0, position === undefined ? text.length : Number(position)).split("\n")
  return `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`
}

const parsed = (text: string): Either.Either<unknown, string> =>
  Either.try({
    try: (): unknown => JSON.parse(text),
    catch: (error) => {
      const message = error instanceof Error ? error.message : String(error)
      const why = message.replace(/ (?:in JSON )?at (?:position|line) .*$/s, "")
      return `This is not JSON at ${placeOf(text, message)}: ${why}.`
    }
  })

const shown = (value: unknown): string => JSON.stringify(value) ?? "nothing"

/** What is wrong with a schema, a sentence for each fault. `at`: its path. */
const faultsOf = (schema: unknown, at: string): ReadonlyArray<string> => {
  if (typeof schema === "boolean") return []
  if (!isObject(schema)) return [`${at} must be a schema such as { "type": "string" }, not ${shown(schema)}.`]
  const { enum: values, properties, required, type } = schema
  const types = type === undefined ? [] : Array.isArray(type) ? type : [type]
  const known = isObject(properties) ? Object.keys(properties) : []
  const names: ReadonlyArray<unknown> = Array.isArray(required) ? required : []
  return [
    ...types
      .filter((one) => typeof one !== "string" || !TYPES.has(one))
      .map((one) => `${at}.type must be one of ${[...TYPES].join(", ")}, not ${shown(one)}.`),
    ...(required === undefined || Array.isArray(required)
      ? names
          .filter((name) => typeof name !== "string" || (isObject(properties) && !known.includes(name)))
          .map((name) => `${at}.required names ${shown(name)}, which is none of its properties.`)
      : [`${at}.required must be a list of names, not ${shown(required)}.`]),
    ...(values === undefined || Array.isArray(values) ? [] : [`${at}.enum must be a list, not ${shown(values)}.`]),
    ...OF_ONE.flatMap((key) => {
      const part = schema[key]
      // Older drafts have a list of `items`.
      if (part === undefined) return []
      return Array.isArray(part) && key === "items"
        ? part.flatMap((one, index) => faultsOf(one, `${at}.items[${index}]`))
        : faultsOf(part, `${at}.${key}`)
    }),
    ...OF_MANY.flatMap((key) => {
      const parts = schema[key]
      if (parts === undefined) return []
      return Array.isArray(parts)
        ? parts.flatMap((one, index) => faultsOf(one, `${at}.${key}[${index}]`))
        : [`${at}.${key} must be a list of schemas, not ${shown(parts)}.`]
    }),
    ...OF_NAMED.flatMap((key) => {
      const parts = schema[key]
      if (parts === undefined) return []
      return isObject(parts)
        ? Object.entries(parts).flatMap(([name, one]) => faultsOf(one, `${at}.${key}.${name}`))
        : [`${at}.${key} must be an object with a schema for each name, not ${shown(parts)}.`]
    })
  ]
}

/** The parameters in a text, or what is wrong with it. */
export const parametersOf = (text: string): Either.Either<JsonObject, string> =>
  Either.flatMap(parsed(text), (value) => {
    if (!isObject(value) || value["type"] !== "object") {
      return Either.left('The parameters must be a JSON Schema with "type": "object".')
    }
    const [first] = faultsOf(value, "parameters")
    return first === undefined ? Either.right(value) : Either.left(first)
  })
