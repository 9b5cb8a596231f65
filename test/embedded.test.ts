import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { Embedded } from "../src/embedded.js"
import { eventsOf } from "../src/engine/ports/Model.js"
import { Julep, messageText } from "../src/index.js"
import type * as Scripted from "../src/layers/Scripted.js"
import { layerMemory } from "../src/testing/index.js"
import { joinAfter } from "./support/latches.js"
import { stub } from "./support/stubClient.js"
import { chat, modelReply, scene } from "./support/turns.js"

/** A new folder, removed with the scope. */
const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "julep-embedded-"))),
  (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
)

const silent = Logger.replace(Logger.defaultLogger, Logger.none)
const on = (file: string) => Layer.provide(Embedded.layer({ storage: { file }, model: "offline" }), silent)

/** The lines that are logged while an effect runs. */
const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => lines.push(String(message)))
  return Effect.map(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), (value) => ({ lines, value }))
}

const names = Effect.flatMap(Julep, ({ agents }) => Effect.map(agents.list(), (all) => all.map(({ name }) => name)))
const create = (name: string) => Effect.flatMap(Julep, ({ agents }) => agents.create({ name }))
const environment = (variables: Readonly<Record<string, string>>) =>
  Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

describe("a file", () => {
  it.scopedLive("keeps its rows when the layer closes and opens again", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "deep", "er", "julep.db")
      const first = yield* Effect.gen(function* () {
        const { julep, session, agent } = yield* scene({
          agent: { docs: [{ title: "T", content: "Tea is at four." }] }
        })
        yield* chat(session.id, "When is tea?")
        return { agent: yield* julep.agents.get(agent.id), history: yield* julep.sessions.history(session.id), session }
      }).pipe(Effect.provide(on(file)))
      yield* Effect.gen(function* () {
        const { agents, sessions } = yield* Julep
        expect(yield* agents.get(first.agent.id)).toEqual(first.agent)
        expect(yield* sessions.history(first.session.id)).toEqual(first.history)
        const reply = yield* chat(first.session.id, "When is tea?")
        expect(reply.doc_ids?.agent_doc_ids).toHaveLength(1)
      }).pipe(Effect.provide(on(file)))
    })
  )

  it.scopedLive("is one store, however many layers of a process are on it and by whatever path", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const file = path.join(home, "julep.db")
      fs.symlinkSync(home, path.join(home, "link"))
      const one = yield* Layer.build(on(file))
      const two = yield* Layer.build(on(path.join(home, "link", "julep.db")))
      yield* Effect.provide(create("by one"), one)
      yield* Effect.provide(create("by two"), two)
      expect(yield* Effect.provide(names, one)).toEqual(["by two", "by one"])
      expect(yield* Effect.provide(names, two)).toEqual(["by two", "by one"])
      yield* Effect.scoped(Effect.provide(create("by three"), on(file)))
      expect(yield* Effect.provide(names, one)).toEqual(["by three", "by two", "by one"])
    })
  )

  it.scopedLive(
    "that is not a database, or is a folder, is StorageOpenError, which names it, and is left as it was",
    () =>
      Effect.gen(function* () {
        const home = yield* folder
        const file = path.join(home, "notes.db")
        const text = "These are my notes, not a database. ".repeat(200)
        fs.writeFileSync(file, text)
        const failed = yield* Effect.flip(Effect.scoped(Layer.build(on(file))))
        expect(failed).toMatchObject({ _tag: "StorageOpenError", file, reason: "not-a-database" })
        expect(failed.message).toContain(file)
        expect(fs.readFileSync(file, "utf8")).toBe(text)
        expect(yield* Effect.flip(Effect.scoped(Layer.build(on(home))))).toMatchObject({ _tag: "StorageOpenError" })
      })
  )

  it.scopedLive("that was cut short is StorageOpenError", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "julep.db")
      yield* Effect.provide(create("Ada"), on(file))
      fs.truncateSync(file, 5000)
      const failed = yield* Effect.flip(Effect.scoped(Layer.build(on(file))))
      expect(failed).toMatchObject({ _tag: "StorageOpenError", file, reason: "corrupt" })
    })
  )

  it.scopedLive("is named in the log once, by its absolute path", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "julep.db")
      const relative = path.relative(process.cwd(), file)
      const layer = Embedded.layer({ storage: { file: relative }, model: "offline" })
      const { lines } = yield* logged(Effect.provide(create("Ada"), layer))
      expect(lines.filter((line) => line.includes(file))).toHaveLength(1)
    })
  )
})

describe("the environment", () => {
  it.scopedLive("JULEP_DATABASE_URL names the store: a path or a file: URL", () =>
    Effect.gen(function* () {
      const home = yield* folder
      for (const [index, url] of ["a.db", "file:b.db", "c d.db"].entries()) {
        const scheme = url.startsWith("file:")
        const file = path.join(home, scheme ? url.slice("file:".length) : url)
        const value = scheme ? (index % 2 === 0 ? `file:${file}` : `file://${file}`) : file
        const layer = Layer.provide(Embedded.layer({ model: "offline" }), [
          environment({ JULEP_DATABASE_URL: value }),
          silent
        ])
        yield* Effect.provide(create(url), layer)
        expect([value, fs.existsSync(file)]).toEqual([value, true])
        expect(yield* Effect.provide(names, on(file))).toEqual([url])
      }
    })
  )

  it.scopedLive(
    "a store that this release does not have is JulepConfigError, and names the variable but not what it holds",
    () =>
      Effect.gen(function* () {
        for (const url of ["mysql://user:hunter2@db/julep", "libsql://x.turso.io"]) {
          const layer = Layer.provide(Embedded.layer({ model: "offline" }), [
            environment({ JULEP_DATABASE_URL: url }),
            silent
          ])
          const failed = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
          expect([url, failed._tag]).toEqual([url, "JulepConfigError"])
          expect(failed.message).toContain("JULEP_DATABASE_URL")
          expect(failed.message).not.toContain("hunter2")
        }
      })
  )

  /** One turn of an engine on a new file under an environment: what went out, and what was logged. */
  const turnUnder = (variables: Readonly<Record<string, string>>, options: Embedded.Options = {}, model?: string) =>
    Effect.gen(function* () {
      const http = stub({ body: { id: "c", choices: [{ message: { role: "assistant", content: "from outside" } }] } })
      const file = path.join(yield* folder, "julep.db")
      const layer = Layer.provide(Embedded.layer({ storage: { file }, ...options }), [
        environment(variables),
        Layer.succeed(Embedded.Outbound, http.client)
      ])
      const { lines, value } = yield* logged(
        Effect.gen(function* () {
          const { session } = yield* scene({
            agent: { default_settings: { min_p: 0.1 }, ...(model === undefined ? {} : { model }) }
          })
          return messageText(yield* chat(session.id, "Hello"))
        }).pipe(Effect.provide(layer))
      )
      return { lines, requests: http.requests, said: value }
    }).pipe(Effect.scoped)

  it.live("MODEL_INFERENCE_URL chooses the endpoint, with its key, name and the hosted models' settings", () =>
    Effect.gen(function* () {
      const variables = {
        MODEL_INFERENCE_URL: "http://llm.test:9/v1/",
        MODEL_API_KEY: "model-key",
        MODEL_NAME: "mine",
        OPENAI_API_KEY: "sk-not-this-one"
      }
      const { lines, requests, said } = yield* turnUnder(variables)
      expect(said).toBe("from outside")
      expect(requests).toHaveLength(1)
      expect(requests[0]).toMatchObject({
        url: new URL("http://llm.test:9/v1/chat/completions"),
        headers: { authorization: "Bearer model-key" },
        body: { model: "mine", min_p: 0.1 }
      })
      expect(lines.join()).not.toMatch(/model-key|sk-not/)
      const own = yield* turnUnder(variables, {}, "the-agent's")
      expect(own.requests[0]?.body).toMatchObject({ model: "the-agent's" })
    })
  )

  it.live("MODEL_NAME stands in for the hosted names, wherever the endpoint is named", () =>
    Effect.gen(function* () {
      const url = "http://llm.test:9/v1"
      const under = (options: Embedded.Options, variables: Readonly<Record<string, string>> = { MODEL_NAME: "mine" }) =>
        Effect.map(turnUnder(variables, options), ({ lines, requests }) => ({
          model: Object(requests[0]?.body).model,
          warnings: lines.filter((line) => line.includes("MODEL_NAME"))
        }))
      expect(yield* under({ model: { url } })).toEqual({ model: "mine", warnings: [] })
      expect(yield* under({ model: { url, name: "its own" } })).toEqual({ model: "its own", warnings: [] })
      expect(yield* under({ model: { url, name: "its own" }, name: "option" })).toMatchObject({ model: "option" })
      expect(yield* under({ name: "option" }, { MODEL_INFERENCE_URL: url, MODEL_NAME: "mine" })).toMatchObject({
        model: "option"
      })
      // No endpoint but Julep's own has this model: the log says so before the first chat fails.
      const nameless = yield* under({ model: { url } }, {})
      expect(nameless).toMatchObject({
        model: "julep-ai/samantha-1-turbo",
        warnings: [expect.stringContaining("llm.test:9")]
      })
    })
  )

  it.live("OPENAI_API_KEY alone chooses OpenAI, and the log names host and model, never the key", () =>
    Effect.gen(function* () {
      const { lines, requests } = yield* turnUnder({ OPENAI_API_KEY: "sk-ambient" })
      expect(requests[0]).toMatchObject({
        url: new URL("https://api.openai.com/v1/chat/completions"),
        headers: { authorization: "Bearer sk-ambient" },
        body: { model: "gpt-4o-mini" }
      })
      expect(requests[0]?.body).not.toHaveProperty("min_p")
      const notices = lines.filter((line) => line.includes("api.openai.com"))
      expect(notices).toHaveLength(1)
      expect(notices[0]).toContain("gpt-4o-mini")
      expect(lines.join()).not.toContain("sk-ambient")
      const named = yield* turnUnder({ OPENAI_API_KEY: "sk-ambient", MODEL_NAME: "gpt-mine" })
      expect(named.requests[0]?.body).toMatchObject({ model: "gpt-mine" })
      const given = yield* turnUnder({ OPENAI_API_KEY: "sk-ambient", MODEL_NAME: "gpt-mine" }, { name: "option" })
      expect(given.requests[0]?.body).toMatchObject({ model: "option" })
    })
  )

  it.live(
    "a key goes where its owner says alone: OPENAI_API_KEY to OPENAI_BASE_URL, MODEL_API_KEY to MODEL_INFERENCE_URL",
    () =>
      Effect.gen(function* () {
        const openAi = { OPENAI_API_KEY: "sk-open", OPENAI_BASE_URL: "http://gateway.test/v1/" }
        const own = { MODEL_API_KEY: "model-key", MODEL_INFERENCE_URL: "http://llm.test/v1" }
        const cases: ReadonlyArray<readonly [Record<string, string>, Embedded.Options, string, string | undefined]> = [
          [openAi, {}, "gateway.test", "Bearer sk-open"],
          [{ OPENAI_BASE_URL: openAi.OPENAI_BASE_URL }, {}, "gateway.test", undefined],
          [{ ...openAi, MODEL_API_KEY: own.MODEL_API_KEY }, {}, "gateway.test", "Bearer sk-open"],
          [{ ...openAi, ...own }, {}, "llm.test", "Bearer model-key"],
          [{ ...openAi, MODEL_INFERENCE_URL: own.MODEL_INFERENCE_URL }, {}, "llm.test", undefined],
          [{ ...openAi, ...own }, { model: { url: "http://mine.test/v1" } }, "mine.test", undefined]
        ]
        for (const [variables, options, host, authorization] of cases) {
          const { lines, requests } = yield* turnUnder(variables, options)
          expect(requests.map(({ url }) => url.host)).toEqual([host])
          expect(requests[0]?.headers["authorization"]).toBe(authorization)
          expect(lines.join()).not.toMatch(/model-key|sk-open/)
        }
      })
  )

  it.live("nothing, a blank key and an explicit choice send nothing out; the offline model says once what it is", () =>
    Effect.gen(function* () {
      const quiet = [
        yield* turnUnder({}),
        yield* turnUnder({ OPENAI_API_KEY: "  " }),
        yield* turnUnder({ OPENAI_API_KEY: "sk", MODEL_INFERENCE_URL: "http://llm.test/v1" }, { model: "offline" })
      ]
      for (const { lines, requests, said } of quiet) {
        expect(requests).toEqual([])
        expect(said).not.toBe("")
        expect(lines.filter((line) => /offline/i.test(line))).toHaveLength(1)
      }
    })
  )

  it.live("a malformed URL of a model is JulepConfigError", () =>
    Effect.gen(function* () {
      for (const url of ["llm.test/v1", "ftp://llm.test"]) {
        const failed = yield* Effect.flip(turnUnder({ MODEL_INFERENCE_URL: url }))
        expect(failed).toMatchObject({ _tag: "JulepConfigError", message: expect.stringContaining(url) })
      }
    })
  )

  it.live("an engine in memory and the test kit read none of it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const base = ConfigProvider.fromMap(new Map([["MODEL_INFERENCE_URL", "http://llm.test/v1"]]))
      const spy = ConfigProvider.make({
        load: (config) => {
          seen.push(String(config))
          return base.load(config)
        },
        flattened: base.flattened
      })
      const http = stub([])
      const under = [Layer.setConfigProvider(spy), Layer.succeed(Embedded.Outbound, http.client), silent] as const
      for (const layer of [Embedded.layerMemory(), Embedded.layer({ storage: "memory" }), layerMemory()]) {
        yield* Effect.gen(function* () {
          const { session } = yield* scene()
          yield* chat(session.id, "Hello")
        }).pipe(Effect.provide(Layer.provide(layer, under)))
      }
      expect(seen).toEqual([])
      expect(http.requests).toEqual([])
    })
  )
})

describe("for a developer", () => {
  const one = "8F9A3C52-1f0e-4b7d-9c61-2d5e8a7b4c10"
  const other = "0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70"

  it.scopedLive("clients of one file see nothing of each other, and a call's own header wins", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "julep.db")
      const as = (developer?: string) =>
        Layer.provide(Embedded.layer({ storage: { file }, model: "offline", developer }), silent)
      const { id } = yield* Effect.provide(create("Ada"), as(one))
      yield* Effect.provide(create("Eve"), as(other))
      expect(yield* Effect.provide(names, as(one.toLowerCase()))).toEqual(["Ada"])
      expect(yield* Effect.provide(names, as(other))).toEqual(["Eve"])
      expect(yield* Effect.provide(names, as())).toEqual([])
      const foreign = Effect.flatMap(Julep, ({ agents }) => agents.get(id))
      expect(yield* Effect.flip(Effect.provide(foreign, as(other)))).toMatchObject({ _tag: "NotFound" })
      const headers = { "X-Developer-Id": one }
      expect(yield* names.pipe(Julep.withOptions({ headers }), Effect.provide(as(other)))).toEqual(["Ada"])
    })
  )

  it.scopedLive("clients of one engine see nothing of each other", () =>
    Effect.gen(function* () {
      yield* Effect.provide(create("Ada"), Embedded.layerClient({ developer: one }))
      yield* Effect.provide(create("Eve"), Embedded.layerClient({ developer: other }))
      expect(yield* Effect.provide(names, Embedded.layerClient({ developer: one }))).toEqual(["Ada"])
      expect(yield* Effect.provide(names, Embedded.layerClient({ developer: other }))).toEqual(["Eve"])
      expect(yield* Effect.provide(names, Embedded.layerClient())).toEqual([])
    }).pipe(Effect.provide(Layer.provide(Embedded.layerApp({ storage: "memory", model: "offline" }), silent)))
  )

  it.effect("a developer that is not a UUID is JulepConfigError", () =>
    Effect.gen(function* () {
      for (const developer of ["acme", "", "8f9a3c52"]) {
        const error = yield* Effect.flip(Effect.provide(Julep, Embedded.layerMemory({ developer })))
        expect(error).toMatchObject({ _tag: "JulepConfigError", message: expect.stringContaining(`"${developer}"`) })
      }
    })
  )
})

describe("in process", () => {
  it.effect("the caller's clock is the engine's", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("30 days")
      const { agents } = yield* Julep
      const { created_at, id } = yield* agents.create({ name: "Ada" })
      expect(created_at).toEqual(new Date(30 * 86_400_000))
      yield* TestClock.adjust("1 hour")
      expect((yield* agents.update(id, {})).updated_at).toEqual(new Date(30 * 86_400_000 + 3_600_000))
    }).pipe(Effect.provide(layerMemory()))
  )

  it.effect("the caller's tracer sees the whole call as one trace, and the caller's fiber refs reach the model", () =>
    Effect.gen(function* () {
      const ref = FiberRef.unsafeMake("unset")
      const spans: Array<Tracer.Span> = []
      const base = yield* Effect.tracer
      const tracer = Tracer.make({
        context: (run, fiber) => base.context(run, fiber),
        span: (...args) => {
          const span = base.span(...args)
          spans.push(span)
          return span
        }
      })
      const step: Scripted.Step = () =>
        Effect.map(FiberRef.get(ref), modelReply).pipe(Effect.withSpan("the model's own"))
      const said = yield* Effect.gen(function* () {
        const { session } = yield* scene()
        return messageText(yield* chat(session.id, "a private word"))
      }).pipe(
        Effect.withSpan("the caller's"),
        Effect.withTracer(tracer),
        Effect.locally(ref, "set by the caller"),
        Effect.provide(layerMemory({ script: [step] }))
      )
      expect(said).toBe("set by the caller")
      const all = spans.map(({ name }) => name).join()
      for (const name of [/the caller's/, /agents\.create/i, /sessions\.chat/i, /the model's own/])
        expect(all).toMatch(name)
      expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
      // The span of the method and those of the engine name the session alike.
      const ofSession = spans.filter(({ name }) => /^(Julep\.sessions\.chat|chat\.\w+)$/.test(name))
      expect(ofSession).toHaveLength(5)
      expect(new Set(ofSession.map(({ attributes }) => attributes.get("julep.session_id"))).size).toBe(1)
      // Spans carry ids, never what was said.
      expect(JSON.stringify(spans.map(({ attributes }) => [...attributes]))).not.toContain("a private word")
    })
  )

  it.effect("layerHttpClient answers its own origin and passes every other on", () =>
    Effect.gen(function* () {
      const outside = stub({ status: 418, body: "tea" })
      yield* Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        const inside = yield* client.get(`${Embedded.ORIGIN}/agents`)
        expect([inside.status, yield* inside.json]).toEqual([200, { items: [] }])
        const other = yield* client.get("https://other.test/agents?x=1")
        expect([other.status, yield* other.text]).toEqual([418, "tea"])
        expect(outside.requests.map(({ url }) => url.href)).toEqual(["https://other.test/agents?x=1"])
        for (const url of ["https://embedded.julep/agents", "http://embedded.julep:81/agents"]) {
          expect((yield* client.get(url)).status).toBe(418)
        }
      }).pipe(
        Effect.provide(Layer.provide(Embedded.layerHttpClient({ storage: "memory", model: "offline" }), outside.layer))
      )
    })
  )

  it.effect("layerHttpClient reads the text of a streamed response", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const post = (path: string, body: object) =>
        client.execute(HttpClientRequest.post(`${Embedded.ORIGIN}${path}`).pipe(HttpClientRequest.bodyUnsafeJson(body)))
      const json = { model: "offline", messages: [{ role: "user", content: "Hello" }], stream: true }
      const streamed = yield* post("/v1/chat/completions", json)
      expect(yield* streamed.text).toMatch(/^data: \{[\s\S]*data: \[DONE\]\n\n$/)
    }).pipe(
      Effect.provide(Embedded.layerHttpClient({ storage: "memory", model: "offline" })),
      Effect.provide(stub([]).layer)
    )
  )

  it.live("the offline model opens no socket", () =>
    Effect.gen(function* () {
      const opened: Array<string> = []
      const connect = net.Socket.prototype.connect
      const fetch = globalThis.fetch
      yield* Effect.acquireUseRelease(
        Effect.sync(() => {
          net.Socket.prototype.connect = () => {
            opened.push("connect")
            throw new Error("a socket")
          }
          globalThis.fetch = () => {
            opened.push("fetch")
            return Promise.reject(new Error("fetch"))
          }
        }),
        () =>
          Effect.gen(function* () {
            const { agent, julep, session } = yield* scene({
              agent: { docs: [{ title: "Tea", content: "Tea is at four." }] }
            })
            expect(messageText(yield* chat(session.id, "When is tea?"))).toContain("four")
            yield* julep.chat.completions.create({ messages: [{ role: "user", content: "Hello" }] })
            yield* julep.agents.delete(agent.id)
          }).pipe(Effect.provide(Layer.provide(Embedded.layerMemory(), silent))),
        () =>
          Effect.sync(() => {
            net.Socket.prototype.connect = connect
            globalThis.fetch = fetch
          })
      )
      expect(opened).toEqual([])
    })
  )
})

describe("time", () => {
  const slow: Embedded.Model["Type"] = {
    instructable: false,
    complete: () => Effect.delay(Effect.succeed(modelReply("At four.")), "10 minutes"),
    stream: () => Stream.die("nothing streams here"),
    list: Effect.succeed(["slow"])
  }

  it.effect("a call takes as long as its model, unless it is given a timeout", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const ask = julep.sessions.chat(session.id, { messages: [{ role: "user", content: "When is tea?" }] })
      const patient = yield* Effect.fork(ask)
      yield* TestClock.adjust("10 minutes")
      expect(messageText(yield* Fiber.join(patient))).toBe("At four.")
      const hasty = yield* Effect.fork(Effect.flip(Julep.withOptions({ timeout: "1 minute" })(ask)))
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(hasty)).toMatchObject({ _tag: "TimeoutError", phase: "total" })
    }).pipe(Effect.provide(Layer.provide(Embedded.layerMemory({ model: Layer.succeed(Embedded.Model, slow) }), silent)))
  )
})

describe("options", () => {
  it.live("messageNames: messages are sent with their names, and rendered so; by default without", () =>
    Effect.gen(function* () {
      const messages = [{ role: "user", name: "Sam", content: "Hello" }] as const
      for (const messageNames of [undefined, true]) {
        const http = stub({ body: { choices: [{ message: { role: "assistant", content: "Hi." } }] } })
        const model = { url: "http://llm.test/v1", name: "m", messageNames }
        const rendered = yield* Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const rendering = yield* julep.sessions.render(session.id, { messages })
          yield* julep.sessions.chat(session.id, { messages })
          return rendering.messages
        }).pipe(
          Effect.provide(
            Layer.provide(Embedded.layerMemory({ model }), [silent, Layer.succeed(Embedded.Outbound, http.client)])
          )
        )
        const sent = Object(http.requests[0]?.body).messages
        expect(sent.at(-1)).toEqual({ role: "user", content: "Hello", ...(messageNames ? { name: "Sam" } : {}) })
        expect(rendered).toEqual(sent)
      }
    })
  )

  it.effect("memoryLifetime: a memory that is not recalled for that long is deleted", () =>
    Effect.gen(function* () {
      const { agent, julep, session } = yield* scene({ user: { name: "Sam" } })
      const memories = Effect.map(julep.memories.list({ agent_id: agent.id }), (all) =>
        all.map(({ content }) => content)
      )
      yield* chat(session.id, "I live in Lisbon. My boat is called Kestrel.")
      yield* TestClock.adjust("20 days")
      yield* chat(session.id, "What is my boat called?", { remember: false })
      yield* TestClock.adjust("20 days")
      expect(yield* memories).toEqual(["My boat is called Kestrel."])
      yield* TestClock.adjust("11 days")
      expect(yield* memories).toEqual([])
    }).pipe(
      Effect.provide(Layer.provide(Embedded.layerMemory({ model: "offline", memoryLifetime: "30 days" }), silent))
    )
  )

  it.effect("memoryLifetime: a memory is not recalled from that time on, and a statement of it is a new one", () =>
    Effect.gen(function* () {
      const { agent, julep, session } = yield* scene({ user: { name: "Sam" } })
      const memories = julep.memories.list({ agent_id: agent.id })
      const recalled = (text: string) =>
        Effect.map(chat(session.id, text, { remember: false }), ({ recalled }) => recalled?.memories.length)
      yield* chat(session.id, "My boat is called Kestrel.")
      const [first] = yield* memories
      yield* TestClock.adjust("30 days")
      yield* chat(session.id, "Good morning.", { remember: false })
      // A chat has just looked for expired memories.
      yield* TestClock.adjust("1 second")
      expect(yield* recalled("What is my boat called?")).toBe(0)
      yield* chat(session.id, "My boat is called Kestrel.")
      yield* TestClock.adjust("29 days")
      expect(yield* recalled("What is my boat called?")).toBe(1)
      const [second] = yield* memories
      expect(second).toMatchObject({ content: first?.content })
      expect(second?.id).not.toBe(first?.id)
    }).pipe(
      Effect.provide(Layer.provide(Embedded.layerMemory({ model: "offline", memoryLifetime: "30 days" }), silent))
    )
  )

  it.effect("streamOpening: the response to a streamed chat waits that long for the model's first event", () => {
    const slow: Embedded.Model["Type"] = {
      instructable: false,
      complete: () => Effect.die("nothing is asked for whole"),
      stream: () =>
        Stream.drain(Stream.fromEffect(Effect.sleep("20 seconds"))).pipe(
          Stream.concat(eventsOf(modelReply("At four.")))
        ),
      list: Effect.succeed(["slow"])
    }
    /** A streamed chat of a caller who waits 16 seconds for the response to begin. */
    const streamed = (streamOpening: Embedded.Options["streamOpening"]) =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const events = julep.sessions.chatStream(session.id, { messages: [{ role: "user", content: "When is tea?" }] })
        const reading = Effect.either(
          Julep.withOptions({ timeout: { headers: "16 seconds" } })(Stream.runCount(events))
        )
        return yield* Effect.flatMap(Effect.fork(reading), joinAfter("20 seconds"))
      }).pipe(
        Effect.provide(
          Layer.provide(Embedded.layerMemory({ model: Layer.succeed(Embedded.Model, slow), streamOpening }), silent)
        )
      )
    return Effect.gen(function* () {
      for (const opening of [undefined, "10 seconds", 0] as const) {
        expect([opening, Either.isRight(yield* streamed(opening))]).toEqual([opening, true])
      }
      const late = yield* Effect.flip(Effect.flatten(streamed("1 minute")))
      expect(late).toMatchObject({ _tag: "TimeoutError", phase: "headers" })
    })
  })

  it.live("summarization: however many short messages it takes to reach the threshold, they are folded", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const messages = Arr.makeBy(450, (index) => ({ role: "user" as const, content: `Ship ${index} is in.` }))
      const reply = yield* julep.sessions.chat(session.id, { messages })
      const [job] = reply.jobs
      const ended = yield* Effect.flatMap(Effect.fromNullable(job), (id) => julep.jobs.await(id))
      expect(ended).toMatchObject({ name: "summarize_session", state: "succeeded" })
      expect((yield* julep.sessions.get(session.id)).summary).toContain("Ship 100 is in.")
    }).pipe(
      Effect.provide(
        Layer.provide(
          Embedded.layerMemory({ model: "offline", contextWindow: 32_000, summarization: { threshold: 4500 } }),
          silent
        )
      )
    )
  )

  it.scopedLive("an invalid option is JulepConfigError", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<Embedded.Options> = [
        { summarization: { threshold: 0 } },
        { summarization: { threshold: 1.5 } },
        { suggestions: { turns: 0 } },
        { suggestions: { turns: 1.5 } },
        { jobConcurrency: 0 },
        { jobConcurrency: 1.5 },
        // Values that a caller without types could pass.
        { memoryLifetime: "soon" as "1 second" },
        { streamOpening: "soon" as "1 second" },
        { model: "gpt-4o" as "offline" }
      ]
      for (const options of wrong) {
        const failed = yield* Effect.flip(Effect.scoped(Layer.build(Embedded.layerMemory(options))))
        expect(failed._tag).toBe("JulepConfigError")
      }
      const layer = Layer.provide(
        Embedded.layer({ storage: { file: path.join(yield* folder, "julep.db") }, model: "offline" }),
        [environment({ SUMMARIZATION_TOKENS_THRESHOLD: "many" }), silent]
      )
      expect((yield* Effect.flip(Effect.scoped(Layer.build(layer)))).message).toContain(
        "SUMMARIZATION_TOKENS_THRESHOLD"
      )
      const store = Layer.provide(Embedded.layer({ storage: "julep.db" as "memory", model: "offline" }), silent)
      expect((yield* Effect.flip(Effect.scoped(Layer.build(store)))).message).toContain("storage")
    })
  )
})

describe("a model of the application", () => {
  const usage: Embedded.ModelUsage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  const streaming = (events: Stream.Stream<Embedded.ModelEvent, Embedded.ModelError>) =>
    Embedded.layerMemory({
      model: Layer.succeed(Embedded.Model, {
        instructable: false,
        complete: () => Effect.succeed({ content: "ok", tool_calls: [], finish_reason: "stop", usage }),
        stream: () => events,
        list: Effect.succeed([])
      })
    })

  it.effect("whose stream has no End fails, and the text so far is kept as a reply that broke off", () =>
    Effect.gen(function* () {
      const julep = yield* Julep
      const agent = yield* julep.agents.create({ name: "Ada" })
      const session = yield* julep.sessions.create({ agent_id: agent.id })
      const chat = julep.sessions.chatStream(session.id, { messages: [{ role: "user", content: "Hi" }] })
      const error = yield* Effect.flip(Stream.runDrain(chat))
      expect(error.message).toContain("without an End event")
      const history = yield* julep.sessions.history(session.id)
      expect(history.map(({ aborted, role }) => [role, aborted])).toEqual([
        ["user", false],
        ["assistant", true]
      ])
    }).pipe(Effect.provide(streaming(Stream.make({ _tag: "Text" as const, text: "Hel" }))))
  )

  it.effect("that fails for a reason of its own is an error of the model", () =>
    Effect.gen(function* () {
      const julep = yield* Julep
      const agent = yield* julep.agents.create({ name: "Ada" })
      const session = yield* julep.sessions.create({ agent_id: agent.id })
      const chat = julep.sessions.chatStream(session.id, { messages: [{ role: "user", content: "Hi" }] })
      expect(yield* Effect.flip(Stream.runDrain(chat))).toMatchObject({ _tag: "ServerError", status: 502 })
    }).pipe(
      Effect.provide(
        streaming(
          // A program without types may give any reason.
          Stream.fail(new Embedded.ModelError({ reason: "tired" as "unavailable", message: "Too tired" }))
        )
      )
    )
  )
})
