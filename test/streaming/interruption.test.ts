/**
 * An interruption ends the model's request at once: the clock stands still, so that no timer of ours could. `remember: false`
 * keeps the turns from leaving jobs, which would call the model, too.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import { Julep, type SessionId } from "../../src/index.js"
import { promptServer } from "../support/httpServer.js"
import { latch, soon } from "../support/latches.js"
import { type Behaviour, chunk, chunkedHead, events, type OddServer, oddServer } from "../support/oddServers.js"
import { says } from "../support/turns.js"

const KEY = "loopback-key"

const engineOf = (server: OddServer) =>
  ({ model: { url: `${server.origin}/v1`, name: "m" }, storage: "memory" }) as const

const served = (server: OddServer) => {
  const app = Embedded.layerApp({ ...engineOf(server), apiKey: KEY })
  const serving = Layer.unwrapScoped(Effect.map(Embedded.EngineApp, (engine) => HttpServer.serve(engine)))
  const client = Layer.unwrapEffect(
    Effect.map(HttpServer.HttpServer, ({ address }) =>
      Julep.layerFetch({
        apiKey: KEY,
        baseUrl: `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/api`
      })
    )
  )
  return Layer.merge(client, Layer.provide(serving, app)).pipe(
    Layer.provide(NodeHttpServer.layer(promptServer, { host: "127.0.0.1", port: 0 }))
  )
}

const modes = [
  ["in process", (server: OddServer) => Embedded.layer(engineOf(server))],
  ["of a server", served]
] as const

const piece = (content: string) => JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })

/** How far the model's answer has got when it is interrupted. */
const stages: ReadonlyArray<readonly [stage: string, answer: Behaviour]> = [
  ["before its headers", () => {}],
  ["after its headers", (_request, socket) => socket.write(chunkedHead)],
  [
    "in the middle of its text",
    (_request, socket) => socket.write(Buffer.concat([Buffer.from(chunkedHead), chunk(events([piece("Once ")]))]))
  ]
]

const calls = [
  [
    "chat",
    ({ sessions }: Julep.Service, id: SessionId) => sessions.chat(id, { messages: [says("Tell me")], remember: false })
  ],
  [
    "chatStream",
    ({ sessions }: Julep.Service, id: SessionId) =>
      Stream.runDrain(sessions.chatStream(id, { messages: [says("Tell me")], remember: false }))
  ]
] as const

describe.each(modes)("the model's socket, %s", (_mode, layerOf) => {
  for (const [stage, answer] of stages) {
    for (const [name, call] of calls) {
      it.scoped(`is closed by the interruption of ${name}, ${stage}`, () =>
        Effect.gen(function* () {
          const asked = latch()
          const model = yield* oddServer((requests, socket, index) => {
            answer(requests, socket, index)
            asked.open()
          })
          yield* Effect.gen(function* () {
            const julep = yield* Julep
            const agent = yield* julep.agents.create({ name: "Ada" })
            const session = yield* julep.sessions.create({ agent_id: agent.id })
            const fiber = yield* Effect.fork(call(julep, session.id))
            yield* soon("the request")(asked.opened)
            yield* soon("the interruption")(Fiber.interrupt(fiber))
            yield* soon("the end of the model's socket")(model.usedClosed)
          }).pipe(Effect.provide(layerOf(model)))
          expect(model.requests).toHaveLength(1)
        })
      )
    }
  }
})

describe("the abort signal of the model's request", () => {
  for (const [name, call] of calls) {
    it.live(`is aborted in the turn of the event loop that interrupts ${name}`, () =>
      Effect.gen(function* () {
        const asked = latch()
        const aborted = latch<number>()
        let turns = 0
        const counting = yield* Effect.fork(
          Effect.forever(
            Effect.async<void>((resume) => {
              setImmediate(() => {
                turns++
                resume(Effect.void)
              })
            })
          )
        )
        const never = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode(events([piece("Once ")]))),
          pull: () => {
            asked.open()
            return new Promise(() => {})
          }
        })
        const client = HttpClient.make((request, _url, signal) => {
          signal.addEventListener("abort", () => aborted.open(turns))
          return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(never)))
        })
        const layer = Embedded.layer({ model: { url: "https://llm.test/v1", name: "m" }, storage: "memory" }).pipe(
          Layer.provide(Layer.succeed(Embedded.Outbound, client))
        )
        yield* Effect.gen(function* () {
          const julep = yield* Julep
          const agent = yield* julep.agents.create({ name: "Ada" })
          const session = yield* julep.sessions.create({ agent_id: agent.id })
          const fiber = yield* Effect.fork(call(julep, session.id))
          yield* soon("the request")(asked.opened)
          const before = turns
          yield* Fiber.interruptFork(fiber)
          expect(yield* soon("the abort")(aborted.opened)).toBe(before)
          yield* soon("the interruption")(Fiber.await(fiber))
        }).pipe(Effect.provide(layer))
        yield* Fiber.interrupt(counting)
      })
    )
  }
})
