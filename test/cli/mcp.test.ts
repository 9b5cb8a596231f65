import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { cli } from "../support/cli.js"
import { soon } from "../support/latches.js"
import { KEY, serveEngine } from "../support/servedEngine.js"

const request = (id: number, method: string, params: object = {}) =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`

describe("mcp", () => {
  it.scopedLive("answers with the protocol alone, and ends with its input", () =>
    Effect.gen(function* () {
      const url = yield* serveEngine({})
      const env = { JULEP_API_URL: url, JULEP_API_KEY: KEY }
      const doc = '{"name":"Ada","docs":[{"title":"Tea","content":"Green tea takes three minutes."}]}'
      yield* cli("agents create --data -", { env, input: doc })
      const stdin = yield* Queue.unbounded<Uint8Array>()
      const stdout = yield* Queue.unbounded<string>()
      const fiber = yield* Effect.fork(
        cli("mcp", { env, bytes: Stream.fromQueue(stdin), onWrite: (text) => Queue.unsafeOffer(stdout, text) })
      )
      const read = Effect.map(Queue.take(stdout), (text) => JSON.parse(text))
      /** Sends a request and returns its answer, which may come after notifications. */
      const ask = (line: string) =>
        Effect.zipRight(
          Queue.offer(stdin, new TextEncoder().encode(line)),
          soon("an answer")(Effect.repeat(read, { until: ({ id }) => id !== undefined }))
        )
      const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } }
      expect(yield* ask(request(1, "initialize", params))).toMatchObject({
        id: 1,
        result: { serverInfo: { name: "effect-julep" } }
      })
      const call = { name: "search_docs", arguments: { query: "green tea" } }
      expect(yield* ask(request(2, "tools/call", call))).toMatchObject({
        id: 2,
        result: { content: [{ text: expect.stringContaining("three minutes") }] }
      })
      yield* Queue.shutdown(stdin)
      const { code, err, out } = yield* soon("the end")(Fiber.join(fiber))
      expect({ code, err }).toEqual({ code: 0, err: "" })
      const versions = out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).jsonrpc)
      expect(new Set(versions)).toEqual(new Set(["2.0"]))
    })
  )

  it.effect("names what is missing before it serves", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* cli("mcp --session x", {
        env: { JULEP_API_URL: "http://127.0.0.1:9", JULEP_API_KEY: "k" }
      })
      expect({ code, out }).toEqual({ code: 2, out: "" })
      expect(err).toContain("--session must be a UUID")
    })
  )
})
