/**
 * The client over your own HTTP client: wrapped, and through a proxy. This example starts its own server and proxy.
 * `npx tsx examples/effect/own-http-client.ts`
 */
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient, Undici } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Julep } from "effect-julep"
import { answering, forwardProxy } from "../support/servers.js"

const server = await answering({ status: 200, body: { items: [] } })
const proxy = await forwardProxy((target) =>
  console.log(server.url.endsWith(target) ? "  the proxy connects to the server" : `  the proxy connects to ${target}`)
)
const options = { apiKey: "secret", baseUrl: `${server.url}/api` }

const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agents = yield* julep.agents.list()
  yield* Console.log(`  ${agents.length} agents`)
})

// Undici is about twice as fast as fetch on small requests. `Julep.layer` uses the HttpClient in the context.
console.log("over undici")
await program.pipe(
  Effect.provide(Julep.layer(options).pipe(Layer.provide(NodeHttpClient.layerUndici))),
  Effect.runPromise
)

// `transformClient` wraps the HttpClient. It sees every attempt, before the key is added.
console.log("wrapped")
const noted = (client: HttpClient.HttpClient) =>
  client.pipe(
    HttpClient.mapRequest(HttpClientRequest.setHeader("x-tenant", "acme")),
    HttpClient.tapRequest(({ headers, method }) => Console.log(`  ${method} for ${headers["x-tenant"]}`)),
    HttpClient.tap(({ status }) => Console.log(`  answered ${status}`))
  )
await program.pipe(Effect.provide(Julep.layerFetch({ ...options, transformClient: noted })), Effect.runPromise)

// Through a forward proxy: undici with its own dispatcher, which is closed with the layer.
console.log("through a proxy")
const dispatcher = Layer.scoped(
  NodeHttpClient.Dispatcher,
  Effect.acquireRelease(
    Effect.sync(() => new Undici.ProxyAgent(proxy.url)),
    (agent) => Effect.promise(() => agent.close())
  )
)
const proxied = NodeHttpClient.layerUndiciWithoutDispatcher.pipe(Layer.provide(dispatcher))
await program.pipe(Effect.provide(Julep.layer(options).pipe(Layer.provide(proxied))), Effect.runPromise)

await Promise.all([server.close(), proxy.close()])
