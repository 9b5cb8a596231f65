/**
 * What an OpenAPI document of 3.0 or 3.1 says, as facts that can be compared: `Agent.about` has a type and may be required,
 * `ListAgents query limit` has bounds. Prose is left out.
 */
import { isObject, type Json } from "../../src/engine/http/openapi/jsonSchema.js"

export type Facts = Readonly<Record<string, string>>

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const objects = (value: unknown): ReadonlyArray<Json> => list(value).filter(isObject)
const object = (value: unknown): Json => (isObject(value) ? value : {})
const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

const nameOf = (reference: unknown): string => String(reference).replace(/^.*\//, "")

const isNull = ({ type }: Json) => type === "null"

/** The alternatives of a schema without `null`; one alternative alone stands for the schema. */
const alternatives = (schema: Json): ReadonlyArray<Json> => {
  const found = objects(schema["anyOf"] ?? schema["oneOf"]).filter((each) => !isNull(each))
  return found.length > 0 ? found.flatMap(alternatives) : [schema]
}

const typeOf = (schema: Json): string => {
  const types = alternatives(schema).map((each) => {
    if (each["$ref"] !== undefined) return nameOf(each["$ref"])
    if (each["type"] === "array") return `${typeOf(object(each["items"]))}[]`
    return [each["type"] ?? "any", each["format"]].filter((part) => part !== undefined).join(" ")
  })
  return [...new Set(types)].sort().join(" | ")
}

const numbers = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "minItems", "maxItems"]

/** The bounds of a schema, in the spelling of 3.1: an exclusive bound is a number. */
const boundsOf = (schema: Json): Facts => {
  const bound = (name: string): unknown => {
    const value = schema[name]
    if (typeof value === "number" && schema[`exclusive${name[0]?.toUpperCase()}${name.slice(1)}`] !== true) return value
    const inclusive = name.replace(/^exclusiveM/, "m")
    return value === true ? schema[inclusive] : undefined
  }
  const found = numbers.map((name) => [name, bound(name)] as const).filter(([, value]) => value !== undefined)
  return Object.fromEntries(found.map(([name, value]) => [name, String(value)]))
}

const factsOf = (schema: Json, required: boolean | undefined): Facts => {
  const [only, ...more] = alternatives(schema)
  const own = { ...(more.length === 0 ? only : {}), ...schema }
  const isNullable = schema["nullable"] === true || objects(schema["anyOf"]).some(isNull)
  const { additionalProperties, pattern, uniqueItems } = own
  return {
    type: typeOf(schema),
    ...(required === undefined ? {} : { required: required ? "yes" : "no" }),
    ...(isNullable ? { nullable: "yes" } : {}),
    ...(own["default"] === undefined ? {} : { default: text(own["default"]) }),
    ...(Array.isArray(own["enum"]) ? { enum: own["enum"].join(", ") } : {}),
    ...(typeof pattern === "string" && pattern !== "" ? { pattern } : {}),
    ...(uniqueItems === true ? { uniqueItems: "yes" } : {}),
    ...(isObject(additionalProperties) && Object.keys(additionalProperties).length > 0
      ? { additionalProperties: typeOf(additionalProperties) }
      : {}),
    ...boundsOf(own)
  }
}

type Table = Map<string, Facts>

/** Adds a schema and its members. A reference is named, not followed, but those of `allOf` are one object. */
const add = (document: Json, table: Table, place: string, schema: Json, required?: boolean): void => {
  table.set(place, factsOf(schema, required))
  const parts = objects(schema["allOf"]).map((part) =>
    part["$ref"] === undefined ? part : object(object(object(document["components"])["schemas"])[nameOf(part["$ref"])])
  )
  for (const part of [...alternatives(schema), ...parts]) {
    const demanded = list(part["required"])
    for (const [name, member] of Object.entries(object(part["properties"]))) {
      add(document, table, `${place}.${name}`, object(member), demanded.includes(name))
    }
    for (const name of demanded) {
      if (!(String(name) in object(part["properties"])))
        table.set(`${place}.${name}`, { type: "none", required: "yes" })
    }
    if (part["type"] === "array" && part["items"] !== undefined) {
      add(document, table, `${place}[]`, object(part["items"]))
    }
  }
}

/** Everything that a document says, by place. Operations are named by their ids in `ids`, by method and path. */
export const tableOf = (document: Json, ids: ReadonlyMap<string, string>): ReadonlyMap<string, Facts> => {
  const table: Table = new Map()
  const { components, info, paths, security, servers, externalDocs } = document
  const { title, version, ...others } = object(info)
  table.set("document", {
    openapi: String(document["openapi"]).slice(0, 3),
    title: text(title),
    version: text(version),
    ...Object.fromEntries(
      Object.entries(others).map(([name, value]) => [name, text(isObject(value) ? value["name"] : name)])
    ),
    servers: objects(servers)
      .map(({ url }) => url)
      .join(", "),
    security: text(security),
    ...(externalDocs === undefined ? {} : { externalDocs: "yes" })
  })
  for (const [name, scheme] of Object.entries(object(object(components)["securitySchemes"]))) {
    const { description: _, ...rest } = object(scheme)
    table.set(`security ${name}`, Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, text(value)])))
  }
  for (const [name, schema] of Object.entries(object(object(components)["schemas"]))) {
    add(document, table, name, object(schema))
  }
  for (const name of Object.keys(object(object(components)["parameters"]))) {
    table.set(`parameter ${name}`, { component: "yes" })
  }
  for (const [path, item] of Object.entries(object(paths))) {
    const { parameters: shared, ...methods } = object(item)
    for (const [method, operation] of Object.entries(methods)) {
      const { operationId, parameters, requestBody, responses, security, tags } = object(operation)
      const id = ids.get(`${method.toUpperCase()} ${path}`) ?? String(operationId)
      const secured = objects(security).flatMap((each) => Object.keys(each))
      table.set(id, { operationId: text(operationId), tags: list(tags).join(", "), security: secured.join(", ") })
      for (const each of [...objects(shared), ...objects(parameters)]) {
        const place = `${id} ${each["in"]} ${each["name"]}`
        add(document, table, place, object(each["schema"]), each["required"] === true)
      }
      for (const [type, { schema }] of Object.entries(object(object(requestBody)["content"])).map(
        ([type, content]) => [type, object(content)] as const
      )) {
        add(document, table, `${id} request ${type}`, object(schema))
      }
      if (requestBody !== undefined && object(requestBody)["content"] === undefined) table.set(`${id} request`, {})
      for (const [status, response] of Object.entries(object(responses))) {
        for (const [type, content] of Object.entries(object(object(response)["content"]))) {
          add(document, table, `${id} ${status} ${type}`, object(object(content)["schema"]))
        }
      }
    }
  }
  return table
}

/** What two documents say differently about a place. Where one has no such place, `what` is empty. */
export interface Difference {
  readonly what: string
  readonly published: string
  readonly served: string
}

const NONE = "none"

/** Whether a place is inside one that only one document has. */
const isInside = (place: string, other: ReadonlyMap<string, Facts>): boolean =>
  [...place.matchAll(/[.[ ]/g)].some(({ index }) => {
    const outer = place.slice(0, index)
    return /^\w+$/.test(outer) && !other.has(outer)
  })

/** Every difference of two documents. Of what only one document has, the outermost place is named alone. */
export const differencesOf = (
  published: ReadonlyMap<string, Facts>,
  served: ReadonlyMap<string, Facts>
): ReadonlyArray<Difference> =>
  [...new Set([...published.keys(), ...served.keys()])].flatMap((place) => {
    const before = published.get(place)
    const after = served.get(place)
    if (before === undefined || after === undefined) {
      const other = before === undefined ? published : served
      const here = before === undefined ? NONE : (before["type"] ?? "yes")
      const there = after === undefined ? NONE : (after["type"] ?? "yes")
      return isInside(place, other) ? [] : [{ what: place, published: here, served: there }]
    }
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((fact) =>
      before[fact] === after[fact]
        ? []
        : [{ what: `${place} ${fact}`, published: before[fact] ?? NONE, served: after[fact] ?? NONE }]
    )
  })
