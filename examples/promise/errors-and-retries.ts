/**
 * What can go wrong, and what is tried again by itself. The server is one that this example starts.
 * `npx tsx examples/promise/errors-and-retries.ts`
 */
import { Client, NotFound, RateLimited, RetryPolicy, TimeoutError } from "effect-julep/promise"
import { type Answer, answering } from "../support/servers.js"

const empty = { status: 200, body: { items: [] } }
const busy = { status: 503, body: { error: { message: "Starting" } } }
const limited = { status: 429, headers: { "retry-after": "1" }, body: { error: { message: "Slow down" } } }
const nothing = { status: 404, body: { error: { message: "Agent not found" } } }

const nobody = "00000000-0000-4000-8000-000000000000"

/** The standard policy with shorter pauses. `false` is one attempt. */
const impatient = { ...RetryPolicy.standard, baseDelay: "10 millis" } as const

/** Every call rejects with the package's own classes. */
const explain = (error: unknown): string => {
  if (error instanceof NotFound) return `there is no ${error.resource} ${error.id}`
  if (error instanceof RateLimited) return `come back in ${error.retryAfter ?? "a few"} seconds`
  if (error instanceof TimeoutError) return `out of time: ${error.phase}`
  return String(error)
}

/** Calls a client of a server that gives these answers in turn, and says how that ends. */
const told = async (what: string, call: (client: Client) => Promise<unknown>, ...answers: ReadonlyArray<Answer>) => {
  const server = await answering(...answers)
  const client = new Client({ apiKey: "secret", baseUrl: `${server.url}/api`, retry: impatient })
  const end = await call(client).then(() => "done", explain)
  console.log(`${what}: ${end}`)
  await server.close()
}

// GET, PUT and DELETE are tried three times in all. Retry-After is honoured, up to a minute.
await told("Busy twice", ({ agents }) => agents.list(), busy, busy, empty)
await told("Limited once", ({ agents }) => agents.list(), limited, empty)
await told("Not for this call", ({ agents }) => agents.list({}, { retry: false }), limited)

// A POST is not repeated once it was sent, unless an idempotency key makes that safe.
const created = { status: 201, body: { id: "3f2a0c1e-5b7d-4e8f-9a10-000000000001", created_at: new Date() } }
const sam = { name: "Sam" }
await told("A POST", ({ users }) => users.create(sam), busy, created)
await told("A POST under a key", ({ users }) => users.create(sam, { idempotencyKey: "sign-up-42" }), busy, created)

// An answer that means it is not asked again.
await told("Nothing there", ({ agents }) => agents.get(nobody), nothing)

// Budgets: until the answer begins, between two pieces of it, and altogether.
await told("Too slow", ({ agents }) => agents.list({}, { timeout: "50 millis" }), { ...empty, delay: 500 })

// What does not fit its schema is not sent at all.
await told("Not sent", ({ agents }) => agents.list({ limit: -1 }), empty)

// Whoever gives up says so with a signal; the call rejects with its reason, as `fetch` does.
const signal = AbortSignal.timeout(50)
await told("Given up", ({ agents }) => agents.list({}, { signal }), { ...empty, delay: 500 })
