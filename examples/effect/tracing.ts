/**
 * The client's calls as OpenTelemetry spans, with ids, status, request id and retries, and without payloads.
 * `npx tsx examples/effect/tracing.ts`
 */
import { NodeSdk } from "@effect/opentelemetry"
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Console, Effect, Layer } from "effect"
import { AgentId, Julep, RetryPolicy } from "effect-julep"
import { answering } from "../support/servers.js"

const server = await answering(
  { status: 503, body: {} },
  { status: 200, body: { items: [] } },
  { status: 404, body: { error: { message: "Agent not found" } } }
)

// The spans stay in memory, to be printed. An OTLPTraceExporter would send them to a collector.
const exporter = new InMemorySpanExporter()
const Tracing = NodeSdk.layer(() => ({
  resource: { serviceName: "support" },
  spanProcessor: new SimpleSpanProcessor(exporter)
}))

const program = Effect.gen(function* () {
  const julep = yield* Julep
  // The status, headers and request id of the response, next to the value. Report the id to the server's operator.
  const { requestId, status, value } = yield* Julep.withResponse(julep.agents.list())
  yield* Console.log(`Request ${requestId}: status ${status}, ${value.length} agents`)
  // Errors have the request id, too.
  const error = yield* Effect.flip(julep.agents.get(AgentId.make("00000000-0000-4000-8000-000000000000")))
  yield* Console.log(`Request ${error._tag === "NotFound" ? error.requestId : "?"} failed: ${error.message}`)
}).pipe(Effect.withSpan("support"))

const print = Effect.sync(() => {
  for (const { attributes, events, name } of exporter.getFinishedSpans()) {
    const { "julep.agent_id": agent_id, "http.response.status_code": status, "julep.request_id": request } = attributes
    console.log(`${name}${agent_id === undefined ? "" : ` of ${agent_id}`}: ${status ?? ""} ${request ?? ""}`)
    for (const event of events) console.log(`  ${event.name} ${JSON.stringify(event.attributes?.["error"] ?? "")}`)
  }
})

const retry = { ...RetryPolicy.standard, baseDelay: "10 millis" } as const
const Client = Julep.layerFetch({ apiKey: "secret", baseUrl: `${server.url}/api`, retry })
await program.pipe(Effect.zipRight(print), Effect.provide(Layer.merge(Client, Tracing)), Effect.runPromise)
await server.close()
