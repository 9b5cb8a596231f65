/**
 * Tests of a program that uses the client, with test layers: no server, no key, no language model.
 * `npm run examples` runs them with vitest.
 */
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Agents, Julep, messageText, NotFound, Sessions } from "effect-julep"
import { entities, layerMemory, reply, requests } from "effect-julep/testing"

const { id } = entities.agent()

/** The code under test: it gets or creates an agent and asks it a question. */
const ask = Effect.fn("ask")(function* (question: string) {
  const julep = yield* Julep
  const agent = yield* julep.agents
    .get(id)
    .pipe(
      Effect.catchTag("NotFound", () => julep.agents.create({ name: "Ada", instructions: ["Answer in one word."] }))
    )
  const session = yield* julep.sessions.create({ agent_id: agent.id })
  return messageText(yield* julep.sessions.chat(session.id, question))
})

it.effect("uses an engine in memory whose model follows a script", () =>
  Effect.gen(function* () {
    expect(yield* ask("What is the capital of Portugal?")).toBe("Lisbon")
    const [request] = yield* requests
    expect(request?.messages[0]?.content).toContain("Answer in one word.")
  }).pipe(Effect.provide(layerMemory({ script: ["Lisbon"] })))
)

it.effect("fails as its model does", () =>
  Effect.gen(function* () {
    expect(yield* Effect.flip(ask("Hello?"))).toMatchObject({ _tag: "RateLimited", retryAfter: 7 })
  }).pipe(Effect.provide(layerMemory({ script: [{ error: "rate_limited", retryAfter: 7 }] })))
)

it.effect("replaces one manager and keeps the others", () => {
  const agents = Layer.mock(Agents, {
    get: (id) => Effect.fail(new NotFound({ message: `There is no agent ${id}`, resource: "agent", id })),
    create: () => Effect.succeed({ ...entities.agent({ name: "Ada" }), created_at: new Date(), jobs: [] })
  })
  const julep = Julep.layerManagers.pipe(Layer.provide(agents), Layer.provide(layerMemory()))
  return Effect.gen(function* () {
    // The engine does not have the agent that the mock returned, so it cannot open a session.
    expect(yield* Effect.flip(ask("Hello?"))).toMatchObject({ _tag: "NotFound", resource: "agent" })
  }).pipe(Effect.provide(julep))
})

it.effect("mocks one manager alone: a call of another method fails", () =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    expect(messageText(yield* sessions.chat(entities.session().id, "Hello"))).toBe("Hi")
  }).pipe(Effect.provide(Layer.mock(Sessions, { chat: () => Effect.succeed(reply("Hi")) })))
)
