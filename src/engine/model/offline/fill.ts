import type { JsonObject } from "../../../schema/Field.js"
import { anyNumber, numberFor } from "./fillNumber.js"
import { anyText, fitted, textFor } from "./fillText.js"
import { asList, isObject, resolveSchema } from "./resolveSchema.js"
import type { Words } from "./stems.js"

/** The texts that values are taken from: the question, and the earlier messages, newest first. */
export interface Source {
  readonly question: string
  readonly earlier: ReadonlyArray<string>
  readonly words: Words
}

/** Below this depth only what is required is filled, with the alternatives that require least. */
const MAX_DEPTH = 6
/** Below this depth objects stay empty: their schema requires itself. */
const MAX_NESTING = 40
/** After so many values, at all depths, no more objects are filled: each part of a schema may refer to all of it. */
const MAX_VALUES = 1000
/** After so many values of enums are compared with the conversation, at all depths, none is. */
const MAX_COMPARED = 20_000

const typeOf = (schema: JsonObject): string => {
  const type = asList(schema.type).find((one) => one !== "null") ?? schema.type
  if (typeof type === "string") return type
  return ["properties", "required", "additionalProperties"].some((name) => name in schema)
    ? "object"
    : "items" in schema
      ? "array"
      : "string"
}

/** The words of a property. The name comes first, because a description mentions other things as well. */
const labels = (name: string, schema: JsonObject, words: Words): ReadonlyArray<string> => [
  ...name.toLowerCase().split(/[^\p{L}\p{N}]+/u),
  ...words.of(name),
  ...(typeof schema.description === "string" ? words.of(schema.description) : [])
]

const enumFor = (values: ReadonlyArray<unknown>, text: string, words: Words): unknown => {
  const said = words.of(text)
  const plain = text.toLowerCase()
  return values.find((value) => {
    const stems = words.of(String(value))
    return stems.length === 0
      ? plain.split(/[^\p{L}\p{N}]+/u).includes(String(value).toLowerCase())
      : stems.every((stem) => said.includes(stem))
  })
}

/** The schema that a value is part of, how deep within it the value is, and how many more values are filled. */
interface Within {
  readonly root: JsonObject
  readonly depth: number
  readonly room: { values: number; compared: number }
}

const wholeOf = (root: JsonObject): Within => ({ root, depth: 0, room: { values: MAX_VALUES, compared: MAX_COMPARED } })

/**
 * The items of a list: of a tuple each, else one, and more where the schema demands them. There are none where the schema
 * is too deep or has taken all the room.
 */
const itemsFor = (
  name: string,
  schema: JsonObject,
  source: Source,
  required: boolean,
  taken: Set<number>,
  within: Within
): ReadonlyArray<unknown> | undefined => {
  const { depth, room } = within
  const tuple = asList(schema.prefixItems ?? schema.items).filter(isObject)
  if (depth > MAX_NESTING || room.values <= 0) return required ? [] : undefined
  const least = typeof schema.minItems === "number" ? Math.min(Math.max(schema.minItems, 0), room.values) : 0
  const most = typeof schema.maxItems === "number" ? schema.maxItems : Number.POSITIVE_INFINITY
  if (tuple.length > 0) {
    room.values -= tuple.length
    return tuple.slice(0, most).map((item) => valueFor(name, item, source, true, taken, within))
  }
  if (least === 0 && (depth > MAX_DEPTH || most === 0)) return required ? [] : undefined
  const items = isObject(schema.items) ? schema.items : {}
  room.values -= Math.max(least, 1)
  const one = valueFor(name, items, source, required || least > 0, taken, within)
  if (one === undefined) return required ? [] : undefined
  const more = Array.from({ length: least - 1 }, () => valueFor(name, items, source, true, taken, within))
  return [one, ...more]
}

/** A value of a schema for a property. It is `undefined` only where the property is optional. */
export const valueFor = (
  name: string,
  given: JsonObject,
  source: Source,
  required: boolean,
  taken: Set<number>,
  within: Within
): unknown => {
  const { depth, room, root } = within
  const schema = resolveSchema(given, root, depth > MAX_DEPTH)
  if ("const" in schema) return schema.const
  const { earlier, question, words } = source
  const texts = [question, ...earlier]
  const first = <A>(find: (text: string) => A | undefined): A | undefined => {
    for (const text of texts) {
      const found = find(text)
      if (found !== undefined) return found
    }
    return undefined
  }
  const values = asList(schema.enum)
  if (values.length > 0) {
    const said = first((text) => {
      const compared = values.slice(0, Math.max(room.compared, 0))
      room.compared -= compared.length
      return compared.length === 0 ? undefined : enumFor(compared, text, words)
    })
    return said ?? schema.default ?? (required ? values[0] : undefined)
  }
  const names = labels(name, schema, words)
  const type = typeOf(schema)
  const inner = { ...within, depth: depth + 1 }
  switch (type) {
    case "object":
      return required || (isObject(schema.properties) && depth < MAX_DEPTH)
        ? fillObject(schema, source, "required", inner)
        : undefined
    case "array":
      return itemsFor(name, schema, source, required && schema.default === undefined, taken, inner) ?? schema.default
    case "boolean": {
      const mentioned = words.of(question).some((stem) => names.includes(stem))
      const denied = /\b(?:not|no|without|don't|never|disable|off)\b/i.test(question)
      return mentioned ? !denied : (schema.default ?? (required ? false : undefined))
    }
    case "null":
      return null
    case "number":
    case "integer": {
      const integer = type === "integer"
      const found =
        numberFor(schema, integer, names, question, words, taken) ??
        (required ? first((text) => numberFor(schema, integer, names, text, words, new Set())) : undefined)
      return found ?? schema.default ?? (required ? anyNumber(schema, integer) : undefined)
    }
    default: {
      const found = first((text) => textFor(schema, names, text))
      if (found !== undefined) return fitted(schema, found)
      return schema.default ?? (required ? anyText(schema, question) : undefined)
    }
  }
}

/** The schema of a member that an object requires or may have. */
const propertiesOf = (schema: JsonObject): JsonObject => {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const unnamed = asList(schema.required).flatMap((name) =>
    typeof name === "string" && !Object.hasOwn(properties, name) ? [[name, schema.additionalProperties]] : []
  )
  return { ...properties, ...Object.fromEntries(unnamed) }
}

/**
 * Fills an object schema from the conversation, as far as the names, types and enums of its properties allow. Required
 * properties are always present; with `all`, every property is. After some 1,000 values, objects within it stay empty.
 */
export const fillObject = (
  given: JsonObject,
  source: Source,
  present: "required" | "all",
  within: Within = wholeOf(given)
): JsonObject => {
  const flat = within.depth > MAX_DEPTH
  const schema = resolveSchema(given, within.root, flat)
  const properties = propertiesOf(schema)
  if (within.depth > MAX_NESTING || within.room.values <= 0) return {}
  within.room.values -= Object.keys(properties).length
  const required = present === "all" ? Object.keys(properties) : asList(schema.required)
  const taken = new Set<number>()
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) => {
      const needed = required.includes(name)
      if (flat && !needed) return []
      const value = valueFor(name, isObject(property) ? property : {}, source, needed, taken, within)
      return value === undefined ? [] : [[name, value]]
    })
  )
}

/** Fills a schema of any type, the whole of a reply. */
export const fillSchema = (given: JsonObject, source: Source): unknown => {
  const type = typeOf(resolveSchema(given, given))
  return type === "object"
    ? fillObject(given, source, "all")
    : valueFor("", given, source, true, new Set(), wholeOf(given))
}
