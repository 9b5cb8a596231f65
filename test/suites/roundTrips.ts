import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Julep } from "../../src/index.js"
import type { Mode } from "../support/modes.js"
import { chat, lastRequest, scene, turnsOf } from "../support/turns.js"

const overwrite = { overwrite: true } as const
const metadata = { team: "north", tags: ["a", { b: [null] }], deep: { list: [1, 2] } }

/** Read, change, write: what `get` and `list` give, `update` and `create` take. */
export const roundTrips = (mode: Mode) =>
  describe("round trips", () => {
    it.effect("an agent that is read, changed and written differs in what was changed, and in nothing else", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const { id } = yield* agents.create({
          name: "Ada",
          instructions: ["One", "Two"],
          default_settings: { temperature: 0.2, preset: "prose" },
          metadata
        })
        const before = yield* agents.get(id)
        yield* agents.update(id, { ...before, about: "writes engines" })
        expect(yield* agents.get(id)).toEqual({ ...before, about: "writes engines" })
        yield* agents.update(id, { ...before, about: "compiles" }, overwrite)
        expect(yield* agents.get(id)).toEqual({ ...before, about: "compiles" })
        const copy = yield* agents.create({ ...before })
        expect(copy.id).not.toBe(id)
        expect(yield* agents.get(copy.id)).toEqual({ ...before, id: copy.id })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a model gets no setting that nobody chose, also of an agent that was read and written", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* scene({ agent: { default_settings: { top_p: 1, temperature: 0.2 } } })
        const settings = Effect.zipRight(
          chat(session.id, "Hello"),
          Effect.map(lastRequest, (sent) => sent.settings)
        )
        for (const mode of [undefined, overwrite]) {
          const read = yield* julep.agents.get(agent.id)
          yield* mode === undefined ? julep.agents.update(agent.id, read) : julep.agents.update(agent.id, read, mode)
          expect(yield* settings).toEqual({ top_p: 1, temperature: 0.2 })
        }
        // One setting alone is chosen, also if it is the default that `get` reports.
        yield* julep.agents.update(agent.id, { default_settings: { min_p: 0.01 } })
        expect(yield* settings).toEqual({ top_p: 1, temperature: 0.2, min_p: 0.01 })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("users, sessions and docs are written as they were read", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const agent = yield* julep.agents.create({ name: "Ada" })
        const { id } = yield* julep.users.create({ name: "Sam", about: "walks", metadata })
        const user = yield* julep.users.get(id)
        yield* julep.users.update(id, { ...user })
        expect(yield* julep.users.get(id)).toEqual(user)
        yield* julep.users.update(id, { ...user }, overwrite)
        expect(yield* julep.users.get(id)).toEqual(user)
        const copied = yield* julep.users.create({ ...user })
        expect(yield* julep.users.get(copied.id)).toEqual({ ...user, id: copied.id })

        const made = yield* julep.sessions.create({
          agent_id: agent.id,
          user_id: id,
          situation: "Dear {{ user.name }}",
          render_templates: true,
          metadata
        })
        const session = yield* julep.sessions.get(made.id)
        yield* julep.sessions.update(made.id, { ...session })
        expect(yield* julep.sessions.get(made.id)).toEqual(session)
        yield* julep.sessions.update(made.id, { ...session }, overwrite)
        expect(yield* julep.sessions.get(made.id)).toEqual(session)
        const again = yield* julep.sessions.create({ ...session })
        expect(yield* julep.sessions.get(again.id)).toEqual({ ...session, id: again.id })

        yield* julep.docs.create({ agent_id: agent.id, doc: { title: "Tea", content: ["One", "Two"], metadata } })
        for (const doc of yield* julep.docs.list({ agent_id: agent.id })) {
          yield* julep.docs.create({ user_id: id, doc: { ...doc } })
          const [copy] = yield* julep.docs.list({ user_id: id })
          expect(copy).toEqual({ ...doc, id: copy?.id })
        }

        const definition = { name: "look_up", description: "finds", parameters: { type: "object" } }
        yield* julep.tools.create({ agent_id: agent.id, tool: { type: "function", function: definition } })
        for (const tool of yield* julep.tools.list(agent.id)) {
          yield* julep.tools.create({ agent_id: agent.id, tool })
          const [copy] = yield* julep.tools.list(agent.id)
          expect(copy).toEqual({ ...tool, id: copy?.id })
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect(
      "messages of a history are sent as they were read, and a role that no request has is refused by name",
      () =>
        Effect.gen(function* () {
          const { agent, julep, session } = yield* scene()
          const call = JSON.stringify({ id: "c1", name: "look_up", arguments: "{}" })
          yield* julep.sessions.chat(session.id, {
            messages: [
              { role: "user", content: [{ type: "text", text: "Tea?" }], name: "Sam" },
              { role: "function_call", content: call },
              { role: "function", content: "green", name: "look_up", tool_call_id: "c1" }
            ]
          })
          const history = yield* julep.sessions.history(session.id)
          // Ids of calls are those of their messages.
          const prompt = Effect.map(lastRequest, (request) =>
            JSON.stringify(turnsOf(request)).replace(/("id"|"tool_call_id"):"\w+"/g, "$1")
          )
          const sent = yield* prompt
          const other = yield* julep.sessions.create({ agent_id: agent.id })
          yield* julep.sessions.chat(other.id, { messages: history.slice(0, -1) })
          expect(yield* prompt).toBe(sent)
          const written = yield* julep.sessions.history(other.id)
          const texts = (messages: typeof history) =>
            messages.map(({ content, name, role }) => ({ content, name, role }))
          expect(texts(written)).toEqual(texts(history))

          const [entry] = history
          if (entry === undefined) return yield* Effect.dieMessage("no history")
          const failure = yield* Effect.flip(
            julep.sessions.chat(other.id, { messages: [entry, { ...entry, role: "developer" }] })
          )
          expect(failure).toMatchObject({ _tag: "InvalidRequest", issues: [{ path: "messages[1].role" }] })
          expect(failure.message).toContain('"developer"')
        }).pipe(Effect.provide(mode()))
    )
  })
