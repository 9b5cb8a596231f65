/** The offline model honours formats, forced calls and schemas that refer to their parts. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Embedded } from "../../../src/embedded.js"
import { resolveSchema } from "../../../src/engine/model/offline/resolveSchema.js"
import { Julep } from "../../../src/index.js"

const engine = Embedded.layerMemory({ model: "offline" })
const messages = [{ role: "user", content: "Book a table for 4 in Lisbon, please." }] as const

const booking = {
  type: "object",
  $defs: {
    Place: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    Size: { type: "integer" }
  },
  properties: {
    place: { $ref: "#/$defs/Place" },
    people: { anyOf: [{ type: "null" }, { $ref: "#/$defs/Size" }] }
  },
  required: ["place", "people"]
}

const tools = [
  { type: "function", function: { name: "get_weather", parameters: { type: "object", properties: {} } } },
  { type: "function", function: { name: "book_table", description: "Books a table", parameters: booking } }
]

describe("the offline model on /v1", () => {
  it.effect("fills the schema of a response_format, whole and streamed", () =>
    Effect.gen(function* () {
      const { chat } = yield* Julep
      const response_format = { type: "json_schema", json_schema: { name: "booking", strict: true, schema: booking } }
      const { choices } = yield* chat.completions.create({ messages, response_format })
      expect(JSON.parse(String(choices[0]?.message.content))).toEqual({ place: { city: "Lisbon" }, people: 4 })
    }).pipe(Effect.provide(engine))
  )

  it.effect("calls the tool that fits the question where one is required", () =>
    Effect.gen(function* () {
      const { chat } = yield* Julep
      const { choices } = yield* chat.completions.create({ messages, tools, tool_choice: "required" })
      const call = choices[0]?.message.tool_calls?.[0]?.function
      expect(call).toEqual({ name: "book_table", arguments: '{"place":{"city":"Lisbon"},"people":4}' })
      const [first] = (yield* chat.completions.create({
        messages: [{ role: "user", content: "Hello" }],
        tools,
        tool_choice: "required"
      })).choices
      expect(first?.message.tool_calls?.[0]?.function).toMatchObject({ name: "get_weather" })
      const none = yield* chat.completions.create({ messages, tools, tool_choice: "auto" })
      expect(none.choices[0]?.message.tool_calls).toBeUndefined()
    }).pipe(Effect.provide(engine))
  )

  it.effect("keeps max_completion_tokens", () =>
    Effect.gen(function* () {
      const { chat } = yield* Julep
      const { choices } = yield* chat.completions.create({ messages, max_completion_tokens: 2 })
      expect(choices[0]?.finish_reason).toBe("length")
    }).pipe(Effect.provide(engine))
  )
})

describe("a schema whose parts refer to itself", () => {
  const itself = { $ref: "#/$defs/Tree" }

  it("is followed a bounded number of times", () => {
    let readings = 0
    const tree = {
      get anyOf() {
        readings++
        return [itself, itself, itself, itself]
      }
    }
    expect(resolveSchema(itself, { $defs: { Tree: tree } })).toEqual({})
    expect(readings).toBeLessThan(100)
  })

  it.effect("is filled with a bounded number of values", () =>
    Effect.gen(function* () {
      const { chat } = yield* Julep
      const names = ["a", "b", "c", "d", "e", "f"]
      const properties = Object.fromEntries(names.map((name) => [name, itself]))
      const schema = { ...itself, $defs: { Tree: { type: "object", properties, required: names } } }
      const response_format = { type: "json_schema", json_schema: { name: "tree", schema } }
      const { choices } = yield* chat.completions.create({ messages, response_format })
      const text = String(choices[0]?.message.content)
      expect(Object.keys(JSON.parse(text))).toEqual(names)
      expect(text.length).toBeLessThan(20_000)
    }).pipe(Effect.provide(engine))
  )
})
