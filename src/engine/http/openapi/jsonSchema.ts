/** JSON Schemas as `@effect/platform/OpenApi` makes them of the contract, without the traces of Schema and of the client. */
import { type JsonObject, PRESENCE } from "../../../schema/Field.js"

/** A part of a document. */
export type Json = JsonObject

/** Whether a value is an object of JSON. */
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const COMPONENTS = "#/components/schemas/"

/** A reference to a schema of the document. */
export const ref = (name: string): Json => ({ $ref: `${COMPONENTS}${name}` })

/** The name of the schema that a value refers to. */
export const nameOf = (value: unknown): string | undefined => {
  const target = isObject(value) ? value["$ref"] : undefined
  return typeof target === "string" && target.startsWith(COMPONENTS) ? target.slice(COMPONENTS.length) : undefined
}

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const isNull = (schema: unknown) => isObject(schema) && schema["type"] === "null"

const alternatives = (schema: Json) => list(schema["anyOf"]).filter(isObject)

/** How the engine sends a member, as its schema says; `undefined` where it says nothing, as in requests. */
const sentOf = (schema: Json): unknown =>
  [schema, ...alternatives(schema)].map((each) => each[PRESENCE]).find((sent) => sent !== undefined)

/** The schema without `null`, which only clients tolerate. */
const withoutNull = (schema: Json): Json => {
  const { anyOf, ...rest } = schema
  const others = alternatives(schema).filter((each) => !isNull(each))
  const [only, ...more] = others
  if (only === undefined || others.length === list(anyOf).length) return schema
  return more.length === 0 ? { ...only, ...rest } : { ...rest, anyOf: others }
}

/** The members of an object: `null` and absence are documented where the engine sends them, and nowhere else. */
const membersOf = (schema: Json): Json => {
  const properties = Object.entries(isObject(schema["properties"]) ? schema["properties"] : {})
  const members = properties.flatMap(([name, member]) => {
    if (!isObject(member)) return []
    const sent = sentOf(member)
    const isRequired = sent === "always" || sent === "nullable" || list(schema["required"]).includes(name)
    const isOptional = !list(schema["required"]).includes(name)
    const isNullable = sent === "nullable" || sent === "nullish"
    return [{ name, isRequired, schema: isOptional && !isNullable ? withoutNull(member) : member }]
  })
  const required = members.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  return {
    ...schema,
    ...(members.length === 0
      ? {}
      : { properties: Object.fromEntries(members.map((each) => [each.name, each.schema])) }),
    required
  }
}

/** Schema marks `unknown` so. */
const isUnknown = (schema: Json) => schema["$id"] === "/schemas/unknown"

/** One level of a schema. A title comes from Schema's own filters, whose descriptions repeat what keywords say. */
const tidied = (schema: Json): Json => {
  if (isUnknown(schema)) return {}
  const { additionalProperties } = schema
  if (isObject(additionalProperties) && isUnknown(additionalProperties)) {
    return tidied({ ...schema, additionalProperties: true })
  }
  const { [PRESENCE]: _, ...rest } = schema["type"] === "object" ? membersOf(schema) : schema
  const isTitled = typeof rest["title"] === "string"
  const isClosed = rest["type"] === "object" && rest["additionalProperties"] === false
  const isEmpty = (value: unknown) =>
    isObject(value) || Array.isArray(value) ? Object.keys(value).length === 0 : false
  return Object.fromEntries(
    Object.entries(rest).filter(
      ([key, value]) =>
        !(isTitled && (key === "title" || (key === "description" && typeof value === "string"))) &&
        !(isClosed && key === "additionalProperties") &&
        !((key === "required" || key === "properties") && isEmpty(value))
    )
  )
}

const deeply =
  (change: (schema: Json) => Json) =>
  (schema: Json): Json => {
    const inner = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(inner)
      return isObject(value) ? deeply(change)(value) : value
    }
    return Object.fromEntries(Object.entries(change(schema)).map(([key, value]) => [key, inner(value)]))
  }

/** The schema, and every schema in it, tidied. */
export const tidy: (schema: Json) => Json = deeply(tidied)

/**
 * The schema without the defaults of its members. Generated clients send them, or demand the members: a chat would replace
 * the settings of its agent, which it does not name.
 */
export const withoutDefaults: (schema: Json) => Json = deeply((schema) => {
  const { default: _, ...rest } = schema
  return ["type", "anyOf", "$ref"].some((key) => typeof rest[key] === "string" || Array.isArray(rest[key]))
    ? rest
    : schema
})

/** The names that a value refers to. */
const namesIn = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(namesIn)
  if (!isObject(value)) return []
  const name = nameOf(value)
  return [...(name === undefined ? [] : [name]), ...Object.values(value).flatMap(namesIn)]
}

/** The document with the schemas that its operations lead to, in the order of their names. */
export const reachable = (document: Json): Json => {
  const components = isObject(document["components"]) ? document["components"] : {}
  const schemas = isObject(components["schemas"]) ? components["schemas"] : {}
  const found = new Set<string>()
  const follow = (names: ReadonlyArray<string>): void => {
    for (const name of names) {
      if (found.has(name)) continue
      found.add(name)
      follow(namesIn(schemas[name]))
    }
  }
  follow(namesIn(document["paths"]))
  const kept = [...found].sort().map((name) => [name, schemas[name]])
  return { ...document, components: { ...components, schemas: Object.fromEntries(kept) } }
}
