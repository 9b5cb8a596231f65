/**
 * An agent as an MCP server on HTTP, and its tools in the run of another agent.
 * `npx tsx examples/effect/mcp.ts`
 */
import { createServer } from "node:http"
import { HttpRouter, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Console, Effect, Layer, Redacted } from "effect"
import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { AgentServer, McpTools } from "effect-julep/mcp"

const key = Redacted.make("secret")

/** An agent that knows tea, on a free port of this computer. */
const teaServer = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { agents } = yield* Julep
    const docs = [{ title: "Green tea", content: "Green tea takes three minutes." }]
    const { id } = yield* agents.create({ name: "Ada", about: "knows tea", docs })
    return HttpRouter.Default.serve().pipe(Layer.provide(AgentServer.layerHttp({ agent_id: id, apiKey: key })))
  })
).pipe(Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })))

const program = Effect.gen(function* () {
  const { agents, sessions } = yield* Julep
  const address = yield* HttpServer.addressFormattedWith(Effect.succeed)
  const tools = yield* McpTools.connect(
    { url: `${address}/mcp`, headers: { Authorization: `Bearer ${Redacted.value(key)}` } },
    { prefix: "tea_", filter: ({ annotations }) => annotations?.readOnlyHint === true }
  )
  yield* Console.log(Object.keys(tools))

  const agent = yield* agents.create({ name: "Bob" })
  const session = yield* sessions.create({ agent_id: agent.id })
  // The offline model calls a tool only if it must.
  const tool_choice = { type: "function", function: { name: "tea_search_docs" } } as const
  const question = "How long does green tea take?"
  const { rounds, text } = yield* sessions.run(
    session.id,
    { messages: [{ role: "user", content: question }], tool_choice },
    { tools }
  )
  yield* Console.log(rounds[0]?.results[0]?.content)
  yield* Console.log(text)
}).pipe(Effect.scoped)

await program.pipe(Effect.provide(teaServer), Effect.provide(Embedded.layerMemory()), Effect.runPromise)
