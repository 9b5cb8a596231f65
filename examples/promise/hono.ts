/** The support agent in Hono: `export default await routes(Client.embedded())` serves it with Bun, Deno and others. */
import { type Client, errorResponse } from "effect-julep/promise"
import { Hono } from "hono"
import { supportAgent } from "./support-agent.js"

export const routes = async (client: Client) => {
  const support = await supportAgent(client)
  return (
    new Hono()
      .post("/sessions", async (c) => c.json({ session: await support.open() }, 201))
      // Server-sent events, with the status of a request that fails. The turn stops when the browser leaves.
      .post("/sessions/:session/chat", async (c) =>
        support.chat(c.req.param("session"), await c.req.text(), c.req.raw.signal)
      )
      .post("/sessions/:session/tickets", async (c) =>
        c.json(await support.ticket(c.req.param("session"), await c.req.text()), 201)
      )
      .onError((error) => {
        console.error(error)
        return errorResponse(error)
      })
  )
}
