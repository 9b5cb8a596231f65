/** Whatever schema it is given, the offline model fills it so that the schema decodes the reply. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, JSONSchema, Schema } from "effect"
import { Embedded } from "../../../src/embedded.js"
import * as Offline from "../../../src/engine/model/Offline.js"
import { fillSchema } from "../../../src/engine/model/offline/fill.js"
import { patternText } from "../../../src/engine/model/offline/patternText.js"
import { Words } from "../../../src/engine/model/offline/stems.js"
import { accumulateObject, type ChatInput, Julep } from "../../../src/index.js"
import type { JsonObject } from "../../../src/schema/Field.js"
import { knownSchemas, objectSchemas } from "../../support/schemas.js"

const model = Offline.make()

const replyTo = (schema: object, content = "Book a table for 4 in Lisbon on 2026-03-01, please.") => {
  const request = {
    model: "m",
    messages: [{ role: "user", content }] as const,
    tools: [],
    settings: { response_format: { type: "json_object", schema: { ...schema } } }
  }
  return JSON.parse(Effect.runSync(model.complete(request)).content ?? "")
}

const filled = (schema: JsonObject, content?: string) =>
  replyTo({ type: "object", properties: { value: schema }, required: ["value"] }, content).value

const decodes = (schema: Schema.Schema.AnyNoContext, content?: string) => {
  const reply = replyTo(JSONSchema.make(schema), content)
  const decoded = Schema.decodeUnknownEither(schema)(reply)
  if (Either.isLeft(decoded)) throw new Error(`${JSON.stringify(reply)}\n${decoded.left.message}`)
}

describe("the offline model", () => {
  for (const schema of knownSchemas) {
    it(`fills ${String(schema).slice(0, 100)}`, () => {
      decodes(schema)
      decodes(schema, "Hi")
      decodes(schema, "")
    })
  }

  it("fills random schemas", () => {
    fc.assert(
      fc.property(objectSchemas, fc.constantFrom("Order 12 from Ada.", "", 'Call it "blue" today: 3.5!'), decodes),
      { numRuns: 300, endOnFailure: true }
    )
  })

  it("takes values of formats and within bounds from the conversation", () => {
    const text = "Meet Ada (ada@example.org) at 9 on 2026-03-01, 120 people; see https://a.example/x."
    expect(filled({ type: "string", format: "date" }, text)).toBe("2026-03-01")
    expect(filled({ type: "string", format: "email" }, text)).toBe("ada@example.org")
    expect(filled({ type: "string", format: "uri" }, text)).toBe("https://a.example/x")
    expect(filled({ type: "integer", exclusiveMinimum: 9, maximum: 200 }, text)).toBe(120)
    expect(filled({ type: "string", format: "date" }, "tomorrow")).toBe("2000-01-01")
    expect(filled({ oneOf: [{ type: "string", enum: ["a"] }, { type: "integer" }] }, text)).toBe("a")
    expect(filled({ allOf: [{ type: "integer" }, { exclusiveMinimum: 5000 }] }, text)).toBe(5001)
    expect(filled({ type: "array", prefixItems: [{ const: 1 }, { type: "boolean" }] }, text)).toEqual([1, false])
  })

  it("compares a bounded number of the values of enums with the conversation", () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `n${index}`)
    const properties = Object.fromEntries(names.slice(0, 2000).map((name) => [name, { $ref: "#/$defs/Name" }]))
    const schema = { type: "object", properties, required: Object.keys(properties), $defs: { Name: { enum: names } } }
    let read = 0
    class CountingWords extends Words {
      override of(text: string) {
        read++
        return super.of(text)
      }
    }
    const words = new CountingWords()
    const reply = fillSchema(schema, { question: "Call n7.", earlier: ["Hello"], words })
    expect(Object.keys(Object(reply))).toHaveLength(2000)
    expect(read).toBeLessThan(50_000)
    const last = fillSchema({ enum: names }, { question: "n19999", earlier: [], words })
    expect(last).toBe("n19999")
  })

  it("a pattern gives way to the greatest length", () => {
    expect(filled({ type: "string", pattern: "^[a-z]{5}$|^$", maxLength: 3 }).length).toBeLessThanOrEqual(3)
    expect(patternText("^[a-z]+$", 2, 3)).toMatch(/^[a-z]{2,3}$/)
    expect(patternText("^[a-z]{5}$", 0, 3)).toBeUndefined()
  })

  it("answers with a list or an alternative where that is the whole schema", () => {
    expect(replyTo({ type: "array", items: { type: "integer" }, minItems: 2 })).toEqual([4, expect.any(Number)])
    expect(replyTo({ anyOf: [{ type: "object", properties: { n: { type: "integer" } } }, { type: "null" }] })).toEqual({
      n: 4
    })
  })

  it("ends where a schema requires itself without end, or doubles at every level", () => {
    expect(replyTo({ type: "array", prefixItems: [{ $ref: "#" }] })).toEqual(expect.any(Array))
    expect(replyTo({ type: "array", minItems: 1, items: { $ref: "#" } })).toEqual(expect.any(Array))
    const level = (n: number) => [
      `L${n}`,
      { prefixItems: [{ $ref: `#/$defs/L${n + 1}` }, { $ref: `#/$defs/L${n + 1}` }] }
    ]
    const $defs = { ...Object.fromEntries(Array.from({ length: 30 }, (_, n) => level(n))), L30: { type: "string" } }
    const values = JSON.stringify(replyTo({ type: "array", $defs, prefixItems: [{ $ref: "#/$defs/L0" }] }))
    expect(values.length).toBeLessThan(100_000)
    expect(filled({ type: "array", minItems: -5, items: { type: "integer" } })).toEqual([4])
  })
})

it.effect("typed answers of random schemas decode, whole and streamed", () =>
  Effect.gen(function* () {
    const { agents, sessions } = yield* Julep
    const agent = yield* agents.create({ name: "Ada" })
    const session = yield* sessions.create({ agent_id: agent.id })
    const seed = Date.now()
    for (const schema of fc.sample(objectSchemas, { numRuns: 30, seed })) {
      const input: ChatInput = { messages: [{ role: "user", content: "Order 12 from Ada." }], record: false }
      const { object } = yield* sessions.chatObject(session.id, input, schema)
      expect(Schema.is(schema)(object), `seed ${seed}`).toBe(true)
      const whole = yield* accumulateObject(sessions.chatObjectStream(session.id, input, schema))
      expect(whole.object).toEqual(object)
    }
  }).pipe(Effect.provide(Embedded.layerMemory()))
)

describe("patternText", () => {
  it("writes texts that match, or nothing", () => {
    const patterns = [
      "^a+$",
      "^(?:v|w)\\d{2,}[^a-z]$",
      "^\\S[\\s\\S]*\\S$|^\\S$|^$",
      "^[^\\s@]+@(?:[a-z]\\.)+[A-Za-z]{2,}$",
      "^(\\d{3}-)?\\d{4}$",
      "\\.(?<ext>png|jpe?g)$"
    ]
    for (const pattern of patterns) {
      for (const minLength of [0, 3, 9]) {
        const text = patternText(pattern, minLength)
        if (text !== undefined || minLength === 0) expect(text).toMatch(new RegExp(pattern))
      }
    }
    for (const pattern of [
      "(?=a)b",
      "(?<!a)b",
      "(a)\\1",
      "(",
      "[",
      "a{5000}",
      "\\p{L}",
      "(".repeat(1e5),
      `(){${"9".repeat(400)}}`
    ]) {
      expect(patternText(pattern)).toBeUndefined()
    }
  })

  it("is never wrong about an expression", () => {
    const part = fc.constantFrom(
      "a",
      ".",
      "\\d",
      "[^a]",
      "[a-z]",
      "(?:b|c)",
      "(d)",
      "\\.",
      "|",
      "x{2}",
      "*",
      "+",
      "?",
      "^",
      "$"
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const pattern = parts.join("")
        const text = patternText(pattern)
        if (text !== undefined) expect(text).toMatch(new RegExp(pattern))
      }),
      { numRuns: 1000 }
    )
  })
})
