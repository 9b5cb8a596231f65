/** The tools of a server of the official SDK, over stdio and over HTTP, as tools of a run. */
import { inspect } from "node:util"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Embedded } from "../../src/embedded.js"
import { Julep, tool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import * as McpTools from "../../src/mcp/McpTools.js"
import { promptServer } from "../support/httpServer.js"
import { officialHttp } from "../support/mcpOfficialHttp.js"
import { embedded } from "../support/modes.js"
import { programFile } from "../support/programs.js"
import { lastRequest, requests, scene, turnsOf } from "../support/turns.js"

const program = programFile("test/support/mcpOfficial")
const stdio: McpTools.StdioServer = { command: process.execPath, args: [program, "stdio"] }

/** A run of calls of these tools, one after the other, and what the model read of each. */
const results = (tools: McpTools.McpToolSet, ...calls: ReadonlyArray<readonly [name: string, args?: object]>) =>
  Effect.gen(function* () {
    const { julep, session } = yield* scene()
    yield* julep.sessions.run(session.id, "Go", { tools })
    return turnsOf(yield* lastRequest).flatMap((message) => (message.role === "tool" ? [message.content] : []))
  }).pipe(
    Effect.provide(
      embedded((_, index) =>
        index === 0
          ? Scripted.toolCalls(
              calls.map(([name, args = {}], id) => ({ id: String(id), name, arguments: JSON.stringify(args) }))
            )
          : Scripted.reply("Done")
      )
    )
  )

const servers = [
  ["stdio", Effect.succeed(stdio)],
  [
    "HTTP",
    Effect.map(officialHttp(), ({ url }) => ({ url, headers: { authorization: Redacted.make("Bearer secret") } }))
  ]
] as const

describe.each(servers)("the tools of an MCP server over %s", (_, server) => {
  it.scoped(
    "are offered to the model as the server describes them, and their results are texts",
    () =>
      Effect.gen(function* () {
        const tools = yield* McpTools.connect(yield* server)
        expect(yield* results(tools, ["add", { a: 1, b: 2 }], ["picture"], ["nothing"], ["fails"], ["throws"])).toEqual(
          [
            '{"sum":3}',
            "Here it is\n[image of type image/png, which cannot be shown here]\ninside\n" +
              "[resource of type application/zip, which cannot be shown here]\n[resource b: file:///b.txt]",
            "The tool returned nothing.",
            "The tool failed: out of ink",
            "The tool failed: broken"
          ]
        )
      }),
    60_000
  )

  it.scoped(
    "answer arguments that do not fit in words",
    () =>
      Effect.gen(function* () {
        const tools = yield* McpTools.connect(yield* server)
        expect(yield* results(tools, ["add", { a: "one" }])).toEqual([
          expect.stringMatching(/^The tool failed: .*add/s)
        ])
      }),
    60_000
  )
})

describe("the options of McpTools", () => {
  it.scoped("filter, prefix and approve tools by what the server says of them", () =>
    Effect.gen(function* () {
      const { url } = yield* officialHttp()
      const tools = yield* McpTools.connect(
        { url },
        {
          prefix: "ink_",
          filter: ({ name }) => name === "add" || name === "fails",
          needsApproval: ({ annotations }) => annotations?.destructiveHint === true
        }
      )
      const { julep, session } = yield* scene()
      const own = tool({ description: "Of the program", execute: () => Effect.succeed("own") })
      const run = yield* julep.sessions.run(session.id, "Go", { tools: { ...tools, add: own } })
      expect(run).toMatchObject({ status: "suspended", calls: [{ name: "ink_fails" }] })
      const [request] = yield* requests
      expect(request?.tools).toMatchObject([
        { name: "ink_add", description: "Adds two numbers", parameters: { required: ["a", "b"] } },
        { name: "ink_fails" },
        { name: "add", description: "Of the program" }
      ])
    }).pipe(Effect.provide(embedded(() => Scripted.toolCall("ink_fails", {}))))
  )

  it.scoped("send headers, and keep secrets out of errors", () =>
    Effect.gen(function* () {
      const { heard, url } = yield* officialHttp()
      yield* McpTools.connect({ url, headers: { authorization: Redacted.make("Bearer secret") } })
      expect(new Set(heard)).toEqual(new Set(["Bearer secret"]))
      const nobody = "http://127.0.0.1:1/mcp?key=k"
      const headers = { authorization: "Bearer secret" }
      for (const url of [nobody, nobody.replace("127", "user:pass@127")]) {
        const failure = yield* Effect.flip(McpTools.connect({ url, headers }))
        expect(failure).toMatchObject({ _tag: "McpError", reason: "connection", server: "http://127.0.0.1:1/mcp" })
        expect(`${failure.message} ${inspect(failure)}`).not.toMatch(/secret|pass|key=/)
      }
    })
  )

  it.scoped("give a process its own variables and none of this program's keys", () =>
    Effect.gen(function* () {
      process.env["MCP_TEST_KEY"] = "secret"
      yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env["MCP_TEST_KEY"]))
      const tools = yield* McpTools.connect({ ...stdio, env: { OWN: Redacted.make("1") } })
      const [names = ""] = yield* results(tools, ["environment"])
      expect(String(names).split(" ")).toEqual(expect.arrayContaining(["OWN", "PATH"]))
      expect(names).not.toMatch("MCP_TEST_KEY")
    })
  )
})

describe("a failing MCP server", () => {
  it.scoped("is a typed failure: no such program", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(McpTools.connect({ command: "no-such-program-17" }))
      expect(failure).toMatchObject({ _tag: "McpError", reason: "connection", server: "no-such-program-17" })
      expect(failure.message).toMatch(/ENOENT/)
    })
  )

  it.scoped("is a typed failure: an address without a URL, and a server of something else", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(McpTools.connect({ url: "nowhere" }))).toMatchObject({ reason: "connection" })
      // The paths of a server of something else.
      const responses: Record<string, () => Response> = {
        "/text": () => new Response("hello"),
        "/broken": () => new Response("hello", { headers: { "content-type": "application/json" } }),
        "/json": () => Response.json({}),
        "/closed": () => new Response("", { status: 401 })
      }
      const app = HttpApp.fromWebHandler(
        async (request) => responses[new URL(request.url).pathname]?.() ?? new Response("", { status: 404 })
      )
      const context = yield* Layer.build(
        HttpServer.serve(app).pipe(
          Layer.provideMerge(NodeHttpServer.layer(promptServer, { host: "127.0.0.1", port: 0 }))
        )
      )
      const { address } = yield* Effect.provide(HttpServer.HttpServer, context)
      const origin = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}`
      const failureOf = (path: string) => Effect.flip(McpTools.connect({ url: `${origin}${path}?key=k` }))
      for (const [path, reason] of [
        ["/broken", "protocol"],
        ["/json", "protocol"],
        ["/text", "connection"],
        ["/closed", "connection"],
        ["/none", "connection"]
      ] as const) {
        const { message, ...failure } = yield* failureOf(path)
        expect(failure).toMatchObject({ _tag: "McpError", reason, server: `${origin}${path}` })
        expect(message).toMatch(/^The connection failed on the MCP server \S+: .{5,150}$/)
        expect(message).not.toMatch("key=")
      }
    })
  )

  it.scoped(
    "fails the run, typed, when the connection is lost",
    () =>
      Effect.gen(function* () {
        const tools = yield* McpTools.connect(stdio)
        const failure = yield* Effect.flip(results(tools, ["die"]))
        expect(failure).toMatchObject({ _tag: "McpError", reason: "connection" })
        expect(yield* Effect.flip(results(tools, ["nothing"]))).toMatchObject({
          _tag: "McpError",
          reason: "connection"
        })
      }),
    60_000
  )

  it.scoped("fails the run, typed, when a call takes too long", () =>
    Effect.gen(function* () {
      const { url } = yield* officialHttp()
      const tools = yield* McpTools.connect({ url }, { timeout: "300 millis" })
      expect(yield* Effect.flip(results(tools, ["wait"]))).toMatchObject({ _tag: "McpError", reason: "timeout" })
    })
  )

  it.scoped(
    "is stopped with the scope, and its calls are cancelled with the run",
    () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const tools = yield* Scope.extend(McpTools.connect(stdio), scope)
        const events = Effect.flatMap(Effect.orDie(Effect.fromNullable(tools["events"])), ({ prepare }) =>
          Effect.flatMap(prepare({ id: "1", name: "events", arguments: {} }), ({ run }) => run)
        )
        const until = (event: string) => Effect.repeat(events, { until: (all) => String(all).includes(event) })
        const run = yield* Effect.fork(results(tools, ["wait"]))
        yield* until("waits")
        yield* Fiber.interrupt(run)
        expect(yield* until("cancelled")).toBe("waits cancelled")
        yield* Scope.close(scope, Exit.void)
        expect(yield* Effect.flip(results(tools, ["nothing"]))).toMatchObject({
          _tag: "McpError",
          reason: "connection"
        })
      }),
    60_000
  )
})

/** The client and the requests of others reach one engine. */
const model = Scripted.layer(() => Scripted.reply("ok"))
const engine = Layer.merge(Julep.layer({ apiKey: "none", baseUrl: Embedded.ORIGIN }), model).pipe(
  Layer.provideMerge(Layer.provide(Embedded.layerHttpClient({ storage: "memory", model }), FetchHttpClient.layer))
)

describe("an MCP server that a request or an agent names", () => {
  it.scoped("is refused or ignored: nothing is stored, started or reached", () =>
    Effect.gen(function* () {
      const { heard, url } = yield* officialHttp()
      const { agent, julep, session } = yield* scene()
      const client = yield* HttpClient.HttpClient
      const post = (path: string, body: object) =>
        Effect.map(
          Effect.flatMap(
            HttpClientRequest.bodyJson(HttpClientRequest.post(`${Embedded.ORIGIN}${path}`), body),
            client.execute
          ),
          ({ status }) => status
        )
      const named = { type: "mcp", server_url: url, server: { url }, mcp: { command: "touch", args: ["x"] } }
      const messages = [{ role: "user", content: "Go" }]
      expect(yield* post(`/agents/${agent.id}/tools`, named)).toBe(422)
      expect(yield* post("/agents", { name: "Eve", tools: [named] })).toBe(422)
      expect(yield* post(`/sessions/${session.id}/chat`, { messages, tools: [named] })).toBe(422)
      const ignored = { mcp_servers: [named], mcp: named }
      expect(yield* post(`/sessions/${session.id}/chat`, { messages, ...ignored })).toBe(200)
      expect(yield* post("/agents", { name: "Eve", ...ignored })).toBe(201)
      expect(heard).toEqual([])

      // The tools of a run are of the run alone.
      yield* julep.sessions.run(session.id, "Go", { tools: yield* McpTools.connect({ url }) })
      expect((yield* lastRequest).tools.length).toBeGreaterThan(0)
      expect(yield* julep.tools.list(agent.id)).toEqual([])
      const stored = JSON.stringify([yield* julep.agents.get(agent.id), yield* julep.sessions.get(session.id)])
      expect(stored).not.toContain(url)
      yield* julep.sessions.chat(session.id, "Again")
      expect((yield* lastRequest).tools).toEqual([])
    }).pipe(Effect.provide(engine))
  )
})
