import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { CreateAgent } from "../../src/schema/Agent.js"
import { ChatRequest } from "../../src/schema/Chat.js"
import { CreateChatCompletion } from "../../src/schema/ChatCompletion.js"
import { decoder, encoder } from "../../src/schema/Compiled.js"
import { issuesOf } from "../../src/schema/Issue.js"

const SIZE = 10_000

const issues = (schema: Schema.Schema.AnyNoContext, input: unknown) => {
  const result = decoder(schema)(input)
  return Either.isLeft(result) ? issuesOf(result.left) : undefined
}

const many = <A>(item: A): ReadonlyArray<A> => Array.from({ length: SIZE }, () => item)

/** A schema of numbers that counts how often one is looked at. */
const counted = () => {
  const count = { looks: 0 }
  const number = Schema.Number.pipe(
    Schema.filter(() => {
      count.looks++
      return true
    })
  )
  return { count, schema: Schema.Struct({ items: Schema.Array(Schema.Struct({ n: number, text: Schema.String })) }) }
}

describe("the faults of a value", () => {
  it("are five at most, each with its path", () => {
    const { schema } = counted()
    const found = issues(schema, { items: many({ n: 1, text: 2 }) })
    expect(found?.map(({ path }) => path)).toEqual([0, 1, 2, 3, 4].map((index) => `items[${index}].text`))
    expect(found?.[0]?.message).toBe("Expected string, actual 2")
  })

  it("are found with one look at each item, wherever they are", () => {
    const right = { n: 1, text: "a" }
    const wrong = { n: 1, text: 2 }
    for (const items of [
      many(wrong),
      [...many(right), wrong],
      [wrong, ...many(right)],
      [...many(right), wrong, ...many(right), wrong]
    ]) {
      const { count, schema } = counted()
      const found = issues(schema, { items })
      const paths = items.flatMap((item, index) => (item === wrong ? [`items[${index}].text`] : []))
      expect(found?.map(({ path }) => path)).toEqual(paths.slice(0, 5))
      expect(count.looks).toBeLessThanOrEqual(items.length + 100)
      const written = counted()
      // The input is wrong on purpose.
      expect(Either.isLeft(encoder(written.schema)({ items } as never))).toBe(true)
      expect(written.count.looks).toBeLessThanOrEqual(5 * items.length + 100)
    }
  })

  it("are found with two looks at each item of an array that is right", () => {
    const { count, schema } = counted()
    const both = Schema.Struct({ ...schema.fields, last: Schema.Number })
    const items = many({ n: 1, text: "a" })
    expect(issues(both, { items, last: "1" })?.map(({ path }) => path)).toEqual(["last"])
    expect(count.looks).toBeLessThanOrEqual(2 * items.length + 100)
  })

  it("are those of each side of a schema that takes the same array twice", () => {
    const small = Schema.Struct({ list: Schema.Array(Schema.Number) })
    const large = Schema.Struct({ list: Schema.Array(Schema.String) })
    const found = issues(Schema.extend(small, Schema.Struct({})).pipe(Schema.compose(small)), {
      list: [1, "2", 3, "4"]
    })
    expect(found?.map(({ path }) => path)).toEqual(["list[1]", "list[3]"])
    const list = ["1", 2, "3", 4]
    const either = Schema.Struct({ one: large, other: small })
    expect(issues(either, { one: { list }, other: { list } })?.map(({ path }) => path)).toEqual([
      "one.list[1]",
      "one.list[3]",
      "other.list[0]",
      "other.list[2]"
    ])
  })

  it("name no type of the schema, only those of JSON", () => {
    const chat = (members: object) =>
      issues(ChatRequest, { messages: [{ role: "user", content: "Hi" }], ...members })?.[0]?.message
    expect(chat({ messages: [{ role: "user", content: [null] }] })).toBe("Expected an object, actual null")
    expect(chat({ tool_choice: 1 })).toBe('Expected an object, "none", "auto" or "required", actual 1')
    expect(issues(CreateAgent, { name: "A", tools: [null] })?.[0]?.message).toBe("Expected an object, actual null")
    expect(issues(CreateChatCompletion, { messages: [null] })?.[0]?.message).toBe("Expected an object, actual null")
  })

  it("of a large value name no member that it has", () => {
    const schema = Schema.Struct({ items: Schema.Array(Schema.Number), last: Schema.Number })
    const result = encoder(schema, { onExcessProperty: "error" })({ items: many(1), last: 1, other: 1 } as never)
    expect(Either.isLeft(result) ? issuesOf(result.left).map(({ path }) => path) : undefined).toEqual(["other"])
  })

  it("are those of the member of a union that the value is meant to be", () => {
    const chat = (content: unknown) => issues(ChatRequest, { messages: [{ role: "user", content }] })
    expect(chat(many({ type: "x" }))).toHaveLength(5)
    expect(chat([{ type: "text", text: 1 }])).toEqual([
      { path: "messages[0].content[0].text", message: "Expected string, actual 1" }
    ])
    expect(chat(1)?.map(({ path }) => path)).toEqual(["messages[0].content"])
  })

  it("of a union say in one sentence what each of its members expects", () => {
    const role = issues(ChatRequest, { messages: [{ role: "tool", content: "Sunny, actual 20 degrees" }] })
    expect(role).toEqual([
      {
        path: "messages[0].role",
        message: 'Expected "user", "assistant", "system", "function_call", "function" or "auto", actual "tool"'
      }
    ])
    const tools = issues(CreateAgent, { name: "A", tools: [{ type: "file_search" }] })
    expect(tools?.[0]).toEqual({
      path: "tools[0].type",
      message: 'Expected "function" or "webhook", actual "file_search"'
    })
  })

  it("are few in hostile bodies of every kind", () => {
    const doc = { title: "t", content: "c", metadata: 1 }
    const found = issues(CreateAgent, { name: "a", docs: many(doc) })
    expect(found?.map(({ path }) => path)).toEqual([0, 1, 2, 3, 4].map((index) => `docs[${index}].metadata`))
    expect(issues(ChatRequest, { messages: many(1) })).toHaveLength(5)
    expect(issues(CreateAgent, { name: many("a") })).toHaveLength(1)
    expect(issues(CreateAgent, { name: "a".repeat(SIZE), about: Object.fromEntries(many(["a", 1])) })).toHaveLength(1)
  })

  it("show no more of a value than an error holds", () => {
    const [issue] = issues(CreateAgent, { name: many("a".repeat(100)) }) ?? []
    expect(issue?.path).toBe("name")
    expect(issue?.message.length).toBeLessThanOrEqual(201)
  })
})
