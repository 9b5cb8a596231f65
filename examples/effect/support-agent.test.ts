/** The support agent without a network: a script stands in for the model. The offline model answers the last test. */
import { HttpServerResponse } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Julep, type SessionId } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { entities, layerMemory, requests } from "effect-julep/testing"
import { chat, open, ticket } from "./support-agent.js"

const bodyOf = (session: SessionId, question: string) =>
  Effect.flatMap(chat(session, question), (response) => Effect.promise(() => HttpServerResponse.toWeb(response).text()))

it.effect("gives the model its docs, runs its tool, and keeps what the tool returned on the server", () =>
  Effect.gen(function* () {
    const body = yield* bodyOf(yield* open, "May I return order 1042?")
    expect(body).toContain('"content":" shipped."')
    expect(body).not.toMatch(/1042|Thursday/)

    const [first, second] = yield* requests
    expect(first?.tools.map(({ name }) => name)).toEqual(["order_status"])
    expect(first?.messages.at(-1)?.content).toContain("within 30 days")
    expect(second?.messages.at(-1)?.content).toContain("Thursday")
  }).pipe(
    Effect.provide(
      layerMemory({
        script: [{ calls: [{ name: "order_status", arguments: { order_number: 1042 } }] }, "It is shipped."]
      })
    )
  )
)

it.effect("makes a ticket, and asks again for one that does not fit", () =>
  Effect.gen(function* () {
    const made = yield* ticket(yield* open, "Order 1042 arrived open.")
    expect(made).toEqual({ order_number: 1042, priority: "high" })
  }).pipe(
    Effect.provide(
      layerMemory({
        script: ['{ "order_number": "1042", "priority": "high" }', '{ "order_number": 1042, "priority": "high" }']
      })
    )
  )
)

it.effect("fails before the response if there is no session, and is one agent, however often it starts", () =>
  Effect.gen(function* () {
    const { agents } = yield* Julep
    yield* open
    const session = yield* open
    expect(yield* agents.list()).toHaveLength(1)
    expect(yield* bodyOf(session, "How long can I return a bag?")).toContain('"content":" 30"')

    const unknown = entities.session().id
    expect(yield* Effect.flip(chat(unknown, "Hello?"))).toMatchObject({ _tag: "NotFound", resource: "session" })
  }).pipe(Effect.provide(Embedded.layerMemory()))
)
