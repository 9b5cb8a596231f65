/** What a server refuses, each with an error of its own, and how it goes on afterwards. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ModelError } from "../../src/engine/ports/Model.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { limitsOf } from "../../src/server/Options.js"
import type * as Server from "../../src/server/Server.js"
import { latch, soon, until } from "../support/latches.js"
import { type Answer, ask, complete, createAgent, KEY, raw, servedPort, withKey } from "../support/serving.js"

const codeOf = ({ json }: Answer): unknown => Object(Object(json).error).code
const wrong = (answer: Answer) => [answer.status, codeOf(answer)]

const NIL = "00000000-0000-0000-0000-000000000000"
/** Accepts any key, under its own name. */
const anybody: Server.Authenticate = ({ authorization = "" }) =>
  Effect.succeed({ developer: NIL, name: authorization, operator: false })

/** A model that waits until the test lets it reply, and counts its calls. */
const held = () => {
  const reached = latch()
  const released = Effect.runSync(Deferred.make<void>())
  const replying = { open: () => Deferred.unsafeDone(released, Effect.void) }
  let calls = 0
  const step: Scripted.StepFunction = () => {
    calls++
    reached.open()
    return Scripted.hold(released, "Hi")
  }
  return {
    model: Scripted.layer(step),
    calls: () => calls,
    reached: soon("the model is asked")(reached.opened),
    replying
  }
}

describe("the requests of a key", () => {
  it.scopedLive("are refused with 429 above the limit, until one of them has ended; other keys are not", () =>
    Effect.gen(function* () {
      const { model, reached, replying } = held()
      const port = yield* servedPort({ model, authenticate: anybody, limits: { requests: 1 } })
      const open = yield* Effect.fork(ask(port, "/v1/chat/completions", complete(false, { authorization: "one" })))
      yield* reached
      const list = (authorization: string) => ask(port, "/agents", { headers: { authorization } })
      const refused = yield* list("one")
      expect([...wrong(refused), refused.headers.get("retry-after")]).toEqual([429, "TOO_MANY_OPEN", "1"])
      expect((yield* list("two")).status).toBe(200)
      replying.open()
      expect((yield* Fiber.join(open)).status).toBe(200)
      expect((yield* list("one")).status).toBe(200)
    })
  )

  it.scopedLive("may be streams up to a limit of their own; whole replies go on", () =>
    Effect.gen(function* () {
      const { calls, model, reached, replying } = held()
      const port = yield* servedPort({ model, streamOpening: 0, limits: { streams: 1 } })
      const agent = Object((yield* ask(port, "/agents", createAgent())).json)
      const session = yield* ask(port, "/sessions", { ...createAgent(), body: JSON.stringify({ agent_id: agent.id }) })
      const chat = `/sessions/${Object(session.json).id}/chat`
      const open = yield* Effect.fork(ask(port, "/v1/chat/completions", complete(true)))
      yield* reached
      expect(wrong(yield* ask(port, "/v1/chat/completions", complete(true)))).toEqual([429, "TOO_MANY_OPEN"])
      expect(wrong(yield* ask(port, chat, complete(true)))).toEqual([429, "TOO_MANY_OPEN"])
      // A chat that is refused leaves nothing in its session.
      expect((yield* ask(port, chat.replace(/chat$/, "history"), { headers: withKey() })).json).toMatchObject({
        items: []
      })
      expect(calls()).toBe(1)
      replying.open()
      expect((yield* Fiber.join(open)).text).toContain("[DONE]")
      expect((yield* ask(port, chat, complete(true))).text).toContain("[DONE]")
    })
  )

  it.scopedLive("that end make room for others, also while the key has more open", () =>
    Effect.gen(function* () {
      const reached = latch()
      const released = yield* Deferred.make<void>()
      const step: Scripted.StepFunction = ({ messages }) => {
        if (messages.at(-1)?.content !== "Wait") return "Hi"
        reached.open()
        return Scripted.hold(released, "Hi")
      }
      const port = yield* servedPort({ model: Scripted.layer(step), limits: { streams: 1 } })
      const wait = { ...complete(), body: JSON.stringify({ messages: [{ role: "user", content: "Wait" }] }) }
      const open = yield* Effect.fork(ask(port, "/v1/chat/completions", wait))
      yield* reached.opened
      const stream = ask(port, "/v1/chat/completions", complete(true))
      for (const _ of [1, 2, 3]) {
        yield* until("a stream is admitted", stream, ({ status }) => status === 200)
      }
      yield* Deferred.succeed(released, undefined)
      expect((yield* Fiber.join(open)).status).toBe(200)
    })
  )

  it.scopedLive("are counted until their client leaves", () =>
    Effect.gen(function* () {
      const { model, reached } = held()
      const port = yield* servedPort({ model, streamOpening: 0, limits: { requests: 1, streams: 1 } })
      const open = yield* Effect.fork(ask(port, "/v1/chat/completions", complete(true)))
      yield* reached
      expect((yield* ask(port, "/agents", { headers: withKey() })).status).toBe(429)
      yield* Fiber.interrupt(open)
      yield* until("the request is free", ask(port, "/agents", { headers: withKey() }), ({ status }) => status === 200)
    })
  )
})

/** Some turns of the event loop. */
const turns = (count: number) =>
  Effect.repeatN(
    Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void))),
    count
  )

describe("the requests and streams of a key", () => {
  it.scopedLive("are all free again after replies, failures, refusals, and clients that left at any point", () =>
    Effect.gen(function* () {
      const STREAMS = 7
      let calls = 0
      const reached = latch()
      let together: { readonly gate: Deferred.Deferred<void>; waiting: number } | undefined
      const broken = new ModelError({ reason: "unavailable", message: "It is down.", shouldRetry: false })
      const model = Scripted.layer(() => {
        if (together !== undefined) {
          if (++together.waiting === STREAMS) Deferred.unsafeDone(together.gate, Effect.void)
          return Scripted.hold(together.gate, "Hi")
        }
        const kind = calls++ % 3
        reached.open()
        return kind === 0 ? Scripted.never : kind === 1 ? Scripted.fail(broken) : "Hi"
      })
      const port = yield* servedPort({ model, limits: { requests: STREAMS + 2, streams: STREAMS } })
      // While a request is open, what its key has open is counted on.
      yield* Effect.fork(ask(port, "/v1/chat/completions", complete()))
      yield* soon("the model is asked")(reached.opened)
      const asked = { refused: 0, answered: 0, left: 0 }
      yield* Effect.forEach(
        Array.from({ length: 60 }).keys(),
        (index) =>
          Effect.map(
            Effect.raceFirst(ask(port, "/v1/chat/completions", complete(index % 3 !== 0)), turns((index * 7) % 90)),
            (answer) => {
              asked[answer === undefined ? "left" : answer.status === 429 ? "refused" : "answered"]++
            }
          ),
        { concurrency: 3 * STREAMS, discard: true }
      )
      for (const count of Object.values(asked)) expect(count).toBeGreaterThan(0)

      const all = Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        together = { gate, waiting: 0 }
        const one = Effect.tap(ask(port, "/v1/chat/completions", complete(true)), ({ status }) =>
          status === 200 ? Effect.void : Deferred.succeed(gate, undefined)
        )
        return yield* Effect.all(
          Array.from({ length: STREAMS }, () => one),
          { concurrency: "unbounded" }
        )
      })
      yield* until("every stream is free", all, (answers) => answers.every(({ status }) => status === 200))
    })
  )
})

describe("the calls of the model", () => {
  it.scopedLive("run at most so many at a time; others wait", () =>
    Effect.gen(function* () {
      const { calls, model, reached, replying } = held()
      const port = yield* servedPort({ model, limits: { modelCalls: 1 } })
      const one = yield* Effect.fork(ask(port, "/v1/chat/completions", complete()))
      yield* reached
      const other = yield* Effect.fork(ask(port, "/v1/chat/completions", complete(true)))
      // This request is answered after the one above was read.
      yield* ask(port, "/v1/models", { headers: withKey() })
      expect(calls()).toBe(1)
      replying.open()
      expect((yield* Fiber.join(one)).status).toBe(200)
      expect((yield* Fiber.join(other)).text).toContain("[DONE]")
      expect(calls()).toBe(2)
    })
  )
})

describe("a body", () => {
  it.scopedLive("that is too large is refused by its declared length, before it is sent", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ maxBodySize: 1000 })
      const { closed, send } = yield* raw(port)
      send(`POST /agents HTTP/1.1\r\nHost: localhost\r\nX-Auth-Key: ${KEY}\r\nContent-Type: application/json\r\n`)
      send('Content-Length: 1001\r\n\r\n{"name":')
      send(" ".repeat(993))
      const text = yield* closed
      expect(text).toMatch(/^HTTP\/1\.1 413 /)
      expect(text).toContain("BODY_TOO_LARGE")
    })
  )

  it.scopedLive("that is nested too deeply is refused", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ limits: { bodyDepth: 3 } })
      const body = (depth: number) => `{"name":"Ada","metadata":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`
      expect((yield* ask(port, "/agents", { ...createAgent(), body: body(1) })).status).toBe(201)
      expect((yield* ask(port, "/agents", { ...createAgent(), body: body(2) })).text).toContain("deeper than 3 levels")
    })
  )

  for (const [name, framing] of [
    ["of a declared length", "Content-Length: 20\r\n\r\n{"],
    ["in chunks", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]
  ]) {
    it.scopedLive(`${name} that does not arrive in time is refused with 408, and the connection ends`, () =>
      Effect.gen(function* () {
        const port = yield* servedPort({ limits: { bodyTimeout: "50 millis" } })
        const { closed, send } = yield* raw(port)
        send(`POST /agents HTTP/1.1\r\nHost: localhost\r\nX-Auth-Key: ${KEY}\r\nContent-Type: application/json\r\n`)
        send(framing ?? "")
        const text = yield* closed
        expect(text).toMatch(/^HTTP\/1\.1 408 /)
        expect(text).toContain('"BODY_TIMEOUT"')
        expect((yield* ask(port, "/agents", createAgent())).status).toBe(201)
      })
    )
  }
})

describe("headers", () => {
  it.scopedLive("that are too large are refused with 431", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      for (const bomb of [`X-Bomb: ${"a".repeat(20_000)}\r\n`, "X-Bomb: a\r\n".repeat(3000)]) {
        const { closed, send } = yield* raw(port)
        send(`GET /agents HTTP/1.1\r\nHost: localhost\r\nX-Auth-Key: ${KEY}\r\n${bomb}\r\n`)
        const text = yield* closed
        expect(text).toMatch(/^HTTP\/1\.1 431 /)
        expect(text).toContain('"HEADERS_TOO_LARGE"')
      }
      expect((yield* ask(port, "/health")).status).toBe(200)
    })
  )

  it.scopedLive("that are too large for the app are refused where the listener takes them", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({ limits: { headerSize: 500 } })
      expect(wrong(yield* ask(port, "/health", { headers: { "x-bomb": "a".repeat(500) } }))).toEqual([
        431,
        "HEADERS_TOO_LARGE"
      ])
    })
  )

  it.scopedLive("that do not arrive in time are refused with 408", () =>
    Effect.gen(function* () {
      const port = yield* servedPort({}, { headersTimeout: "50 millis" })
      const { closed, send } = yield* raw(port)
      send("GET /health HTTP/1.1\r\nHost: local")
      const text = yield* closed
      expect(text).toMatch(/^HTTP\/1\.1 408 /)
      expect(text).toContain('"REQUEST_TIMEOUT"')
    })
  )

  it.scopedLive("that are not HTTP are refused with 400", () =>
    Effect.gen(function* () {
      const port = yield* servedPort()
      const { closed, send } = yield* raw(port)
      send("\u0016\u0003\u0001 this is TLS\r\n\r\n")
      const text = yield* closed
      expect(text).toMatch(/^HTTP\/1\.1 400 /)
      expect(text).toContain('"BAD_REQUEST"')
    })
  )
})

describe("the limits of the options", () => {
  it.effect("have the defaults that docs/serving.md names", () =>
    Effect.gen(function* () {
      const { bodyTimeout, ...numbers } = yield* limitsOf({})
      expect(Duration.toSeconds(bodyTimeout)).toBe(60)
      expect(numbers).toEqual({ requests: 256, streams: 64, modelCalls: 16, headerSize: 16_384, maxBodyDepth: 64 })
    })
  )

  it.scoped("are checked", () =>
    Effect.gen(function* () {
      const message = (options: Partial<Server.Options>) =>
        Effect.map(Effect.flip(servedPort(options)), ({ message }) => message)
      expect(yield* message({ limits: { requests: 0 } })).toContain("limits.requests must be a whole number from 1")
      expect(yield* message({ limits: { bodyTimeout: "soon" as "1 second" } })).toContain("limits.bodyTimeout must be")
      const misspelt: object = { limits: { stream: 1 } }
      expect(yield* message(misspelt)).toContain("Did you mean `streams`?")
      const unknown: object = { allowHosts: [] }
      expect(yield* message(unknown)).toContain("allowHosts")
    })
  )
})
