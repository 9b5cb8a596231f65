import { describe, expect, it } from "@effect/vitest"
import { redactor } from "../../src/transport/redact.js"

/** Keys of others, which a client does not know. */
const keys = {
  "a key of OpenAI": "sk-proj-4f8a9c2e7b1d",
  "a masked key of OpenAI": "sk-pr***********7b1d",
  "a key of Groq": "gsk_4f8a9c2e7b1d",
  "a key of xAI": "xai-4f8a9c2e7b1d",
  "a token of Hugging Face": "hf_4f8a9c2e7b1d",
  "a key of Google": "AIzaSy4f8a9c2e7b1d",
  "a key of AWS": "AKIA4F8A9C2E7B1D",
  "a JSON Web Token": "eyJhbGciOiJI.eyJzdWIiOiJz.c2lnbmF0dXJl",
  "a bearer token": "Bearer words-without-digits"
}

describe("texts of a server", () => {
  for (const [what, key] of Object.entries(keys)) {
    it(`do not show ${what}`, () => {
      const secret = key.replace("Bearer ", "")
      const text = redactor(undefined, [])(`{"error":"wrong key: ${key}","ok":1}`)
      expect(text).not.toContain(secret)
      expect(text).toContain('<redacted>","ok":1}')
    })
  }

  it("show words that begin like a key", () => {
    const text = "The bearer of a risk-based task-force asks for sk-learn, a Bearer token and eyJhbGci."
    expect(redactor(undefined, [])(text)).toBe(text)
  })
})
