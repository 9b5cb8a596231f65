/**
 * What can go wrong, and what is tried again by itself. The server is one that this example starts.
 * `npx tsx examples/effect/errors-and-retries.ts`
 */
import { Console, Effect, Layer } from "effect"
import { AgentId, Julep, type RequestError, RetryPolicy } from "effect-julep"
import { type Answer, answering } from "../support/servers.js"

const empty = { status: 200, body: { items: [] } }
const busy = { status: 503, body: { error: { message: "Starting" } } }
const limited = { status: 429, headers: { "retry-after": "1" }, body: { error: { message: "Slow down" } } }
const nothing = { status: 404, body: { error: { message: "Agent not found" } } }

/** A client of a server that gives these answers in turn. */
const clientOf = (...answers: ReadonlyArray<Answer>) =>
  Layer.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.promise(() => answering(...answers)),
        (server) => Effect.promise(() => server.close())
      ),
      ({ url }) => Julep.layerFetch({ apiKey: "secret", baseUrl: `${url}/api`, retry: impatient })
    )
  )

/** The standard policy with shorter pauses. `false` is one attempt. */
const impatient = { ...RetryPolicy.standard, baseDelay: "10 millis" } as const

const list = Effect.flatMap(Julep, (julep) => julep.agents.list())
const get = Effect.flatMap(Julep, (julep) => julep.agents.get(AgentId.make("00000000-0000-4000-8000-000000000000")))
const create = Effect.flatMap(Julep, (julep) => julep.users.create({ name: "Sam" }))

/** Every call fails with these and nothing else; the tags are checked at compile time. */
const explain = (error: RequestError): string => {
  switch (error._tag) {
    case "NotFound":
      return `there is no ${error.resource} ${error.id}`
    case "RateLimited":
      return `come back in ${error.retryAfter ?? "a few"} seconds`
    case "TimeoutError":
      return `out of time: ${error.phase}`
    default:
      return `${error._tag}: ${error.message}`
  }
}

const told = <A>(what: string, call: Effect.Effect<A, RequestError, Julep>, ...answers: ReadonlyArray<Answer>) =>
  call.pipe(
    Effect.match({ onFailure: explain, onSuccess: () => "done" }),
    Effect.flatMap((end) => Console.log(`${what}: ${end}`)),
    Effect.provide(clientOf(...answers))
  )

const program = Effect.gen(function* () {
  // GET, PUT and DELETE are tried three times in all. Retry-After is honoured, up to a minute.
  yield* told("Busy twice", list, busy, busy, empty)
  yield* told("Limited once", list, limited, empty)
  yield* told("Not for this call", Julep.withOptions({ retry: false })(list), limited)

  // A POST is not repeated once it was sent, unless an idempotency key makes that safe.
  const created = { status: 201, body: { id: "3f2a0c1e-5b7d-4e8f-9a10-000000000001", created_at: new Date() } }
  yield* told("A POST", create, busy, created)
  yield* told("A POST under a key", Julep.withOptions({ idempotencyKey: "sign-up-42" })(create), busy, created)

  // An answer that means it is not asked again.
  yield* told("Nothing there", get, nothing)

  // Budgets: until the answer begins, between two pieces of it, and altogether.
  yield* told("Too slow", Julep.withOptions({ timeout: "50 millis" })(list), { ...empty, delay: 500 })

  // What does not fit its schema is not sent at all.
  const misfit = Effect.flatMap(Julep, (julep) => julep.agents.list({ limit: -1 }))
  yield* told("Not sent", misfit, empty)

  // One kind can be handled, and the others left to somebody else.
  const name = get.pipe(
    Effect.map((agent) => agent.name),
    Effect.catchTag("NotFound", () => Effect.succeed("somebody"))
  )
  yield* Console.log(`Instead: ${yield* Effect.provide(name, clientOf(nothing))}`)
})

await Effect.runPromise(program)
