/** The status alone determines the tag, whatever the body. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"
import type { Answer } from "../support/stubClient.js"
import { tagOf } from "../support/tags.js"

const failure = (answer: Answer) =>
  Effect.flatMap(stubbed(answer), ({ julep }) =>
    Effect.map(Effect.flip(julep.agents.update(f.agentId, {})), errorFields)
  )

const path = `/api/agents/${f.agentId}`
const statuses = [300, 304, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 413, 415, 418, 422, 429, 451, 499]
const failures = [500, 501, 502, 503, 504, 507, 520, 529, 599]
const bodies = [{ error: { message: "no", code: "ODD" }, detail: "no" }, "<html>no</html>", undefined, "{", null, [1]]

describe("the status chooses the tag", () => {
  for (const status of [...statuses, ...failures]) {
    it.effect(`${status} is ${tagOf(status)}, whatever the body`, () =>
      Effect.gen(function* () {
        for (const body of status === 304 ? [undefined] : bodies) {
          const error = yield* failure({ status, ...(body === undefined ? {} : { body }) })
          expect(error).toMatchObject({ _tag: tagOf(status), status, method: "PATCH", path })
          expect(error["message"]).toContain(`PATCH ${path} returned ${status}`)
        }
      })
    )
  }

  it.effect("only the code NOT_FOUND turns a 400 into NotFound, and only a 400", () =>
    Effect.gen(function* () {
      const body = (code: string) => ({ error: { message: "job", code } })
      expect((yield* failure({ status: 400, body: body("NOT_FOUND") }))["_tag"]).toBe("NotFound")
      expect((yield* failure({ status: 400, body: body("INVALID_ARGUMENT") }))["_tag"]).toBe("BadRequest")
      expect((yield* failure({ status: 500, body: body("NOT_FOUND") }))["_tag"]).toBe("ServerError")
    })
  )

  it.effect("another status in the body changes nothing", () =>
    Effect.gen(function* () {
      const body = { status_code: 404, _tag: "NotFound", message: "x", data: null }
      expect((yield* failure({ status: 502, body }))["_tag"]).toBe("ServerError")
    })
  )
})

describe("the members of an error", () => {
  it.effect("NotFound names resource and id: the server's, else those of the path", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({ status: 404, body: { detail: "gone" } })
      const ofAgent = { agent_id: f.agentId }
      const requests = [
        [julep.agents.get(f.agentId), "agent", f.agentId],
        [julep.users.get(f.userId), "user", f.userId],
        [julep.sessions.history(f.sessionId), "session", f.sessionId],
        [julep.sessions.chat(f.sessionId, { messages: [{ role: "user", content: "" }] }), "session", f.sessionId],
        [julep.docs.delete({ ...ofAgent, doc_id: f.docId }), "doc", f.docId],
        [julep.docs.list({ user_id: f.userId }), "user", f.userId],
        [julep.tools.delete({ ...ofAgent, tool_id: f.toolId }), "tool", f.toolId],
        [julep.memories.delete({ ...ofAgent, memory_id: f.memoryId }), "memory", f.memoryId],
        [julep.jobs.get(f.jobId), "job", f.jobId]
      ] as const
      for (const [call, resource, id] of requests) {
        expect(errorFields(yield* Effect.flip<unknown, never, never>(call as never))).toMatchObject({
          _tag: "NotFound",
          resource,
          id
        })
      }
      const error = { message: "m", code: "NOT_FOUND", resource: "user", id: f.userId }
      expect(yield* failure({ status: 404, body: { error } })).toMatchObject({ resource: "user", id: f.userId })
    })
  )

  it.effect("ServerError has the reason that the body names, also one of a later release, and otherwise none", () =>
    Effect.gen(function* () {
      for (const reason of ["model-key", "model-unavailable", "engine", "of-a-later-release"]) {
        expect(yield* failure({ status: 502, body: { error: { message: "m", reason } } })).toMatchObject({
          _tag: "ServerError",
          reason
        })
      }
      for (const body of [{ error: { message: "m" } }, { error: { message: "m", reason: 7 } }, "<html>", undefined]) {
        const error = yield* failure({ status: 502, ...(body === undefined ? {} : { body }) })
        expect(error).not.toHaveProperty("reason")
      }
    })
  )

  it.effect("a 404 of a collection or of a bare route asks about /api, that of a resource does not", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({ status: 404, body: { detail: "Not Found" } })
      expect((yield* Effect.flip(julep.agents.list())).message).toContain("Is /api missing")
      expect((yield* Effect.flip(julep.agents.get(f.agentId))).message).toContain("base URL")
      const known = yield* failure({ status: 404, body: { detail: "Agent not found" } })
      expect(known["message"]).not.toContain("base URL")
    })
  )

  it.effect("RateLimited has the pause: from seconds, a date, or milliseconds", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2031-01-01T00:00:00Z"))
      const retryAfter = (headers: Readonly<Record<string, string>>) =>
        Effect.map(failure({ status: 429, headers, body: "slow down" }), (error) => {
          expect(error["_tag"]).toBe("RateLimited")
          return error["retryAfter"]
        })
      expect(yield* retryAfter({ "retry-after": "12" })).toBe(12)
      expect(yield* retryAfter({ "retry-after": "0" })).toBe(0)
      expect(yield* retryAfter({ "retry-after": "Wed, 01 Jan 2031 00:01:30 GMT" })).toBe(90)
      expect(yield* retryAfter({ "retry-after": "Tue, 31 Dec 2030 23:00:00 GMT" })).toBe(0)
      expect(yield* retryAfter({ "retry-after-ms": "1500", "retry-after": "12" })).toBe(1.5)
      expect(yield* retryAfter({ "retry-after": "in a while" })).toBeUndefined()
      expect(yield* retryAfter({ "retry-after-ms": "", "retry-after": "" })).toBeUndefined()
      expect(yield* retryAfter({})).toBeUndefined()
    })
  )

  it.effect("UnprocessableRequest lists five issues at most, in our shape and in FastAPI's", () =>
    Effect.gen(function* () {
      const issues = Array.from({ length: 9 }, (_, n) => ({ path: `messages[${n}].role`, message: "Expected a role" }))
      const own = yield* failure({ status: 422, body: { error: { message: "bad", code: "X", issues }, detail: "bad" } })
      expect(own["issues"]).toEqual(issues.slice(0, 5))
      const detail = [{ loc: ["body", "messages", 0, "role"], msg: "Input should be 'user'", type: "enum" }]
      const fast = yield* failure({ status: 422, body: { detail } })
      expect(fast["issues"]).toEqual([{ path: "messages.0.role", message: "Input should be 'user'" }])
      expect(fast["message"]).toContain("messages.0.role: Input should be 'user'")
      expect((yield* failure({ status: 422, body: { detail: "opaque" } }))["issues"]).toEqual([])
    })
  )

  for (const name of ["x-request-id", "request-id"]) {
    it.effect(`the request id is read from ${name}`, () =>
      Effect.gen(function* () {
        expect((yield* failure({ status: 500, headers: { [name]: "req-7" } }))["requestId"]).toBe("req-7")
      })
    )
  }
})

describe("undeclared responses", () => {
  const headers = { "x-request-id": "req-9" }
  const long = `<html>${"x".repeat(2000)}</html>`
  const undeclared: ReadonlyArray<readonly [string, Answer, string]> = [
    ["an HTML 502", { status: 502, body: long }, "ServerError"],
    ["an empty 500", { status: 500 }, "ServerError"],
    ["a text 429", { status: 429, body: "slow down" }, "RateLimited"],
    ["a 405 with a detail", { status: 405, body: { detail: "Method Not Allowed" } }, "UnexpectedResponse"],
    ["an HTML 200", { status: 200, body: long }, "UnexpectedResponse"],
    ["an empty 200", { status: 200 }, "UnexpectedResponse"],
    ["a 204", { status: 204 }, "UnexpectedResponse"],
    ["half of a JSON", { status: 200, body: '{"id":' }, "UnexpectedResponse"],
    ["a 200 of another API", { status: 200, body: { ok: true, data: [] } }, "UnexpectedResponse"],
    ["a 200 of null", { status: 200, body: null }, "UnexpectedResponse"]
  ]
  for (const [what, answer, tag] of undeclared) {
    it.effect(`${what} is ${tag} with all details`, () =>
      Effect.gen(function* () {
        const error = yield* failure({ ...answer, headers })
        expect(error).toMatchObject({ _tag: tag, status: answer.status, method: "PATCH", path, requestId: "req-9" })
        const text = typeof answer.body === "string" ? answer.body : (JSON.stringify(answer.body) ?? "")
        expect(error["body"]).toBe(text.slice(0, 500))
        const message = String(error["message"])
        expect(message).toContain(`returned ${answer.status}`)
        expect(message).not.toContain("x".repeat(50))
        expect(message.length).toBeLessThan(600)
        expect(message.split("\n")).toHaveLength(1)
      })
    )
  }

  it.effect("a 2xx that does not decode names the path and what was expected, five times at most", () =>
    Effect.gen(function* () {
      const items = Array.from({ length: 20 }, () => ({ id: 1 }))
      const { julep } = yield* stubbed({ body: { items } })
      const error = errorFields(yield* Effect.flip(julep.agents.list()))
      expect(error["_tag"]).toBe("UnexpectedResponse")
      expect(error["message"]).toContain("items[0]")
      expect((error["issues"] as ReadonlyArray<unknown>).length).toBeLessThanOrEqual(5)
      expect(String(error["message"]).length).toBeLessThan(1500)
    })
  )

  it.effect("errors of the completions have them, too", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({ status: 502, body: "<html>bad gateway</html>" })
      const error = yield* Effect.flip(julep.completions.create({ prompt: "" }))
      expect(errorFields(error)).toMatchObject({
        _tag: "ServerError",
        status: 502,
        method: "POST",
        path: "/v1/completions"
      })
    })
  )
})
