/** Runs at servers that are not our engine, or are down: v0.3 has no claims, ignores `order`, and gives calls no ids. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { tool } from "../../src/index.js"
import { stubbed } from "../support/client.js"
import * as f from "../support/fixtures.js"
import type { Responder, Stub } from "../support/stubClient.js"

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

  it.effect("a call that approve suspends is listed, though nothing can mark it", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed(server([], called))
      const { ran, tools } = counted()
      const run = yield* julep.sessions.run(session, "When?", {
        tools,
        approve: () => Effect.succeed("suspend" as const)
      })
      expect(run).toMatchObject({ status: "suspended", calls: [{ name: "hour" }] })
      expect(ran()).toBe(0)
    })
  )
})

describe("a run whose results cannot be stored", () => {
  const { tools } = counted()
  const first = replyOf({ ...called, id: f.otherId(7) }, "tool_calls")
  const down = { status: 500, body: { error: { message: "down" } } }
  const claims = ({ requests }: Stub) => requests.filter(({ path }) => path.endsWith("/claims"))

  it.effect("fails with the error that ended it", () =>
    Effect.gen(function* () {
      const answers = [first, down, { status: 404, body: { detail: "Not Found" } }]
      const { http, julep } = yield* stubbed(answers)
      expect(yield* Effect.flip(julep.sessions.run(session, "When?", { tools }))).toMatchObject({ status: 500 })
      expect(claims(http).map(({ body }) => body)).toEqual([
        { message_ids: [f.otherId(7)], results: { [f.otherId(7)]: "it is 1" } }
      ])
    })
  )

  it.effect("ends after 5 seconds if the server does not answer", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const hanging: Responder = ({ path }, index) => {
        if (path.endsWith("/claims")) return Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never)
        return index === 0 ? first : down
      }
      const { julep } = yield* stubbed(hanging)
      const run = yield* Effect.fork(Effect.flip(julep.sessions.run(session, "When?", { tools })))
      yield* Deferred.await(asked)
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(run)).toMatchObject({ status: 500 })
    })
  )
})
