/**
 * Tests of a program that uses the client, with test layers: no server, no key, no language model.
 * `npm run examples` runs them with vitest.
 */
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { AgentId, Agents, Julep, messageText, NotFound, UserId, Users } from "effect-julep"
import { layerMemory, Scripted } from "effect-julep/testing"

/** The code under test: it gets or creates an agent and asks it a question. */
const ask = Effect.fn("ask")(function* (id: AgentId, question: string) {
  const julep = yield* Julep
  const agent = yield* julep.agents
    .get(id)
    .pipe(
      Effect.catchTag("NotFound", () => julep.agents.create({ name: "Ada", instructions: ["Answer in one word."] }))
    )
  const session = yield* julep.sessions.create({ agent_id: agent.id })
  const reply = yield* julep.sessions.chat(session.id, question)
  return messageText(reply)
})

const unknown = AgentId.make("00000000-0000-4000-8000-000000000000")

it.effect("uses an engine in memory whose model follows a script", () =>
  Effect.gen(function* () {
    expect(yield* ask(unknown, "What is the capital of Portugal?")).toBe("Lisbon")

    const { requests } = yield* Scripted.Scripted
    const [request] = yield* requests
    expect(request?.messages[0]?.content).toContain("Answer in one word.")
  }).pipe(Effect.provide(layerMemory([Scripted.reply("Lisbon")])))
)

it.effect("replaces one manager and keeps the others", () => {
  const agents = Layer.mock(Agents, {
    get: (id) => Effect.fail(new NotFound({ message: `There is no agent ${id}`, resource: "agent", id })),
    create: (input) => Effect.succeed({ ...input, id: unknown, created_at: new Date(0), jobs: [] })
  })
  const julep = Julep.layerManagers.pipe(Layer.provide(agents), Layer.provide(layerMemory()))
  return Effect.gen(function* () {
    // The engine does not have the agent that the mock returned, so it cannot open a session.
    const error = yield* Effect.flip(ask(unknown, "Hello?"))
    expect(error).toMatchObject({ _tag: "NotFound", resource: "agent", id: unknown })
  }).pipe(Effect.provide(julep))
})

it.effect("mocks one manager alone: a call of another method fails", () => {
  const greet = (id: UserId) =>
    Effect.gen(function* () {
      const users = yield* Users
      const user = yield* users.get(id)
      return `Hello, ${user.name}`
    })
  const id = UserId.make("00000000-0000-4000-8000-000000000001")
  const users = Layer.mock(Users, { get: (id) => Effect.succeed({ id, name: "Sam", about: "" }) })
  return Effect.gen(function* () {
    expect(yield* greet(id)).toBe("Hello, Sam")
  }).pipe(Effect.provide(users))
})
