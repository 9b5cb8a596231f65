/** Messages and memories are found by what they mean, as docs are, once the jobs of their chats have run. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { says, systemOf } from "../support/turns.js"
import { wordVectors } from "../support/wordVectors.js"

const model = Scripted.layer(() => Scripted.reply("Very well."))

const people = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  const user = yield* julep.users.create({ name: "Sam" })
  const open = Effect.map(julep.sessions.create({ agent_id: agent.id, user_id: user.id }), ({ id }) => id)
  return { julep, agent, user, open }
})

describe("what was said", () => {
  it.scopedLive("is found by what it means, and so is a memory; a question is embedded once", () => {
    const words = wordVectors()
    const embedder = Layer.succeed(Embedded.Embedder, Option.some(words.service))
    return Effect.gen(function* () {
      const { agent, julep, open, user } = yield* people
      const doctor = "Sam sees a physician every Monday."
      yield* julep.memories.create({ agent_id: agent.id, user_id: user.id, content: doctor })
      yield* julep.docs.create({ agent_id: agent.id, doc: { title: "", content: "Trains to Lisbon" } })
      const { jobs } = yield* julep.sessions.chat(yield* open, {
        messages: [
          says("What broke down in the automobile?"),
          says("The weather is nice."),
          says("I had soup for lunch.")
        ]
      })
      const ended = yield* Effect.forEach(jobs, (job) => julep.jobs.await(job))
      expect(ended.map(({ name, state }) => [name, state])).toContainEqual(["embed_messages", "succeeded"])
      const next = yield* open
      const ask = (text: string) =>
        julep.sessions.chat(next, { messages: [says(text)], record: false, remember: false })
      words.embedded.length = 0
      const { recalled } = yield* ask("car")
      expect(words.embedded).toEqual(["car"])
      expect(recalled?.messages[0]?.content).toBe("What broke down in the automobile?")
      expect((yield* ask("doctor")).recalled?.memories[0]?.content).toBe(doctor)
      const listed = yield* julep.memories.list({ agent_id: agent.id, user_id: user.id, query: "doctor" })
      expect(listed[0]?.content).toBe(doctor)
    }).pipe(Effect.provide(Embedded.layer({ storage: "memory", model, embedder })))
  })

  it.scopedLive("is found by the facts that a model notes of it, which are embedded as soon as they are noted", () => {
    const noting = Scripted.layer(
      (request) => Scripted.reply(systemOf(request).includes("You note what") ? `["Sam sees a physician."]` : "ok"),
      { instructable: true }
    )
    const embedder = Layer.succeed(Embedded.Embedder, Option.some(wordVectors().service))
    return Effect.gen(function* () {
      const { agent, julep, open } = yield* people
      yield* julep.sessions.chat(yield* open, { messages: [says("I go there every Monday.")] })
      const found = yield* julep.memories
        .list({ agent_id: agent.id, query: "doctor" })
        .pipe(Effect.repeat({ until: (found) => found.length > 0 }))
      expect(found.map(({ content }) => content)).toEqual(["Sam sees a physician."])
    }).pipe(Effect.provide(Embedded.layer({ storage: "memory", model: noting, embedder })))
  })

  it.scopedLive("leaves no job without an embedder", () =>
    Effect.gen(function* () {
      const { agent, julep, open, user } = yield* people
      yield* julep.memories.create({ agent_id: agent.id, user_id: user.id, content: "Sam likes tea." })
      const { jobs } = yield* julep.sessions.chat(yield* open, { messages: [says("My automobile broke down.")] })
      expect(jobs).toEqual([])
    }).pipe(Effect.provide(Embedded.layer({ storage: "memory", model, embedder: "none" })))
  )
})
