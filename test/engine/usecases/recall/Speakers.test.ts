import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Embedder } from "../../../../src/engine/ports/Embedder.js"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { search } from "../../../../src/engine/usecases/recall/Recall.js"
import { saidByNamed } from "../../../../src/engine/usecases/recall/Speakers.js"
import { agentRow, alice, entryRow, sessionRow, storeOn, userRow } from "../../storage/support/store.js"

const agent = agentRow({ name: "Ada" })
const user = userRow({ name: "Mary Ann Smith" })

describe("the speaker that a question names", () => {
  const names = (question: string, name: string) =>
    saidByNamed(question, { agent, user: undefined })(entryRow({ role: "user", name }))

  it.each([
    ["When did Caroline go to the support group?", "Caroline"],
    ["what are caroline's hobbies these days", "Caroline"],
    ["Thank you, Ada. Which shop did Caroline like?", "Caroline"],
    ["Which tea did mary ann smith order?", "Mary Ann Smith"],
    ["Which tea did Mary order?", "Mary Ann Smith"],
    ["Was Zoe at the lake with Bob?", "Zoë"],
    ["张伟说了什么", "张伟"],
    ["ماذا قال محمد علي عن القطار", "محمد علي"]
  ])("of %j may be %j", (question, name) => expect(names(question, name)).toBe(true))

  it.each([
    ["When did Melanie go to the support group?", "Caroline"],
    ["When did Carolines go?", "Caroline"],
    // Who is addressed.
    ["Hi Ada! Where did I leave my umbrella?", "Ada"],
    ["Ada, where did I leave my umbrella?", "Ada"],
    ["Where did I leave my umbrella, Ada?", "Ada"],
    ["Thank you Ada", "Ada"],
    // Common words that begin a name, and names that are one.
    ["How do I travel to Rome?", "Travel Assistant"],
    ["which order was late, the first or the second", "Order Desk"],
    ["Will you call me when the train is late?", "Will"],
    ["Will you call me when the train is late?", "Will Smith"],
    ["What did Smith order for lunch?", "Mary Ann Smith"],
    ["Where is the umbrella?", ""],
    ["", "Ada"]
  ])("of %j is not %j", (question, name) => expect(names(question, name)).toBe(false))

  it("is the sender of a message, or the user or the agent of its session, by the names they have now", () => {
    const isSaid = (question: string, row: Parameters<typeof entryRow>[0], of = { agent, user }) =>
      saidByNamed(question, of)(entryRow(row))
    const asks = (name: string) => `Which tea did ${name} like best?`
    expect(isSaid(asks("Mary"), { role: "user" })).toBe(true)
    expect(isSaid(asks("Mary"), { role: "user", name: "Bob" })).toBe(false)
    expect(isSaid(asks("Bob"), { role: "user", name: "Bob" })).toBe(true)
    expect(isSaid(asks("Ada"), { role: "assistant", name: "Ada", from_model: true })).toBe(true)
    expect(isSaid(asks("Ada"), { role: "user" })).toBe(false)
    const renamed = { agent: { ...agent, name: "Grace" }, user: { ...user, name: "Eve" } }
    expect(isSaid(asks("Grace"), { role: "assistant", name: "Ada", from_model: true }, renamed)).toBe(true)
    expect(isSaid(asks("Eve"), { role: "user" }, renamed)).toBe(true)
    expect(saidByNamed(asks("Mary"), { agent, user: undefined })(entryRow({ role: "user" }))).toBe(false)
  })

  it("may be a role", () => {
    const said = saidByNamed("Which tea did the assistant recommend to me?", { agent, user })
    expect(said(entryRow({ role: "assistant" }))).toBe(true)
    expect(said(entryRow({ role: "user" }))).toBe(false)
    expect(saidByNamed("Which tea did the user order?", { agent, user })(entryRow({ role: "user" }))).toBe(true)
    expect(saidByNamed("How do I add a user to the group?", { agent, user })(entryRow({ role: "user" }))).toBe(false)
  })
})

describe("the search of turns", () => {
  it.effect("prefers the turns of the speaker that a question names, if it names one of them", () =>
    Effect.gen(function* () {
      const store = yield* Storage
      yield* store.agents.insert(alice, agent)
      yield* store.users.insert(alice, user)
      const session = sessionRow({ agent_id: agent.id, user_id: user.id })
      yield* store.sessions.insert(alice, session)
      const filler = Array.from({ length: 5 }, () => entryRow({ content: "ok" }))
      const hers = entryRow({ content: "I like the green tea." })
      const reply = entryRow({ role: "assistant", content: "I like the black tea.", from_model: true })
      yield* store.entries.append(alice, session.id, [hers, ...filler, reply])
      const find = yield* search
      const asked = (question: string) =>
        Effect.map(find.said(alice, { session, agent, user }, question, { turns: 2, memories: 0 }), ({ turns }) =>
          turns.slice(0, 2)
        )
      const ids = (question: string) => Effect.map(asked(question), (turns) => turns.map(({ entry }) => entry.id))
      expect(yield* ids("Which tea is liked?")).toEqual([reply.id, hers.id])
      expect(yield* ids("Which tea did Mary like?")).toEqual([hers.id, reply.id])
      expect(yield* ids("Which tea did Ada like?")).toEqual([reply.id, hers.id])
      expect(yield* ids("Which tea did Ada and Mary like?")).toEqual([reply.id, hers.id])
      const [best, second] = yield* asked("Which tea did Mary like?")
      expect((second?.score ?? 0) / (best?.score ?? 0)).toBeCloseTo(0.8)
      const [one, other] = yield* asked("Which tea did Ada and Mary like?")
      expect(one?.score).toBe(other?.score)
    }).pipe(Effect.provide(Layer.merge(storeOn(), Layer.succeed(Embedder, Option.none()))))
  )
})
