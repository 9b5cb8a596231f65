/** `/docs` shows every operation, and can do no harm. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { render } from "../../src/server/docs/page.js"
import { ask, servedPort } from "../support/serving.js"

const Operation = Schema.Struct({ operationId: Schema.String, summary: Schema.String })
const Document = Schema.Struct({
  paths: Schema.Record({ key: Schema.String, value: Schema.Record({ key: Schema.String, value: Operation }) }),
  components: Schema.Struct({ schemas: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
})

describe("the page of the API", () => {
  it.scopedLive("has every operation and every schema of the document, and each of its links leads to one", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      const { headers, status, text } = yield* ask(port, "/docs")
      const document = yield* Schema.decodeUnknown(Document)((yield* ask(port, "/openapi.json")).json)
      expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
      const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
      const operations = Object.entries(document.paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, { operationId, summary }]) => ({ method, path, operationId, summary }))
      )
      expect(operations.length).toBeGreaterThan(40)
      for (const { method, operationId, path, summary } of operations) {
        expect(ids).toContain(operationId)
        expect(text).toContain(`<code>${method.toUpperCase()} ${path}</code>`)
        expect(text).toContain(summary)
      }
      for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`)
      const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
      expect(links.filter((id) => !ids.has(id))).toEqual([])
    })
  )

  it.scopedLive("has no script, and its policy allows no more than its own style", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      const { headers, text } = yield* ask(port, "/docs/")
      expect(text).not.toMatch(/<script|javascript:|\son\w+=/i)
      const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? ""
      const hash = yield* Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)))
      expect(headers.get("content-security-policy")).toBe(
        `default-src 'none'; style-src 'sha256-${Buffer.from(hash).toString("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
      )
      expect(headers.get("x-content-type-options")).toBe("nosniff")
      expect(headers.get("referrer-policy")).toBe("no-referrer")
    })
  )

  it("escapes whatever the document says", () => {
    const bad = `</code><script>alert("'&")</script>`
    const schema = { type: "object", properties: { [bad]: { type: "string", description: bad, enum: [bad] } } }
    const operation = {
      operationId: bad,
      tags: [bad],
      summary: bad,
      description: `\`${bad}\``,
      parameters: [{ name: bad, in: bad, schema: { type: bad, default: bad }, description: bad }],
      requestBody: { content: { [bad]: { schema: { $ref: bad } } } },
      responses: { [bad]: { description: bad } }
    }
    const page = render({
      info: { title: bad, description: bad },
      tags: [{ name: bad, description: bad }],
      paths: { [bad]: { get: operation } },
      components: { schemas: { [bad]: schema } }
    })
    expect(page).toContain("&lt;script&gt;")
    expect(page).not.toContain("<script>")
    expect(page).not.toContain(`"'&"`)
  })
})
