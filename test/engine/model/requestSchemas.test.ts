/** JSON Schemas on their way to an endpoint: without references, and strict where that keeps what they mean. */
import { describe, expect, it } from "@effect/vitest"
import { Ajv } from "ajv"
import { Effect, FastCheck as fc, JSONSchema, Schema } from "effect"
import * as Offline from "../../../src/engine/model/Offline.js"
import { bodyOf } from "../../../src/engine/model/openai/RequestBody.js"
import { withoutRefs } from "../../../src/engine/model/openai/SchemaRefs.js"
import { strictSchema } from "../../../src/engine/model/openai/StrictSchema.js"
import type { JsonObject } from "../../../src/schema/Field.js"
import { mapSubSchemas } from "../../../src/schema/subSchemas.js"
import { objectSchemas } from "../../support/schemas.js"

const ajv = new Ajv({ strict: false, validateFormats: false, logger: false })
const withoutIds = ({ $id: _, ...schema }: JsonObject): JsonObject => mapSubSchemas(schema, withoutIds)
const validator = (schema: JsonObject) => ajv.compile(withoutIds(schema))

const requiringAll = (schema: JsonObject): JsonObject => ({
  ...mapSubSchemas(schema, requiringAll),
  ...(schema.properties instanceof Object ? { required: Object.keys(schema.properties) } : {})
})

const jsonSchemas = objectSchemas.map((schema): JsonObject => ({ ...JSONSchema.make(schema) }))

const model = Offline.make()
/** A value of a schema. */
const valueOf = (schema: JsonObject): unknown => {
  const messages = [{ role: "user" as const, content: "Ada has 4 of 12." }]
  const settings = { response_format: { type: "json_object", schema } }
  return JSON.parse(Effect.runSync(model.complete({ model: "m", messages, tools: [], settings })).content ?? "")
}

const refsIn = (value: unknown): number => JSON.stringify(value).split('"$ref"').length - 1

describe("withoutRefs", () => {
  const place = { type: "object", properties: { city: { type: "string" } } }

  it("writes definitions where they are used, with what stands beside the reference", () => {
    const schema = {
      $defs: { Place: place, Trip: { type: "array", items: { $ref: "#/$defs/Place", description: "a stop" } } },
      $ref: "#/$defs/Trip"
    }
    expect(withoutRefs(schema)).toEqual({ type: "array", items: { ...place, description: "a stop" } })
    expect(withoutRefs({ definitions: { "a/b": place }, anyOf: [{ $ref: "#/definitions/a~1b" }] })).toEqual({
      anyOf: [place]
    })
  })

  it("does not touch values that look like references", () => {
    const schema = { $defs: {}, const: { $ref: "#/$defs/A" }, properties: { $ref: { default: { $ref: "#" } } } }
    const { $defs: _, ...rest } = schema
    expect(withoutRefs(schema)).toEqual(rest)
    expect(withoutRefs(place)).toBe(place)
  })

  it("keeps the references of a schema that refers to itself, but writes out the root", () => {
    const Tree = { type: "object", properties: { parts: { type: "array", items: { $ref: "#/$defs/Tree" } } } }
    const schema = { $ref: "#/$defs/Tree", $defs: { Tree } }
    expect(withoutRefs(schema)).toEqual({ ...Tree, $defs: { Tree } })
    expect(withoutRefs({ $defs: {}, $ref: "#/$defs/Missing" })).toEqual({ $defs: {}, $ref: "#/$defs/Missing" })
  })

  it("leaves a schema as it is that would grow without bounds", () => {
    const level = (n: number) => ({ anyOf: [{ $ref: `#/$defs/L${n}` }, { $ref: `#/$defs/L${n}` }] })
    const $defs = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`L${n}`, level(n + 1)]))
    const schema = { $defs: { ...$defs, L40: { type: "string" } }, ...level(0) }
    expect(withoutRefs(schema)).toBe(schema)
  })

  it("leaves a schema as it is whose definitions would be written out too often, or too deep", () => {
    const members = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`m${n}`, { type: "string" }]))
    const wide = {
      $defs: { Wide: { type: "object", properties: members } },
      anyOf: Array.from({ length: 2400 }, () => ({ $ref: "#/$defs/Wide" }))
    }
    expect(withoutRefs(wide)).toBe(wide)
    const chain = Array.from({ length: 1200 }, (_, n) => [`C${n}`, { items: { $ref: `#/$defs/C${n + 1}` } }])
    const deep = { $defs: { ...Object.fromEntries(chain), C1200: { type: "string" } }, $ref: "#/$defs/C0" }
    expect(withoutRefs(deep)).toBe(deep)
  })

  it("keeps what a target demands beside what stands with its reference", () => {
    const named = { type: "object", properties: { x: { type: "string" } }, required: ["x"] }
    const beside = { properties: { y: { type: "string" } }, required: ["y"] }
    expect(withoutRefs({ $defs: { Named: named }, anyOf: [{ $ref: "#/$defs/Named", ...beside }] })).toEqual({
      anyOf: [{ allOf: [named, beside] }]
    })
  })

  it("keeps the values of random schemas", () => {
    fc.assert(
      fc.property(jsonSchemas, jsonSchemas, (schema, other) => {
        const flat = withoutRefs(schema)
        if (!("$defs" in flat)) expect(refsIn(flat)).toBe(0)
        const [before, after] = [validator(schema), validator(flat)]
        for (const value of [valueOf(schema), valueOf(other), {}]) expect(after(value)).toBe(before(value))
      }),
      { numRuns: 20, endOnFailure: true }
    )
  })
})

describe("strictSchema", () => {
  const text = { type: "string" }
  const of = (properties: JsonObject, required: ReadonlyArray<string>, more: JsonObject = {}) => ({
    type: "object",
    properties,
    required,
    ...more
  })

  it("closes objects, and requires optional members that may be null", () => {
    const nullable = { anyOf: [text, { type: "null" }] }
    expect(strictSchema(of({ a: text, b: nullable }, ["a"], { $comment: "", default: {} }))).toEqual(
      of({ a: text, b: nullable }, ["a", "b"], { additionalProperties: false })
    )
  })

  it("is nothing where it would have other values", () => {
    expect(strictSchema(of({ a: text }, []))).toBeUndefined()
    expect(strictSchema(of({}, [], { additionalProperties: text }))).toBeUndefined()
    expect(strictSchema(of({ a: of({ b: text }, []) }, ["a"]))).toBeUndefined()
    expect(strictSchema(of({ a: { type: "array", items: [text] } }, ["a"]))).toBeUndefined()
    expect(strictSchema(of({ a: { not: text } }, ["a"]))).toBeUndefined()
    expect(strictSchema(of({ a: { type: "string", format: "iban" } }, ["a"]))).toBeUndefined()
    expect(strictSchema({ type: "array", items: text })).toBeUndefined()
    expect(strictSchema(of({ a: { ...of({ b: text }, []), type: ["object", "null"] } }, ["a"]))).toBeUndefined()
  })

  it("closes an object that may be null", () => {
    const nullable = { ...of({ b: text }, ["b"]), type: ["object", "null"] }
    expect(strictSchema(of({ a: nullable }, ["a"]))).toEqual(
      of({ a: { ...nullable, additionalProperties: false } }, ["a"], { additionalProperties: false })
    )
  })

  it("has only values of the schema, for random schemas", () => {
    fc.assert(
      fc.property(fc.oneof(jsonSchemas, jsonSchemas.map(requiringAll)), (schema) => {
        const closed = strictSchema(withoutRefs(schema))
        fc.pre(closed !== undefined)
        const value = valueOf(closed)
        expect([validator(closed)(value), validator(schema)(value)]).toEqual([true, true])
      }),
      { numRuns: 10, maxSkipsPerRun: 500, endOnFailure: true }
    )
  })
})

it.effect("a request has the schemas of its format and of its tools in these forms", () =>
  Effect.gen(function* () {
    const Order = Schema.Struct({ id: Schema.Int, note: Schema.NullOr(Schema.String) })
    const parameters = { ...JSONSchema.make(Order) }
    const sent = (format: JsonObject) =>
      bodyOf(
        {
          model: "m",
          messages: [],
          tools: [{ name: "order", parameters }],
          settings: { response_format: { type: "json_object", schema: parameters, ...format } }
        },
        { samplingExtensions: false }
      )
    const strict = yield* sent({ strict: true, name: "order", description: "An order" })
    expect(strict["response_format"]).toMatchObject({
      json_schema: { name: "order", description: "An order", strict: true, schema: { additionalProperties: false } }
    })
    expect(JSON.stringify(strict)).not.toMatch(/\$ref|\$defs/)
    const loose = yield* sent({})
    expect(loose["response_format"]).toMatchObject({ json_schema: { name: "response" } })
    expect(JSON.stringify(loose)).not.toMatch(/strict|\$ref/)
  })
)

it.effect(
  "a strict tool has its schema in the strict form if there is one, and else as it is, for the endpoint to judge",
  () =>
    Effect.gen(function* () {
      const closed = { type: "object", properties: { id: { type: "integer" } }, required: ["id"] }
      const open = { type: "object", properties: { id: { type: "integer" } } }
      const tools = [
        { name: "a", parameters: closed, strict: true },
        { name: "b", parameters: open, strict: true },
        { name: "c", parameters: closed, strict: false }
      ]
      const body = yield* bodyOf({ model: "m", messages: [], tools, settings: {} }, { samplingExtensions: false })
      expect(body["tools"]).toEqual([
        {
          type: "function",
          function: { name: "a", parameters: { ...closed, additionalProperties: false }, strict: true }
        },
        { type: "function", function: { name: "b", parameters: open, strict: true } },
        { type: "function", function: { name: "c", parameters: closed, strict: false } }
      ])
    })
)
