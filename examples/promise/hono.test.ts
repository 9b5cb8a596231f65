/** The routes of Hono without a server: an app of Hono answers requests by itself. */
import { Client } from "effect-julep/promise"
import { entities } from "effect-julep/testing"
import { afterAll, expect, it, vi } from "vitest"
import { pieces } from "../support/pieces.js"
import { routes } from "./hono.js"

const client = Client.embedded({ storage: "memory" })
afterAll(() => client.close())

it("opens a session, streams an answer, makes a ticket, and answers with the status of a failure", async () => {
  const app = await routes(client)
  const post = async (path: string, body = "") => app.request(path, { method: "POST", body })

  const opened = await post("/sessions")
  expect(opened.status).toBe(201)
  const { session } = await opened.json()
  let text = ""
  for await (const piece of pieces(await post(`/sessions/${session}/chat`, "Where is my order 1042?"))) text += piece
  expect(text).toContain("Thursday")

  const ticket = await post(`/sessions/${session}/tickets`, "Order 1042 arrived open. The priority is high.")
  expect(await ticket.json()).toEqual({ order_number: 1042, priority: "high" })

  vi.spyOn(console, "error").mockImplementation(() => {})
  const unknown = `/sessions/${entities.session().id}`
  expect((await post(`${unknown}/chat`, "Hello?")).status).toBe(404)
  expect((await post(`${unknown}/tickets`, "Hello?")).status).toBe(404)
})
