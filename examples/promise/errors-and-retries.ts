/**
 * Errors, retries and time budgets. This example starts its own server.
 * `npx tsx examples/promise/errors-and-retries.ts`
 */
import { Client, NotFound, RateLimited, RetryPolicy, TimeoutError } from "effect-julep/promise"
import { type Answer, answering } from "../support/servers.js"

const empty = { status: 200, body: { items: [] } }
const busy = { status: 503, body: { error: { message: "Starting" } } }
const limited = { status: 429, headers: { "retry-after": "1" }, body: { error: { message: "Slow down" } } }
const nothing = { status: 404, body: { error: { message: "Agent not found" } } }

const unknown = "00000000-0000-4000-8000-000000000000"

/** The standard policy with shorter pauses. `false` means one attempt. */
const impatient = { ...RetryPolicy.standard, baseDelay: "10 millis" } as const

/** Every call rejects with an error class of the package. */
const explain = (error: unknown): string => {
  if (error instanceof NotFound) return `there is no ${error.resource} ${error.id}`
  if (error instanceof RateLimited) return `try again in ${error.retryAfter ?? "a few"} seconds`
  if (error instanceof TimeoutError) return `out of time: ${error.phase}`
  return String(error)
}

/** Makes a call to a server that gives these answers one after the other, and prints the outcome. */
const report = async (what: string, call: (client: Client) => Promise<unknown>, ...answers: ReadonlyArray<Answer>) => {
  const server = await answering(...answers)
  const client = new Client({ apiKey: "secret", baseUrl: `${server.url}/api`, retry: impatient })
  const end = await call(client).then(() => "done", explain)
  console.log(`${what}: ${end}`)
  await server.close()
}

// GET, PUT and DELETE are tried up to three times. Retry-After is honoured, up to a minute.
await report("Busy twice", ({ agents }) => agents.list(), busy, busy, empty)
await report("Limited once", ({ agents }) => agents.list(), limited, empty)
await report("Not for this call", ({ agents }) => agents.list({}, { retry: false }), limited)

// A POST that reached the server is repeated only with an idempotency key.
const created = { status: 201, body: { id: "3f2a0c1e-5b7d-4e8f-9a10-000000000001", created_at: new Date() } }
const sam = { name: "Sam" }
await report("A POST", ({ users }) => users.create(sam), busy, created)
await report("A POST under a key", ({ users }) => users.create(sam, { idempotencyKey: "sign-up-42" }), busy, created)

// A 404 is not retried.
await report("Nothing there", ({ agents }) => agents.get(unknown), nothing)

// Budgets limit the wait for the response, the wait between two pieces of it, and the whole call.
await report("Too slow", ({ agents }) => agents.list({}, { timeout: "50 millis" }), { ...empty, delay: 500 })

// Input that does not fit its schema is not sent.
await report("Not sent", ({ agents }) => agents.list({ limit: -1 }), empty)

// A signal cancels a call, which then rejects with the signal's reason, as `fetch` does.
const signal = AbortSignal.timeout(50)
await report("Cancelled", ({ agents }) => agents.list({}, { signal }), { ...empty, delay: 500 })
