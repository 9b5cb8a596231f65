/** Runs at servers that are not our engine: v0.3 has no claims, ignores `order`, and gives calls no ids. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tool } from "../../src/index.js"
import { stubbed } from "../support/client.js"
import * as f from "../support/fixtures.js"
import type { Responder } from "../support/stubClient.js"

const session = f.sessionId
const called = { ...f.message, role: "function_call", content: '{"name":"hour","arguments":"{}"}' }
const said = (content: string) => ({ ...f.message, role: "assistant", content })
const replyOf = (message: object, finish_reason: string) => ({
  body: { ...f.chatResponse, finish_reason, response: [[message]] }
})

/** A server whose history is the given messages, the oldest first whatever `order` says, and that answers every chat. */
const server =
  (history: ReadonlyArray<object>, first: object = said("noon")): Responder =>
  ({ path, query }, index) => {
    if (path.endsWith("/claims")) return { status: 404, body: { detail: "Not Found" } }
    if (path.endsWith("/history")) {
      const offset = Number(query["offset"] ?? 0)
      return { body: { items: history.slice(offset, offset + 100) } }
    }
    return index === 0 ? replyOf(first, "tool_calls") : replyOf(said("noon"), "stop")
  }

const counted = () => {
  let ran = 0
  const hour = tool({ execute: () => Effect.sync(() => `it is ${++ran}`) })
  return { tools: { hour }, ran: () => ran }
}

describe("a run at a server of v0.3", () => {
  it.effect("sends results of calls without ids by name alone", () =>
    Effect.gen(function* () {
      const { http, julep } = yield* stubbed(server([], called))
      const { tools } = counted()
      const { rounds, text } = yield* julep.sessions.run(session, "When?", { tools })
      expect(text).toBe("noon")
      expect(rounds[0]?.results).toMatchObject([{ id: "call_0", content: "it is 1" }])
      expect(http.requests[1]?.body).toMatchObject({
        messages: [{ role: "function", name: "hour", content: "it is 1" }]
      })
      expect(http.requests[1]?.text).not.toContain("tool_call_id")
      expect(http.requests).toHaveLength(2)
    })
  )

  it.effect("resume says that there are no claims, and goes on without one if that is asked for", () =>
    Effect.gen(function* () {
      const at = (seconds: number) => new Date(seconds * 1000).toISOString()
      // Longer than a page, so that the calls are on the second one.
      const before = Array.from({ length: 120 }, (_, index) => ({
        ...f.message,
        id: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
        created_at: at(index)
      }))
      const history = [...before, { ...called, created_at: at(500) }]
      const { http, julep } = yield* stubbed(server(history))
      const { ran, tools } = counted()
      const error = yield* Effect.flip(julep.sessions.resume(session, { tools }))
      expect(error).toMatchObject({ _tag: "NotFound", message: expect.stringContaining("claim: false") })
      expect(ran()).toBe(0)
      const run = yield* julep.sessions.resume(session, { tools, claim: false })
      expect(run).toMatchObject({ status: "completed", text: "noon" })
      expect(ran()).toBe(1)
      expect(http.requests.filter(({ path }) => path.endsWith("/claims"))).toHaveLength(1)
    })
  )
})
