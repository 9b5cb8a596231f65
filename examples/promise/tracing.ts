/**
 * What the client does: every answer with its status, headers and request id, every error with the same, and every
 * attempt through a `fetch` that is watched. `npx tsx examples/promise/tracing.ts`
 */
import { Client, NotFound, type ResponseInfo, RetryPolicy } from "effect-julep/promise"
import { answering } from "../support/servers.js"

const server = await answering(
  { status: 503, body: {} },
  { status: 200, body: { items: [] } },
  { status: 404, body: { error: { message: "Agent not found" } } }
)

/** Every attempt. With OpenTelemetry's instrumentation of fetch, each of these is a span by itself. */
const watched: typeof fetch = async (input, init) => {
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  const response = await fetch(input, init)
  console.log(`${init?.method} ${pathname}: ${response.status}`)
  return response
}

const retry = { ...RetryPolicy.standard, baseDelay: "10 millis" } as const
const client = new Client({ apiKey: "secret", baseUrl: `${server.url}/api`, fetch: watched, retry })

// The status, the headers and the request id of an answer: to tell a server's operators.
const onResponse = ({ requestId, status }: ResponseInfo) => console.log(`Request ${requestId} was answered ${status}`)
const agents = await client.agents.list({}, { onResponse })
console.log(`${agents.length} agents`)

// Errors have them too.
try {
  await client.agents.get("00000000-0000-4000-8000-000000000000")
} catch (error) {
  if (!(error instanceof NotFound)) throw error
  console.log(`Request ${error.requestId} failed: ${error.message}`)
}

await server.close()
