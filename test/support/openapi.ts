/**
 * The facts of an OpenAPI document (3.0 or 3.1) about each member, flattened: `docs[].title`, `default_settings.top_p`.
 * `null` branches are left out on both sides: how a member may be absent is tested by the decoding tests.
 */
import * as Predicate from "effect/Predicate"

export interface Fact {
  readonly types: ReadonlyArray<string>
  readonly required: boolean
  readonly enum?: ReadonlyArray<string>
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly default?: unknown
}

export type Facts = Readonly<Record<string, Fact>>

export interface DocumentedOperation {
  readonly operationId: string
  readonly query: Facts
  readonly request: Facts
  readonly response: Facts
  /** Every status of a success. */
  readonly statuses: ReadonlyArray<number>
}

type Json = Readonly<Record<string, unknown>>

const object = (value: unknown): Json => (Predicate.isRecord(value) ? value : {})
const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const resolve = (document: Json, schema: Json): Json => {
  const reference = schema["$ref"]
  if (typeof reference !== "string") return schema
  const target = reference
    .slice(2)
    .split("/")
    .reduce<unknown>((node, key) => object(node)[key], document)
  const { $ref: _, ...beside } = schema
  return { ...resolve(document, object(target)), ...beside }
}

const bounds = (schema: Json): Partial<Fact> => {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  return Object.fromEntries(
    Object.entries({
      minimum: exclusiveMinimum === true ? undefined : minimum,
      maximum: exclusiveMaximum === true ? undefined : maximum,
      exclusiveMinimum: exclusiveMinimum === true ? minimum : exclusiveMinimum,
      exclusiveMaximum: exclusiveMaximum === true ? maximum : exclusiveMaximum
    }).filter(([, bound]) => typeof bound === "number")
  )
}

const factOf = (schema: Json, required: boolean): Fact => {
  const type = schema["type"]
  const named = schema["format"] === "uuid" || schema["format"] === "date-time" ? schema["format"] : type
  return {
    types: typeof named === "string" && named !== "null" ? [named] : [],
    required,
    ...bounds(schema),
    ...(Array.isArray(schema["enum"]) ? { enum: schema["enum"].map(String) } : {}),
    ...(type === "array" && typeof schema["minItems"] === "number" ? { minItems: schema["minItems"] } : {}),
    ...(type === "array" && typeof schema["maxItems"] === "number" ? { maxItems: schema["maxItems"] } : {}),
    // The default of a required member, and a default of null, say nothing.
    ...(required || (schema["default"] ?? null) === null ? {} : { default: schema["default"] })
  }
}

const both = (a: Fact, b: Fact): Fact => ({
  ...a,
  ...b,
  types: [...new Set([...a.types, ...b.types])].sort(),
  required: a.required || b.required,
  ...(a.enum !== undefined && b.enum !== undefined ? { enum: [...new Set([...a.enum, ...b.enum])] } : {})
})

const walk = (document: Json, raw: unknown, path: string, required: boolean, facts: Record<string, Fact>): void => {
  const schema = resolve(document, object(raw))
  if (path !== "") {
    const fact = factOf(schema, required)
    const known = facts[path]
    facts[path] = known === undefined ? fact : both(known, fact)
  }
  for (const branch of [...list(schema["anyOf"]), ...list(schema["oneOf"]), ...list(schema["allOf"])]) {
    walk(document, branch, path, required, facts)
  }
  if (schema["type"] === "array") walk(document, schema["items"], `${path}[]`, false, facts)
  if (schema["type"] !== "object") return
  const demanded = list(schema["required"])
  for (const [name, member] of Object.entries(object(schema["properties"]))) {
    walk(document, member, path === "" ? name : `${path}.${name}`, demanded.includes(name), facts)
  }
  if (Predicate.isRecord(schema["additionalProperties"])) {
    walk(document, schema["additionalProperties"], `${path}{}`, false, facts)
  }
}

/** The members of one schema of a document. */
export const factsOf = (document: unknown, schema: unknown): Facts => {
  const facts: Record<string, Fact> = {}
  walk(object(document), schema, "", false, facts)
  return facts
}

const schemaOf = (body: unknown): unknown => object(object(object(body)["content"])["application/json"])["schema"]

const queryOf = (document: unknown, parameters: ReadonlyArray<unknown>): Facts =>
  factsOf(document, {
    type: "object",
    properties: Object.fromEntries(parameters.map((each) => [object(each)["name"], object(each)["schema"]])),
    required: parameters.filter((each) => object(each)["required"] === true).map((each) => object(each)["name"])
  })

/** Every operation of a document under `METHOD /path`. */
export const operationsOf = (document: unknown): ReadonlyMap<string, DocumentedOperation> => {
  const operations = new Map<string, DocumentedOperation>()
  for (const [path, item] of Object.entries(object(object(document)["paths"]))) {
    for (const [method, operation] of Object.entries(object(item))) {
      if (method === "parameters") continue
      const { operationId, parameters, requestBody, responses } = object(operation)
      const successes = Object.entries(object(responses)).filter(([status]) => /^2/.test(status))
      operations.set(`${method.toUpperCase()} ${path}`, {
        operationId: String(operationId),
        query: queryOf(
          document,
          list(parameters).filter((each) => object(each)["in"] === "query")
        ),
        request: factsOf(document, schemaOf(requestBody)),
        response: factsOf(document, schemaOf(successes[0]?.[1])),
        statuses: successes.map(([status]) => Number(status))
      })
    }
  }
  return operations
}
