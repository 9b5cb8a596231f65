/** The OpenAPI document: valid, without traces of how it is made, and what generators of clients need. */

import { describe, expect, it } from "@effect/vitest"
import { Validator } from "@seriousme/openapi-schema-validator"
import { openApi } from "../../src/engine/http/openapi/Document.js"
import { isObject, type Json } from "../../src/engine/http/openapi/jsonSchema.js"

/** Keys in order, so that the snapshot changes only when the contract does. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, member]) => [key, ordered(member)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Every object of the document with its place. */
const nodes = (value: unknown, place = ""): ReadonlyArray<{ readonly place: string; readonly node: Json }> => {
  if (Array.isArray(value)) return value.flatMap((each, index) => nodes(each, `${place}/${index}`))
  if (!isObject(value)) return []
  return [{ place, node: value }, ...Object.entries(value).flatMap(([key, each]) => nodes(each, `${place}/${key}`))]
}

const all = nodes(openApi)
const places = (fits: (node: Json) => boolean) => all.filter(({ node }) => fits(node)).map(({ place }) => place)

const at = (pointer: string): unknown =>
  pointer
    .slice(2)
    .split("/")
    .reduce<unknown>((value, key) => (isObject(value) ? value[key.replaceAll("~1", "/")] : undefined), openApi)

const alternatives = ({ anyOf }: Json) => (Array.isArray(anyOf) ? anyOf.filter(isObject) : [])
const operations = all.filter(({ node }) => typeof node["operationId"] === "string").map(({ node }) => node)

describe("the OpenAPI document", () => {
  it("is what it was: `vitest -u` accepts a change of the contract", async () => {
    await expect(`${JSON.stringify(ordered(openApi), null, 2)}\n`).toMatchFileSnapshot("./openapi.snapshot.json")
  })

  it("is valid", async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(openApi) as Record<string, unknown>)).toEqual({ valid: true })
    const invalid = await validator.validate({ ...structuredClone(openApi), info: {} })
    expect(invalid.valid).toBe(false)
  })

  it("shows nothing of Effect, and no member that only clients tolerate", () => {
    expect(JSON.stringify(openApi)).not.toMatch(/_tag|HttpApi|PropertyKey|\$id|\$comment|x-sent|\/schemas\/unknown/)
    expect(places(({ additionalProperties }) => additionalProperties === false)).toEqual([])
    expect(places(({ title }) => typeof title === "string")).toEqual(["/info"])
    expect(places(({ responses }) => isObject(responses) && "204" in responses)).toEqual([])
  })

  it("lets a member be null where the engine sends null, and nowhere else", () => {
    expect(places((node) => alternatives(node).some(({ type }) => type === "null"))).toMatchInlineSnapshot(`
      [
        "/components/schemas/ChatCompletion/properties/choices/items/properties/message/properties/content",
        "/components/schemas/ChatCompletion/properties/choices/items/properties/message/properties/refusal",
        "/components/schemas/ChatCompletion/properties/choices/items/properties/finish_reason",
        "/components/schemas/ChatCompletionChunk/properties/choices/items/properties/delta/properties/content",
        "/components/schemas/ChatCompletionChunk/properties/choices/items/properties/delta/properties/refusal",
        "/components/schemas/ChatCompletionChunk/properties/choices/items/properties/finish_reason",
        "/components/schemas/ChatCompletionChunk/properties/usage",
        "/components/schemas/ChatStreamEvent/properties/finish_reason",
        "/components/schemas/Completion/properties/choices/items/properties/finish_reason",
        "/components/schemas/Completion/properties/usage",
        "/components/schemas/CompletionChunk/properties/choices/items/properties/finish_reason",
        "/components/schemas/CompletionChunk/properties/usage",
        "/components/schemas/CompletionMessage/properties/content",
        "/components/schemas/OpenAiErrorBody/properties/error/properties/param",
        "/components/schemas/OpenAiErrorBody/properties/error/properties/code",
      ]
    `)
  })

  it("names what it refers to, and refers to what it names", () => {
    const targets = all.flatMap(({ node: { $ref } }) => (typeof $ref === "string" ? [$ref] : []))
    expect(targets.length).toBeGreaterThan(100)
    expect(targets.filter((target) => at(target) === undefined)).toEqual([])
    const named = Object.keys(Object(at("#/components/schemas"))).map((name) => `#/components/schemas/${name}`)
    expect(named.filter((name) => !targets.includes(name))).toEqual([])
  })

  it("gives each operation an id of its own, a summary, one tag, security and a described response", () => {
    const ids = operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = Object(openApi["tags"]).map(({ name }: { readonly name: string }) => name)
    for (const { operationId, responses, security, summary, tags: own } of operations) {
      expect(summary, String(operationId)).toMatch(/^[A-Z]/)
      expect(tags, String(operationId)).toEqual(expect.arrayContaining(own as Array<string>))
      expect(security, String(operationId)).toEqual([{ "api-key": [] }])
      for (const response of Object.values(Object(responses))) {
        expect(isObject(response) ? response["description"] : "", String(operationId)).not.toBe("")
      }
    }
  })

  it("declares events where `stream` asks for them, and 502 where a model is called", () => {
    const streamed = operations.filter(({ responses }) => JSON.stringify(responses).includes("text/event-stream"))
    expect(streamed.map(({ operationId }) => operationId)).toEqual([
      "Chat",
      "createChatCompletion",
      "createCompletion",
      "createResponse"
    ])
    const model = operations.filter(({ responses }) => isObject(responses) && "502" in responses)
    expect(model.map(({ operationId }) => operationId)).toEqual([
      "Chat",
      "RenderChat",
      "createChatCompletion",
      "createCompletion",
      "createEmbedding",
      "createResponse",
      "listModels",
      "retrieveModel"
    ])
  })
})

/** What openapi-python-client 0.29 needed to make a client of the whole document, as facts about the document. */
describe("generators of clients", () => {
  it("find no default in a body: clients would send it, or drop the schema around it", () => {
    const inBodies = all.filter(({ place }) => place.startsWith("/components/schemas/"))
    const isSchema = (node: Json) => typeof node["type"] === "string" || "anyOf" in node || "$ref" in node
    expect(inBodies.filter(({ node }) => isSchema(node) && "default" in node).map(({ place }) => place)).toEqual([])
    expect(places((node) => "default" in node && "type" in node)).not.toEqual([])
  })

  it("find no schema without a name that would get the name of another: both are dropped", () => {
    const pascal = (name: string) => name.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
    const named = new Set(Object.keys(Object(at("#/components/schemas"))))
    const inner = all.flatMap(({ node, place }) => {
      const [, name, path] = /^\/components\/schemas\/(\w+)\/(.+)$/.exec(place) ?? []
      if (name === undefined || path === undefined || node["$ref"] !== undefined || node["type"] !== "object") return []
      const parts = path.split("/").filter((part) => !/^(properties|anyOf|\d+)$/.test(part))
      return [name + parts.map((part) => (part === "items" ? "Item" : pascal(part))).join("")]
    })
    expect(inner).toContain("ErrorBodyError")
    expect(inner.filter((name) => named.has(name))).toEqual([])
  })

  it("find one type for each enumeration", () => {
    const enumerations = all.filter(({ node }) => Array.isArray(node["enum"]))
    expect(enumerations.length).toBeGreaterThan(10)
    expect(enumerations.filter(({ node }) => typeof node["type"] !== "string").map(({ place }) => place)).toEqual([])
  })

  it("find whole numbers where numbers are whole", () => {
    const whole = /\/(limit|offset|seed|max_tokens|n|created|\w+_tokens|index)$/
    const members = all.filter(({ node, place }) => whole.test(place) && typeof node["type"] === "string")
    expect(members.length).toBeGreaterThan(5)
    expect(members.filter(({ node }) => node["type"] !== "integer").map(({ place }) => place)).toEqual([])
  })

  it("find every list with its items, required", () => {
    const isList = ({ operationId }: Json) => /^(List\w+|Get\w+s|GetHistory)$/.test(String(operationId))
    const lists = operations.filter((each) => isList(each) && each["operationId"] !== "GetJobStatus")
    expect(lists.length).toBe(10)
    for (const { operationId, responses } of lists) {
      expect(JSON.stringify(responses), String(operationId)).toContain('"required":["items"]')
    }
  })
})
