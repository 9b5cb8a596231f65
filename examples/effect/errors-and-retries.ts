/**
 * Errors, retries and time budgets. This example starts its own server.
 * `npx tsx examples/effect/errors-and-retries.ts`
 */
import { Console, Effect, Layer } from "effect"
import { AgentId, Julep, type RequestError, RetryPolicy } from "effect-julep"
import { type Answer, answering } from "../support/servers.js"

const empty = { status: 200, body: { items: [] } }
const busy = { status: 503, body: { error: { message: "Starting" } } }
const limited = { status: 429, headers: { "retry-after": "1" }, body: { error: { message: "Slow down" } } }
const nothing = { status: 404, body: { error: { message: "Agent not found" } } }

/** A client of a server that gives these answers one after the other. */
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

/** The standard policy with shorter pauses. `false` means one attempt. */
const impatient = { ...RetryPolicy.standard, baseDelay: "10 millis" } as const

const list = Effect.flatMap(Julep, (julep) => julep.agents.list())
const get = Effect.flatMap(Julep, (julep) => julep.agents.get(AgentId.make("00000000-0000-4000-8000-000000000000")))
const create = Effect.flatMap(Julep, (julep) => julep.users.create({ name: "Sam" }))

/** `RequestError` has every error of a call, so the compiler checks the tags. */
const explain = (error: RequestError): string => {
  switch (error._tag) {
    case "NotFound":
      return `there is no ${error.resource} ${error.id}`
    case "RateLimited":
      return `try again in ${error.retryAfter ?? "a few"} seconds`
    case "TimeoutError":
      return `out of time: ${error.phase}`
    default:
      return `${error._tag}: ${error.message}`
  }
}

const report = <A>(what: string, call: Effect.Effect<A, RequestError, Julep>, ...answers: ReadonlyArray<Answer>) =>
  call.pipe(
    Effect.match({ onFailure: explain, onSuccess: () => "done" }),
    Effect.flatMap((end) => Console.log(`${what}: ${end}`)),
    Effect.provide(clientOf(...answers))
  )

const program = Effect.gen(function* () {
  // GET, PUT and DELETE are tried up to three times. Retry-After is honoured, up to a minute.
  yield* report("Busy twice", list, busy, busy, empty)
  yield* report("Limited once", list, limited, empty)
  yield* report("Not for this call", Julep.withOptions({ retry: false })(list), limited)

  // A POST that reached the server is repeated only with an idempotency key.
  const created = { status: 201, body: { id: "3f2a0c1e-5b7d-4e8f-9a10-000000000001", created_at: new Date() } }
  yield* report("A POST", create, busy, created)
  yield* report("A POST under a key", Julep.withOptions({ idempotencyKey: "sign-up-42" })(create), busy, created)

  // A 404 is not retried.
  yield* report("Nothing there", get, nothing)

  // Budgets limit the wait for the response, the wait between two pieces of it, and the whole call.
  yield* report("Too slow", Julep.withOptions({ timeout: "50 millis" })(list), { ...empty, delay: 500 })

  // Input that does not fit its schema is not sent.
  const invalid = Effect.flatMap(Julep, (julep) => julep.agents.list({ limit: -1 }))
  yield* report("Not sent", invalid, empty)

  // Handle one error, and leave the others to the caller.
  const name = get.pipe(
    Effect.map((agent) => agent.name),
    Effect.catchTag("NotFound", () => Effect.succeed("unknown"))
  )
  yield* Console.log(`Instead: ${yield* Effect.provide(name, clientOf(nothing))}`)
})

await Effect.runPromise(program)
