/** SIGTERM ends a server at once, whatever is open, and partial replies are stored. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import { Julep, type RequestError } from "../../src/index.js"
import { historyOf, says } from "../support/turns.js"
import { start } from "./support/child.js"
import { faultsOf, temporaryFile } from "./support/database.js"

const silent = Logger.replace(Logger.defaultLogger, Logger.none)
const STREAMS = 20

describe("SIGTERM with open streams", () => {
  it.scopedLive(
    "the server exits within 2 s, and the partial replies are kept and marked",
    () =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        const beforeStart = performance.now()
        const server = yield* start("server", file)
        const port = yield* Effect.flatten(Stream.runHead(server.lines))
        // 2 s, or more on a machine that is too busy to start a server in that time.
        const limit = Math.max(2000, performance.now() - beforeStart)
        const client = Julep.layerFetch({ apiKey: "any", baseUrl: `http://127.0.0.1:${port}/api`, retry: false })
        const { sessions, took } = yield* Effect.gen(function* () {
          const julep = yield* Julep
          const agent = yield* julep.agents.create({ name: "Ada" })
          const open = yield* Effect.forEach(Array.from({ length: STREAMS }), () =>
            Effect.gen(function* () {
              const { id } = yield* julep.sessions.create({ agent_id: agent.id })
              const begun = yield* Deferred.make<void, RequestError>()
              const events = julep.sessions.chatStream(id, { messages: [says("Hello")] })
              yield* Effect.fork(
                Stream.runForEach(events, ({ response }) =>
                  response[0]?.some(({ content }) => content === "a ")
                    ? Deferred.succeed(begun, undefined)
                    : Effect.void
                ).pipe(Effect.tapErrorCause((cause) => Deferred.failCause(begun, cause)))
              )
              return { id, begun: Deferred.await(begun) }
            })
          )
          const waiting = yield* julep.sessions.create({ agent_id: agent.id })
          yield* Effect.fork(julep.sessions.chat(waiting.id, { messages: [says("Wait")] }))
          yield* Effect.forEach(open, ({ begun }) => begun)
          const from = performance.now()
          const code = yield* server.end("SIGTERM")
          return { sessions: open.map(({ id }) => id), took: { ms: performance.now() - from, code } }
        }).pipe(Effect.provide(client))

        expect(took.ms).toBeLessThan(limit)
        expect(took.code).toBe(0)
        expect(yield* faultsOf(file)).toEqual([])
        yield* Effect.gen(function* () {
          const julep = yield* Julep
          for (const id of sessions) {
            expect(yield* historyOf(id)).toEqual([
              ["user", "Hello"],
              ["assistant", "Half of a "]
            ])
            expect((yield* julep.sessions.history(id)).map(({ aborted }) => aborted)).toEqual([false, true])
          }
        }).pipe(Effect.provide(Embedded.layer({ storage: { file }, model: "offline" })), Effect.provide(silent))
      }),
    120_000
  )
})
