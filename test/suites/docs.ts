import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DocId, Julep, UserId } from "../../src/index.js"
import type { CreateDoc } from "../../src/schema/Doc.js"
import { failure, noAgent, UNKNOWN_ID } from "../support/turns.js"
import { send, type Wired } from "../support/wire.js"

const odd = '  # Tides\r\n\n\tHigh at six…  \n\n```\n</doc> {{x}} "quoted" 😀\n'
const long = Array.from({ length: 400 }, (_, line) => `Line ${line} of the almanac says little. `).join("\n\n")

/** The docs of agents and users. */
export const docs = (mode: Wired) =>
  describe("docs", () => {
    it.effect(
      "v0.3 fault: docs are stored verbatim and listed as one item per doc, whether text or list, however long",
      () =>
        Effect.gen(function* () {
          const julep = yield* Julep
          const agent = yield* julep.agents.create({ name: "Ada" })
          const contents: ReadonlyArray<CreateDoc["content"]> = [odd, [odd, "b", "a", "b"], long, ""]
          for (const [index, content] of contents.entries()) {
            yield* julep.docs.create({ agent_id: agent.id, doc: { title: `D${index}`, content, metadata: { index } } })
          }
          // Raw, because the client would put the chunks of a doc together again.
          const { body, status } = yield* send("GET", `/agents/${agent.id}/docs?order=asc`)
          expect(status).toBe(200)
          expect(body).toEqual({
            items: contents.map((content, index) => ({
              id: expect.any(String),
              title: `D${index}`,
              content,
              metadata: { index },
              created_at: "1970-01-01T00:00:00.000Z"
            }))
          })
        }).pipe(Effect.provide(mode()))
    )

    it.effect("create returns the doc, its id and one job with status 201; delete returns status 202", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const user = yield* julep.users.create({})
        const doc = { title: "Tides", content: "High at six.", metadata: { a: 1 } }
        const created = yield* julep.docs.create({ user_id: user.id, doc })
        expect(created).toEqual({ ...doc, id: created.id, created_at: new Date(0), jobs: created.jobs })
        expect(created.jobs).toHaveLength(1)
        expect((yield* send("POST", `/users/${user.id}/docs`, { json: doc })).status).toBe(201)
        const deleted = yield* send("DELETE", `/users/${user.id}/docs/${created.id}`)
        expect(deleted).toMatchObject({
          status: 202,
          body: { id: created.id, deleted_at: "1970-01-01T00:00:00.000Z", jobs: [] }
        })
        expect(yield* julep.docs.list({ user_id: user.id })).toHaveLength(1)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a doc is read through its own owner", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const agent = yield* julep.agents.create({ name: "Ada" })
        const user = yield* julep.users.create({})
        for (const [owner, other] of [
          [{ agent_id: agent.id }, { user_id: user.id }],
          [{ user_id: user.id }, { agent_id: agent.id }]
        ] as const) {
          const doc = { title: "Tides", content: [odd, "b"], metadata: { a: 1 } } as const
          const { id: doc_id } = yield* julep.docs.create({ ...owner, doc })
          expect(yield* julep.docs.get({ ...owner, doc_id })).toEqual({ ...doc, id: doc_id, created_at: new Date(0) })
          expect(yield* failure(julep.docs.get({ ...other, doc_id }))).toMatchObject({
            _tag: "NotFound",
            resource: "doc",
            id: doc_id
          })
        }
        const doc_id = DocId.make(UNKNOWN_ID)
        expect(yield* failure(julep.docs.get({ agent_id: noAgent, doc_id }))).toMatchObject({ resource: "agent" })
      }).pipe(Effect.provide(mode()))
    )

    it.effect(
      "a search finds the passages of an owner's docs, best first, as many and in those docs that it asks for",
      () =>
        Effect.gen(function* () {
          const { agents, docs, users } = yield* Julep
          const tea = { title: "Tea", content: "Black tea takes four minutes.", metadata: { lang: "en" } }
          const green = { title: "Green", content: "Green tea takes two minutes.", metadata: { lang: "de" } }
          const { id: agent_id } = yield* agents.create({ name: "Ada", docs: [tea, green] })
          const { id: user_id } = yield* users.create({ docs: [{ title: "Mine", content: "My tea is cold." }] })
          const found = yield* docs.search({ agent_id }, "How long does black tea take?")
          expect(found.map(({ content, index, title }) => [title, index, content])).toEqual([
            ["Tea", 0, tea.content],
            ["Green", 0, green.content]
          ])
          expect(found[0]!.score).toBeGreaterThan(found[1]!.score)
          expect((yield* docs.get({ agent_id, doc_id: found[0]!.doc_id })).title).toBe("Tea")
          expect(yield* docs.search({ agent_id }, "tea", { limit: 1 })).toHaveLength(1)
          const german = yield* docs.search({ agent_id }, "black tea", { metadata_filter: { lang: "de" } })
          expect(german.map(({ title }) => title)).toEqual(["Green"])
          expect((yield* docs.search({ user_id }, "tea")).map(({ title }) => title)).toEqual(["Mine"])
          expect(yield* docs.search({ agent_id }, " ")).toEqual([])
          expect(yield* failure(docs.search({ agent_id: noAgent }, "tea"))).toMatchObject({ resource: "agent" })
          expect(yield* failure(docs.search({ agent_id }, "tea", { limit: 51 }))).toMatchObject({
            _tag: "InvalidRequest"
          })
        }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: docs of an unknown owner can be neither created nor listed", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const user_id = UserId.make(UNKNOWN_ID)
        const doc = { title: "T", content: "C" }
        const noOwner = { _tag: "NotFound", resource: "agent", id: noAgent }
        const noUser = { _tag: "NotFound", resource: "user", id: user_id }
        expect(yield* failure(julep.docs.create({ agent_id: noAgent, doc }))).toMatchObject(noOwner)
        expect(yield* failure(julep.docs.list({ agent_id: noAgent }))).toMatchObject(noOwner)
        expect(yield* failure(julep.docs.create({ user_id, doc }))).toMatchObject(noUser)
        expect(yield* failure(julep.docs.list({ user_id }))).toMatchObject(noUser)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a doc is deleted once, and only through its own owner", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const doc = { title: "T", content: "C" }
        const ada = yield* julep.agents.create({ name: "Ada" })
        const bob = yield* julep.agents.create({ name: "Bob" })
        const user = yield* julep.users.create({})
        const { id: doc_id } = yield* julep.docs.create({ agent_id: ada.id, doc })
        const notThere = { _tag: "NotFound", resource: "doc", id: doc_id }
        expect(yield* failure(julep.docs.delete({ agent_id: bob.id, doc_id }))).toMatchObject(notThere)
        expect(yield* failure(julep.docs.delete({ user_id: user.id, doc_id }))).toMatchObject(notThere)
        expect(yield* julep.docs.list({ agent_id: ada.id })).toHaveLength(1)
        expect(yield* julep.docs.delete({ agent_id: ada.id, doc_id })).toBe(undefined)
        expect(yield* failure(julep.docs.delete({ agent_id: ada.id, doc_id }))).toMatchObject(notThere)
        expect(yield* julep.docs.list({ agent_id: ada.id })).toEqual([])
        const nothing = DocId.make(UNKNOWN_ID)
        expect(yield* failure(julep.docs.delete({ user_id: user.id, doc_id: nothing }))).toMatchObject({
          resource: "doc",
          id: nothing
        })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("an agent and a user with the same id do not share docs", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const agent = yield* julep.agents.create({ name: "Ada", docs: [{ title: "of Ada", content: "C" }] })
        const user = yield* julep.users.create({ docs: [{ title: "of Sam", content: "C" }] })
        expect(yield* julep.docs.list({ agent_id: agent.id })).toMatchObject([{ title: "of Ada" }])
        expect(yield* julep.docs.list({ user_id: user.id })).toMatchObject([{ title: "of Sam" }])
        expect(yield* failure(julep.docs.list({ user_id: UserId.make(agent.id) }))).toMatchObject({ resource: "user" })
      }).pipe(Effect.provide(mode()))
    )
  })
