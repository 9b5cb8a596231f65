import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Julep, type RequestError, UserId } from "../../src/index.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, UNKNOWN_ID } from "../support/turns.js"

const HOUR = new Date(3_600_000)

/** Users: creation, reading, PATCH, PUT and deletion. */
export const users = (mode: Mode) =>
  describe("users", () => {
    it.effect("a user created from an empty body gets the API's defaults", () =>
      Effect.gen(function* () {
        const { users } = yield* Julep
        const { id } = yield* users.create({})
        const read = yield* users.get(id)
        expect(read).toEqual({
          id,
          name: "User",
          about: "",
          metadata: {},
          created_at: new Date(0),
          updated_at: new Date(0)
        })
        expect(yield* users.list()).toEqual([read])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a name may be blank, as in v0.3, and has at most 1000 characters, of users and of agents", () =>
      Effect.gen(function* () {
        const { agents, users } = yield* Julep
        const name = "n".repeat(1000)
        for (const each of ["", " ", name]) {
          expect((yield* users.get((yield* users.create({ name: each })).id)).name).toBe(each)
          expect((yield* agents.get((yield* agents.create({ name: each })).id)).name).toBe(each)
        }
        const { id } = yield* users.create({ name })
        const agent = yield* agents.create({ name })
        const long = `${name}n`
        const about = ""
        const calls: ReadonlyArray<Effect.Effect<unknown, RequestError>> = [
          users.create({ name: long }),
          users.update(id, { name: long }),
          users.update(id, { name: long, about }, { overwrite: true }),
          agents.create({ name: long }),
          agents.update(agent.id, { name: long }),
          agents.update(agent.id, { name: long, about }, { overwrite: true })
        ]
        for (const call of calls) {
          expect(yield* failure(call)).toMatchObject({
            _tag: "UnprocessableRequest",
            issues: [{ path: "name", message: expect.stringContaining("at most 1000 characters") }]
          })
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("one request creates at most 500 docs and 1000 tools, of users and of agents", () =>
      Effect.gen(function* () {
        const { agents, docs, users } = yield* Julep
        const many = (count: number) => Array.from({ length: count }, () => ({ title: "t", content: "c" }))
        const { id } = yield* users.create({ docs: many(500) })
        expect(yield* docs.list({ user_id: id }, { limit: 1000 })).toHaveLength(500)
        const functions = Array.from({ length: 1001 }, (_, index) => ({ name: `f${index}`, parameters: {} }))
        const refused: ReadonlyArray<readonly [member: string, call: Effect.Effect<unknown, RequestError>]> = [
          ["docs", users.create({ docs: many(501) })],
          ["docs", agents.create({ name: "Ada", docs: many(501) })],
          ["tools", agents.create({ name: "Ada", functions })]
        ]
        for (const [member, call] of refused) {
          expect(yield* failure(call)).toMatchObject({
            _tag: "UnprocessableRequest",
            issues: [{ path: member, message: expect.stringContaining(`Create the others with ${member}.create`) }]
          })
        }
        expect(yield* agents.list()).toEqual([])
        expect(yield* users.list()).toHaveLength(1)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("create returns the input with the new id, and one job per doc", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const input = { name: "Sam", about: "sails", metadata: { a: 1 }, docs: [{ title: "T", content: "C" }] }
        const created = yield* julep.users.create(input)
        expect(created).toEqual({ ...input, id: created.id, created_at: new Date(0), jobs: created.jobs })
        expect(created.jobs).toHaveLength(1)
        expect(yield* julep.docs.list({ user_id: created.id })).toMatchObject([{ title: "T", content: "C" }])
        expect(yield* julep.users.get(created.id)).toMatchObject({ name: "Sam", about: "sails", metadata: { a: 1 } })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("PATCH keeps omitted members and applies empty ones", () =>
      Effect.gen(function* () {
        const { users } = yield* Julep
        const { id } = yield* users.create({ name: "Sam", about: "sails", metadata: { a: 1 } })
        yield* TestClock.adjust("1 hour")
        expect(yield* users.update(id, { about: "" })).toEqual({ about: "", id, updated_at: HOUR, jobs: [] })
        expect(yield* users.get(id)).toMatchObject({ name: "Sam", about: "", metadata: { a: 1 }, updated_at: HOUR })
        yield* users.update(id, { name: "" })
        expect(yield* users.get(id)).toMatchObject({ name: "", about: "", created_at: new Date(0) })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("PUT replaces: omitted metadata becomes empty, and given metadata is not merged", () =>
      Effect.gen(function* () {
        const { users } = yield* Julep
        const { id } = yield* users.create({ name: "Sam", about: "sails", metadata: { a: 1 } })
        yield* users.update(id, { name: "Tom", about: "rows", metadata: { b: 2 } }, { overwrite: true })
        expect(yield* users.get(id)).toMatchObject({ name: "Tom", about: "rows", metadata: { b: 2 } })
        yield* users.update(id, { name: "Tom", about: "" }, { overwrite: true })
        expect((yield* users.get(id)).metadata).toEqual({})
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: deleting a user deletes its docs, sessions, history and memories", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const agent = yield* julep.agents.create({ name: "Ada" })
        const sam = yield* julep.users.create({ name: "Sam", docs: [{ title: "T", content: "C" }] })
        const tom = yield* julep.users.create({ name: "Tom" })
        const ofSam = yield* julep.sessions.create({ agent_id: agent.id, user_id: sam.id })
        const ofTom = yield* julep.sessions.create({ agent_id: agent.id, user_id: tom.id })
        yield* chat(ofSam.id, "I live in Lisbon.")
        yield* chat(ofTom.id, "I live in Turin.")
        yield* julep.users.delete(sam.id)
        const notFound = { _tag: "NotFound", resource: "user", id: sam.id }
        expect(yield* failure(julep.users.get(sam.id))).toMatchObject(notFound)
        expect(yield* julep.users.delete(sam.id)).toBe(undefined)
        expect(yield* failure(julep.docs.list({ user_id: sam.id }))).toMatchObject(notFound)
        expect(yield* failure(julep.sessions.history(ofSam.id))).toMatchObject({ resource: "session", id: ofSam.id })
        expect((yield* julep.sessions.list()).map(({ id }) => id)).toEqual([ofTom.id])
        const remembered = yield* julep.memories.list({ agent_id: agent.id })
        expect(remembered.map(({ content }) => content)).toEqual(["I live in Turin."])
        expect(yield* julep.sessions.history(ofTom.id)).toHaveLength(2)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("PATCH and PUT do not create a missing user", () =>
      Effect.gen(function* () {
        const { users } = yield* Julep
        const id = UserId.make(UNKNOWN_ID)
        const notFound = { _tag: "NotFound", resource: "user", id }
        expect(yield* failure(users.update(id, { about: "x" }))).toMatchObject(notFound)
        expect(yield* failure(users.update(id, { name: "x", about: "x" }, { overwrite: true }))).toMatchObject(notFound)
        expect(yield* users.list()).toEqual([])
      }).pipe(Effect.provide(mode()))
    )
  })
