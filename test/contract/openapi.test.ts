import * as OpenApi from "@effect/platform/OpenApi"
import { describe, expect, it } from "@effect/vitest"
import { JulepApi } from "../../src/schema/api/JulepApi.js"
import { OpenAiApi } from "../../src/schema/api/OpenAiApi.js"

/** Keys in order, so that the snapshot changes only when the contract does. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => [key, ordered(member)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

describe("the OpenAPI documents", () => {
  it("are what they were: `vitest -u` accepts a change of the contract", async () => {
    const documents = { julep: OpenApi.fromApi(JulepApi), openai: OpenApi.fromApi(OpenAiApi) }
    await expect(`${JSON.stringify(ordered(documents), null, 2)}\n`).toMatchFileSnapshot("./openapi.snapshot.json")
  })

  it("show no brand, tag or internal name of a request or an entity", () => {
    const { schemas } = OpenApi.fromApi(JulepApi).components
    const own = Object.keys(schemas).filter((name) => !/^(HttpApiDecodeError|Issue|PropertyKey)$/.test(name))
    expect(own.length).toBeGreaterThan(30)
    for (const name of own) expect(JSON.stringify(schemas[name]), name).not.toContain("_tag")
  })
})
