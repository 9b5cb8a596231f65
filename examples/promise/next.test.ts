/** The route of Next.js without Next.js: it takes a request and returns a response. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { entities } from "effect-julep/testing"
import { afterAll, beforeAll, expect, it, vi } from "vitest"
import { pieces } from "../support/pieces.js"
import { POST } from "./next.js"

const folder = mkdtempSync(join(tmpdir(), "next-route-"))
beforeAll(() => {
  vi.stubEnv("JULEP_DATABASE_URL", join(folder, "julep.db"))
  vi.spyOn(console, "error").mockImplementation(() => {})
})
afterAll(() => rmSync(folder, { recursive: true }))

const post = (body: unknown) =>
  POST(new Request("http://localhost/api/chat", { method: "POST", body: JSON.stringify(body) }))

const textOf = async (response: Response) => {
  let text = ""
  for await (const piece of pieces(response)) text += piece
  return text
}

it("begins a conversation, goes on with it, and answers with the status of a failure", async () => {
  const first = await post({ text: "How long can I return a bag?" })
  expect(await textOf(first)).toContain("within 30 days")
  const session = first.headers.get("x-session")
  const second = await post({ session, text: "And how long can I return two bags?" })
  expect(second.headers.get("x-session")).toBe(session)
  expect(await textOf(second)).toContain("within 30 days")

  expect((await post({ text: 1042 })).status).toBe(400)
  expect((await post({ session: "1042", text: "Hello?" })).status).toBe(422)
  expect((await post({ session: entities.session().id, text: "Hello?" })).status).toBe(404)
})
