/** Where the recorded exchanges with a real v0.3.4 server are at hand, the client must understand every answer. */
import { isDeepStrictEqual } from "node:util"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Transport from "../../src/transport/Transport.js"
import { KEY, stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import { managerCall } from "../support/managerCall.js"
import { say, sharedFile } from "../support/shared.js"
import { stub } from "../support/stubClient.js"
import { tagOf } from "../support/tags.js"

interface Recording {
  readonly name: string
  readonly request: { readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"; path: string; body?: unknown }
  readonly response: { readonly status: number; headers: Record<string, string>; readonly body: unknown }
}

const file = sharedFile("recordings.json")
if (file === undefined) say("recordings.test.ts: skipped, ../shared/contract/recordings.json does not exist")

const recordings = JSON.parse(file ?? "[]") as ReadonlyArray<Recording>

const BASE = "https://julep.test"
const replayed = { managers: 0, transport: 0 }

const groupSnippets = (items: ReadonlyArray<{ readonly id: string; readonly content?: unknown }>) => {
  const ids = [...new Set(items.map(({ id }) => id))]
  return ids.map((id) => {
    const parts = items.filter((item) => item.id === id)
    return parts.length === 1 ? parts[0] : { ...parts[0], content: parts.map(({ content }) => content) }
  })
}

/** The paths where an answer and the result of a call differ. Members of a resource that are null are absent. */
const differences = (wire: unknown, got: unknown, path = ""): ReadonlyArray<string> => {
  if (got instanceof Date) return got.getTime() === Date.parse(String(wire)) ? [] : [path]
  if (path.endsWith(".metadata") || path.endsWith(".parameters")) return isDeepStrictEqual(wire, got) ? [] : [path]
  if (path.endsWith(".jobs")) return isDeepStrictEqual(wire ?? [], got) ? [] : [path]
  if (wire === null && /\.(user_id|summary|default_settings|preset)$/.test(path)) return got === undefined ? [] : [path]
  if (typeof wire !== "object" || wire === null) return Object.is(wire, got) ? [] : [path]
  if (typeof got !== "object" || got === null) return [path]
  if (Array.isArray(wire) && (!Array.isArray(got) || wire.length !== got.length)) return [path]
  const members: Record<string, unknown> = { ...got }
  return Object.entries(wire).flatMap(([key, value]) => differences(value, members[key], `${path}.${key}`))
}

const expected = (recording: Recording): unknown => {
  const { body } = recording.response
  const items = typeof body === "object" && body !== null && "items" in body ? body.items : undefined
  if (!Array.isArray(items)) return body
  return /\/docs(\?|$)/.test(recording.request.path) ? groupSnippets(items) : items
}

const answerOf = ({ response: { status, headers, body } }: Recording) => ({ status, headers, body })

/** The exchange through the manager call that sends it, or `undefined` if there is none. */
const throughManagers = (recording: Recording) =>
  Effect.gen(function* () {
    const { julep, http } = yield* stubbed(answerOf(recording), { baseUrl: BASE })
    const call = managerCall(julep, recording.request)
    if (call === undefined) return undefined
    const result = yield* Effect.either(call)
    return http.requests.length === 0 ? undefined : { result, sent: http.last() }
  })

const throughTransport = ({ request, ...recording }: Recording) => {
  const options = { baseUrl: BASE, apiKey: Redacted.make(KEY), headers: {}, timeout: {}, retry: false } as const
  const transport = Transport.make(stub(answerOf({ request, ...recording })).client, options)
  const sent = HttpClientRequest.make(request.method)(request.path)
  return Effect.either(transport.send(sent))
}

describe.skipIf(file === undefined)("the recorded exchanges", () => {
  afterAll(() => {
    say(`recordings: ${replayed.managers} replayed by managers, ${replayed.transport} by the transport alone`)
    expect(replayed.managers + replayed.transport).toBe(recordings.length)
  })

  it("are all there", () => {
    expect(recordings).toHaveLength(99)
  })

  for (const recording of recordings) {
    const { request, response } = recording
    const ok = response.status >= 200 && response.status < 300
    it.effect(`${recording.name}: ${response.status}`, () =>
      Effect.gen(function* () {
        const managed = yield* throughManagers(recording)
        replayed[managed === undefined ? "transport" : "managers"]++
        if (ok) {
          expect(managed, "every answer that is not an error has its manager call").toBeDefined()
          const { result, sent } = managed!
          expect([sent.method, sent.url.pathname]).toEqual([request.method, request.path.replace(/\?.*/, "")])
          expect(sent.body).toEqual(request.body)
          if (Either.isLeft(result)) throw result.left
          if (request.method === "DELETE") expect(result.right).toBeUndefined()
          else expect(differences(expected(recording), result.right)).toEqual([])
          return
        }
        const result = managed?.result ?? (yield* throughTransport(recording))
        if (Either.isRight(result)) throw new Error(`${response.status} is not an error to the client`)
        const { _tag, status, method } = errorFields(result.left)
        expect([_tag, status, method]).toEqual([tagOf(response.status, response.body), response.status, request.method])
      })
    )
  }

  it("a loss is reported", () => {
    const wire = { id: "a", jobs: null, metadata: { a: [1] }, at: "2024-01-01T00:00:00Z", list: [{ b: 1 }] }
    const same = { id: "a", jobs: [], metadata: { a: [1] }, at: new Date("2024-01-01T00:00:00Z"), list: [{ b: 1 }] }
    expect(differences(wire, same)).toEqual([])
    expect(differences(wire, { ...same, metadata: { a: [1], b: 2 }, list: [], at: new Date(0) })).toEqual([
      ".metadata",
      ".at",
      ".list"
    ])
  })
})
