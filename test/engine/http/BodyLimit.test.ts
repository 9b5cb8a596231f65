import { expect, test } from "vitest"
import { servedEngine } from "../../support/servedEngine.js"

test("a served engine refuses a body that is too large with 413, and goes on", async () => {
  const { apiKey, baseUrl } = await servedEngine()
  const post = (name: string) =>
    fetch(`${baseUrl}/agents`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ name })
    })
  const refused = await post("a".repeat(10_000_000))
  expect(refused.status).toBe(413)
  expect(await refused.json()).toMatchObject({ error: { code: "BODY_TOO_LARGE" } })
  expect((await post("Ada")).status).toBe(201)
})
