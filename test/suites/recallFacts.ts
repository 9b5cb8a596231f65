/** Facts that a model notes of a turn also find the turn. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { SessionId } from "../../src/schema/Session.js"
import type { Mode } from "../support/modes.js"
import { chat, sceneWithUser, systemOf } from "../support/turns.js"

const DOG = "Took the little beagle home from the shelter, he was so shy in the car."
const CAKE = "Baked with rhubarb and almonds for the first time."
const FACTS = new Map([
  [DOG, "Sam adopted a pet."],
  [CAKE, "Sam likes desserts."]
])

/** Notes the fact of the message that a request has last. */
const noting: Scripted.Script = (request) => {
  if (!systemOf(request).includes("You note what")) return Scripted.reply("ok")
  const asked = JSON.stringify(request.messages)
  const facts = [...FACTS].flatMap(([message, content]) => (asked.includes(message) ? [{ content }] : []))
  return Scripted.reply(JSON.stringify({ memories: facts }))
}

const noted = Effect.fnUntraced(function* (session: SessionId, content: string) {
  const { jobs, sessions } = yield* Julep
  const reply = yield* sessions.chat(session, content)
  yield* Effect.forEach(reply.jobs, (job) => jobs.await(job))
})

/** What a chat recalls. */
const recalledBy = (session: SessionId, question: string) =>
  Effect.map(chat(session, question, { record: false, remember: false }), ({ recalled }) => ({
    memories: recalled?.memories.map(({ content }) => content),
    messages: recalled?.messages.map(({ content }) => content)
  }))

export const recallFacts = (mode: Mode) =>
  describe("facts as keys", () => {
    it.live("a question finds a turn by the fact that was noted of it, and shows both", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        yield* noted(session.id, DOG)
        yield* noted(session.id, CAKE)
        const ids = { agent_id: agent.id, user_id: user.id }
        const other = yield* julep.sessions.create(ids)
        const found = yield* recalledBy(other.id, "Which pet did I adopt?")
        expect(found.memories).toEqual(["Sam adopted a pet."])
        expect(found.messages?.[0]).toBe(DOG)
        const [memory] = yield* julep.memories.list({ ...ids, query: "pet" })
        if (memory === undefined) return yield* Effect.dieMessage("no memory")
        yield* julep.memories.delete({ agent_id: agent.id, memory_id: memory.id })
        expect(yield* recalledBy(other.id, "Which pet did I adopt?")).toEqual({ memories: [], messages: [] })
      }).pipe(Effect.provide(mode(noting, { instructable: true })))
    )

    it.live("facts of another user or of another agent find nothing", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser()
        yield* noted(session.id, DOG)
        const eve = yield* julep.users.create({ name: "Eve" })
        const bob = yield* julep.agents.create({ name: "Bob" })
        const strangers = [
          { agent_id: agent.id, user_id: eve.id },
          { agent_id: bob.id, user_id: user.id },
          { agent_id: agent.id }
        ]
        for (const ids of strangers) {
          const { id } = yield* julep.sessions.create(ids)
          expect(yield* recalledBy(id, "Which pet did I adopt?")).toEqual({ memories: [], messages: [] })
        }
      }).pipe(Effect.provide(mode(noting, { instructable: true })))
    )
  })
