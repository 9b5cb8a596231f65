/**
 * The client's calls: status, headers and request id of every response and error, and every attempt through a
 * wrapped `fetch`. `npx tsx examples/promise/tracing.ts`
 */
import { Client, NotFound, type ResponseInfo, RetryPolicy } from "effect-julep/promise"
import { answering } from "../support/servers.js"

const server = await answering(
  { status: 503, body: {} },
  { status: 200, body: { items: [] } },
  { status: 404, body: { error: { message: "Agent not found" } } }
)

/** Prints every attempt. With OpenTelemetry's instrumentation of fetch, each attempt is a span. */
const watched: typeof fetch = async (input, init) => {
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  const response = await fetch(input, init)
  console.log(`${init?.method} ${pathname}: ${response.status}`)
  return response
}

const retry = { ...RetryPolicy.standard, baseDelay: "10 millis" } as const
const client = new Client({ apiKey: "secret", baseUrl: `${server.url}/api`, fetch: watched, retry })

// The status, headers and request id of the response. Report the id to the server's operator.
const onResponse = ({ requestId, status }: ResponseInfo) => console.log(`Request ${requestId}: status ${status}`)
const agents = await client.agents.list({}, { onResponse })
console.log(`${agents.length} agents`)

// Errors have the request id, too.
try {
  await client.agents.get("00000000-0000-4000-8000-000000000000")
} catch (error) {
  if (!(error instanceof NotFound)) throw error
  console.log(`Request ${error.requestId} failed: ${error.message}`)
}

await server.close()
