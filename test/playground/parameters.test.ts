/** The JSON Schema of a tool, as the playground checks it before it is sent. */
import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { parametersOf } from "../../playground/src/panels/tools/parameters.js"

const check = (text: string) => Either.match(parametersOf(text), { onLeft: (fault) => fault, onRight: () => "right" })
const ofProperty = (schema: unknown) => check(JSON.stringify({ type: "object", properties: { a: schema } }))

describe("the parameters of a tool", () => {
  it("are a JSON Schema of an object, however deep", () => {
    for (const schema of [
      { type: "object" },
      { type: "object", properties: {}, additionalProperties: false },
      {
        type: "object",
        properties: {
          a: { type: ["string", "null"], enum: ["x", null] },
          b: { type: "array", items: { $ref: "#/$defs/c" } },
          d: { anyOf: [{ type: "integer" }, true] }
        },
        required: ["a"],
        $defs: { c: { type: "object", properties: { e: { const: { type: "no schema" } } } } }
      }
    ]) {
      expect(check(JSON.stringify(schema))).toBe("right")
    }
  })

  it("say at which line they are not JSON", () => {
    expect(check('{\n  "type" "object"\n}')).toMatch(/^This is not JSON at line 2, column 10: .+\.$/)
    expect(check('{\n  "type": "object"')).toMatch(/^This is not JSON at line 2, column 19: .+\.$/)
    expect(check("")).toMatch(/^This is not JSON at line 1, column 1: .+\.$/)
  })

  it.each([
    [{ type: "text" }, "parameters.properties.a.type must be one of string, number"],
    [{ type: ["string", 1] }, "not 1."],
    ["string", 'parameters.properties.a must be a schema such as { "type": "string" }, not "string".'],
    [{ enum: "x" }, 'parameters.properties.a.enum must be a list, not "x".'],
    [{ items: 1 }, "parameters.properties.a.items must be a schema"],
    [{ items: [{ type: "string" }, 2] }, "parameters.properties.a.items[1] must be a schema"],
    [{ oneOf: {} }, "parameters.properties.a.oneOf must be a list of schemas, not {}."],
    [{ oneOf: [{ type: "x" }] }, "parameters.properties.a.oneOf[0].type must be one of"],
    [{ properties: [] }, "parameters.properties.a.properties must be an object with a schema for each name, not []."],
    [{ properties: { b: {} }, required: ["c"] }, 'required names "c", which is none of its properties.'],
    [{ required: true }, "parameters.properties.a.required must be a list of names, not true."]
  ])("say what is wrong with %j", (schema, sentence) => {
    expect(ofProperty(schema)).toContain(sentence)
  })

  it("are nothing but a schema of an object", () => {
    for (const text of ["[]", "null", '"object"', '{ "type": "string" }', "{}"]) {
      expect(check(text)).toBe('The parameters must be a JSON Schema with "type": "object".')
    }
  })
})
