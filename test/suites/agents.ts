import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { DEFAULT_MODEL, Julep } from "../../src/index.js"
import { DEFAULT_SETTINGS } from "../../src/schema/Settings.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, noAgent } from "../support/turns.js"

const whole = {
  name: "Ada",
  about: "writes engines",
  model: "gpt-4o",
  instructions: ["Be brief.", "Cite.", "Be brief."],
  default_settings: { temperature: 0.2, preset: "prose" },
  metadata: { team: "north" }
} as const

const HOUR = new Date(3_600_000)

/** Agents: creation, reading, PATCH, PUT and deletion. */
export const agents = (mode: Mode) =>
  describe("agents", () => {
    it.effect("an agent created with only a name gets the default of every other member", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        yield* TestClock.adjust("1 hour")
        const created = yield* agents.create({ name: "Ada" })
        expect(created).toEqual({ name: "Ada", id: created.id, created_at: HOUR, jobs: [] })
        expect(yield* agents.get(created.id)).toEqual({
          id: created.id,
          name: "Ada",
          about: "",
          model: DEFAULT_MODEL,
          instructions: [],
          default_settings: DEFAULT_SETTINGS,
          metadata: {},
          created_at: HOUR,
          updated_at: HOUR
        })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("get and list return an agent as it was created", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const created = yield* agents.create(whole)
        const read = yield* agents.get(created.id)
        expect(read).toMatchObject({ ...whole, default_settings: { ...DEFAULT_SETTINGS, ...whole.default_settings } })
        expect(yield* agents.list()).toEqual([read])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: instructions keep their order and their duplicates", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const lines = ["z", "a", "z", "", "m\nn"]
        const listed = yield* agents.create({ name: "Ada", instructions: lines })
        const one = yield* agents.create({ name: "Bob", instructions: "alone" })
        expect((yield* agents.get(listed.id)).instructions).toEqual(lines)
        expect((yield* agents.get(one.id)).instructions).toEqual(["alone"])
        yield* agents.update(listed.id, { instructions: "now one" })
        expect((yield* agents.get(listed.id)).instructions).toEqual(["now one"])
        yield* agents.update(listed.id, { instructions: [] })
        expect((yield* agents.get(listed.id)).instructions).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: PATCH keeps omitted members, model and default_settings included", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const { id } = yield* agents.create(whole)
        const before = yield* agents.get(id)
        yield* TestClock.adjust("1 hour")
        const updated = yield* agents.update(id, { name: "Grace" })
        expect(updated).toEqual({ name: "Grace", id, updated_at: HOUR, jobs: [] })
        expect(yield* agents.get(id)).toEqual({ ...before, name: "Grace", updated_at: HOUR })
        yield* agents.update(id, {})
        expect(yield* agents.get(id)).toEqual({ ...before, name: "Grace", updated_at: HOUR })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("PATCH applies empty strings and merges the settings member by member", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const { id } = yield* agents.create(whole)
        yield* agents.update(id, { about: "", model: "other", default_settings: { top_p: 0 } })
        expect(yield* agents.get(id)).toMatchObject({
          name: "Ada",
          about: "",
          model: "other",
          default_settings: { ...DEFAULT_SETTINGS, ...whole.default_settings, top_p: 0 }
        })
        yield* agents.update(id, { default_settings: { temperature: 1 } })
        expect((yield* agents.get(id)).default_settings).toEqual({
          ...DEFAULT_SETTINGS,
          preset: "prose",
          temperature: 1,
          top_p: 0
        })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("PUT resets omitted model, settings, instructions and metadata, and keeps created_at", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const { id } = yield* agents.create(whole)
        yield* TestClock.adjust("1 hour")
        yield* agents.update(id, { name: "Grace", about: "compiles" }, { overwrite: true })
        expect(yield* agents.get(id)).toEqual({
          id,
          name: "Grace",
          about: "compiles",
          model: DEFAULT_MODEL,
          instructions: [],
          default_settings: DEFAULT_SETTINGS,
          metadata: {},
          created_at: new Date(0),
          updated_at: HOUR
        })
        yield* agents.update(id, { ...whole, metadata: { b: [1] } }, { overwrite: true })
        expect(yield* agents.get(id)).toMatchObject({ ...whole, metadata: { b: [1] }, updated_at: HOUR })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("an agent is created with its tools and docs, one job per doc; functions become function tools", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const def = { name: "lookup", parameters: { type: "object" } }
        const made = yield* julep.agents.create({
          name: "Ada",
          functions: [def, { ...def, name: "search", description: "finds" }],
          docs: [
            { title: "One", content: "1" },
            { title: "Two", content: ["2", "two"] }
          ]
        })
        expect(new Set(made.jobs).size).toBe(2)
        expect(yield* julep.tools.list(made.id)).toMatchObject([
          { type: "function", function: { name: "search", description: "finds" } },
          { type: "function", function: def }
        ])
        expect(yield* julep.docs.list({ agent_id: made.id })).toMatchObject([
          { title: "Two", content: ["2", "two"] },
          { title: "One", content: "1" }
        ])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a deleted agent is not found, and a second delete fails", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const { id } = yield* agents.create(whole)
        const other = yield* agents.create({ name: "Bob" })
        expect(yield* agents.delete(id)).toBe(undefined)
        const notFound = { _tag: "NotFound", resource: "agent", id }
        expect(yield* failure(agents.get(id))).toMatchObject(notFound)
        expect(yield* failure(agents.delete(id))).toMatchObject(notFound)
        expect((yield* agents.list()).map((agent) => agent.id)).toEqual([other.id])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: deleting an agent deletes its tools, docs, sessions, history and memories", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const agent = yield* julep.agents.create({ ...whole, docs: [{ title: "T", content: "C" }] })
        const user = yield* julep.users.create({ name: "Sam", docs: [{ title: "kept", content: "kept" }] })
        const session = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
        yield* chat(session.id, "I live in Lisbon.")
        yield* julep.agents.delete(agent.id)
        const notFound = { _tag: "NotFound", resource: "session", id: session.id }
        expect(yield* failure(julep.sessions.get(session.id))).toMatchObject(notFound)
        expect(yield* failure(julep.sessions.history(session.id))).toMatchObject(notFound)
        expect(yield* failure(chat(session.id, "Hello"))).toMatchObject(notFound)
        const noOwner = { _tag: "NotFound", resource: "agent", id: agent.id }
        expect(yield* failure(julep.docs.list({ agent_id: agent.id }))).toMatchObject(noOwner)
        expect(yield* failure(julep.tools.list(agent.id))).toMatchObject(noOwner)
        expect(yield* failure(julep.memories.list({ agent_id: agent.id }))).toMatchObject(noOwner)
        expect(yield* julep.sessions.list()).toEqual([])
        expect(yield* julep.docs.list({ user_id: user.id })).toMatchObject([{ title: "kept" }])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("PATCH and PUT do not create a missing agent", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const notFound = { _tag: "NotFound", status: 404, code: "NOT_FOUND", resource: "agent", id: noAgent }
        expect(yield* failure(agents.update(noAgent, { name: "x" }))).toMatchObject(notFound)
        expect(yield* failure(agents.update(noAgent, { name: "x", about: "" }, { overwrite: true }))).toMatchObject(
          notFound
        )
        expect(yield* agents.list()).toEqual([])
      }).pipe(Effect.provide(mode()))
    )
  })
