import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { AgentId, Julep, type RequestError, SessionId, UserId } from "../../src/index.js"
import type { FilteredPage } from "../../src/schema/api/Query.js"
import type { JsonObject } from "../../src/schema/Field.js"
import type { Mode } from "../support/modes.js"

type Result<A> = Effect.Effect<A, RequestError>

/** A list of one kind of resource: how an item with some metadata gets into it, and how it is changed. */
interface Listed {
  readonly create: (metadata: JsonObject) => Result<string>
  readonly list: (query?: FilteredPage) => Result<ReadonlyArray<string>>
  readonly listAll: (query?: FilteredPage) => Result<ReadonlyArray<string>>
  readonly touch?: (id: string) => Result<unknown>
  /** Every item, deleted as soon as it is read. */
  readonly deleteAll: (query?: FilteredPage) => Result<ReadonlyArray<string>>
}

const idsOf = (items: Iterable<{ readonly id: string }>) => [...items].map(({ id }) => id)
const made = <R extends { readonly id: string }>(created: Result<R>): Result<string> => Effect.map(created, (r) => r.id)

const deleting = <Item extends { readonly id: string }>(
  items: Stream.Stream<Item, RequestError>,
  remove: (id: Item["id"]) => Result<unknown>
) => Effect.map(Stream.runCollect(Stream.tap(items, ({ id }) => remove(id))), idsOf)

const kinds: Readonly<Record<string, (julep: Julep.Service) => Result<Listed>>> = {
  agents: ({ agents }) =>
    Effect.succeed({
      create: (metadata) => made(agents.create({ name: "Ada", metadata })),
      list: (query) => Effect.map(agents.list(query), idsOf),
      listAll: (query) => Effect.map(Stream.runCollect(agents.listAll(query)), idsOf),
      touch: (id) => agents.update(AgentId.make(id), {}),
      deleteAll: (query) => deleting(agents.listAll(query), agents.delete)
    }),
  users: ({ users }) =>
    Effect.succeed({
      create: (metadata) => made(users.create({ metadata })),
      list: (query) => Effect.map(users.list(query), idsOf),
      listAll: (query) => Effect.map(Stream.runCollect(users.listAll(query)), idsOf),
      touch: (id) => users.update(UserId.make(id), {}),
      deleteAll: (query) => deleting(users.listAll(query), users.delete)
    }),
  sessions: ({ agents, sessions }) =>
    Effect.map(agents.create({ name: "Ada" }), (agent) => ({
      create: (metadata) => made(sessions.create({ agent_id: agent.id, metadata })),
      list: (query) => Effect.map(sessions.list(query), idsOf),
      listAll: (query) => Effect.map(Stream.runCollect(sessions.listAll(query)), idsOf),
      touch: (id) => sessions.update(SessionId.make(id), {}),
      deleteAll: (query) => deleting(sessions.listAll(query), sessions.delete)
    })),
  "docs of an agent": ({ agents, docs }) =>
    Effect.map(agents.create({ name: "Ada" }), ({ id: agent_id }) => ({
      create: (metadata) => made(docs.create({ agent_id, doc: { title: "T", content: ["a", "b"], metadata } })),
      list: (query) => Effect.map(docs.list({ agent_id }, query), idsOf),
      listAll: (query) => Effect.map(Stream.runCollect(docs.listAll({ agent_id }, query)), idsOf),
      deleteAll: (query) => deleting(docs.listAll({ agent_id }, query), (doc_id) => docs.delete({ agent_id, doc_id }))
    })),
  "docs of a user": ({ docs, users }) =>
    Effect.map(users.create({}), ({ id: user_id }) => ({
      create: (metadata) => made(docs.create({ user_id, doc: { title: "T", content: "a", metadata } })),
      list: (query) => Effect.map(docs.list({ user_id }, query), idsOf),
      listAll: (query) => Effect.map(Stream.runCollect(docs.listAll({ user_id }, query)), idsOf),
      deleteAll: (query) => deleting(docs.listAll({ user_id }, query), (doc_id) => docs.delete({ user_id, doc_id }))
    }))
}

/** Each case: a filter, and the metadata that it must find and must not find. */
const filters: ReadonlyArray<{ filter: JsonObject; finds: ReadonlyArray<JsonObject>; not: ReadonlyArray<JsonObject> }> =
  [
    { filter: { k: "v" }, finds: [{ k: "v" }, { k: "v", other: 1 }], not: [{ k: "V" }, { k: "vv" }, { K: "v" }, {}] },
    { filter: { k: 1 }, finds: [{ k: 1 }, JSON.parse('{"k":1.0}')], not: [{ k: "1" }, { k: true }, { k: 1.5 }] },
    { filter: { k: true }, finds: [{ k: true }], not: [{ k: false }, { k: 1 }, { k: "true" }] },
    { filter: { k: { a: 1, b: [2, { c: 3 }] } }, finds: [{ k: { b: [2, { c: 3 }], a: 1 } }], not: [{ k: { a: 1 } }] },
    { filter: { k: { a: 1 } }, finds: [{ k: { a: 1 } }], not: [{ k: { a: 1, b: 2 } }, { k: {} }, { a: 1 }] },
    { filter: { k: [1] }, finds: [], not: [{ k: [1] }, { k: 1 }] },
    { filter: { k: null }, finds: [], not: [{ k: null }, {}] },
    { filter: { a: 1, b: "x" }, finds: [{ b: "x", a: 1 }], not: [{ a: 1 }, { b: "x" }, { a: 1, b: "y" }] },
    { filter: { k: 'a "quoted" \\ text' }, finds: [{ k: 'a "quoted" \\ text' }], not: [{ k: "a quoted text" }] },
    { filter: { k: "') OR 1=1 --" }, finds: [{ k: "') OR 1=1 --" }], not: [{ k: "x" }] },
    {
      filter: { 'key "with" $.dots[0] & 😀%': "é" },
      finds: [{ 'key "with" $.dots[0] & 😀%': "é" }],
      not: [{ k: "é" }]
    },
    { filter: { k: "" }, finds: [{ k: "" }], not: [{}, { k: " " }] },
    { filter: {}, finds: [{}, { k: 1 }], not: [] }
  ]

/** Every list that has a metadata filter: order, pages and filters. The others are read whole while items are deleted. */
export const lists = (mode: Mode) => {
  describe("listAll", () => {
    it.effect("gives every tool and memory, also where each is deleted as it is read", () =>
      Effect.gen(function* () {
        const { agents, memories, sessions, tools } = yield* Julep
        const functions = ["a", "b", "c", "d", "e"].map((name) => ({ name, parameters: {} }))
        const { id: agent_id } = yield* agents.create({ name: "Ada", functions })
        const session = yield* sessions.create({ agent_id })
        for (const time of ["six", "seven", "eight", "nine", "ten"]) {
          yield* sessions.chat(session.id, `The ferry to the island sails at ${time}.`)
        }
        const toolsRead = deleting(tools.listAll(agent_id, { limit: 2 }), (tool_id) =>
          tools.delete({ agent_id, tool_id })
        )
        expect(new Set(yield* toolsRead).size).toBe(5)
        const all = memories.listAll({ agent_id, limit: 2 })
        const memoriesRead = yield* deleting(all, (memory_id) => memories.delete({ agent_id, memory_id }))
        expect(new Set(memoriesRead).size).toBe(5)
        expect([yield* tools.list(agent_id), yield* memories.list({ agent_id })]).toEqual([[], []])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("gives the whole history, also where messages are added as it is read", () =>
      Effect.gen(function* () {
        const { agents, sessions } = yield* Julep
        const { id: agent_id } = yield* agents.create({ name: "Ada" })
        const { id } = yield* sessions.create({ agent_id })
        for (let turn = 0; turn < 60; turn++) yield* sessions.chat(id, `Turn ${turn}`)
        const read = yield* Stream.runCollect(
          Stream.tap(sessions.historyAll(id), ({ content }) =>
            content === "Turn 10" ? sessions.chat(id, "Added") : Effect.void
          )
        )
        expect([...read].map(({ content }) => content).filter((content) => content !== "ok")).toEqual([
          ...Array.from({ length: 60 }, (_, turn) => `Turn ${turn}`),
          "Added"
        ])
      }).pipe(Effect.provide(mode()))
    )
  })

  for (const [kind, open] of Object.entries(kinds)) {
    describe(`list of ${kind}`, () => {
      it.effect("v0.3 fault: newest first by default, in pages, and in the requested order", () =>
        Effect.gen(function* () {
          const { create, list, listAll } = yield* Effect.flatMap(Julep, open)
          const made: Array<string> = []
          // All within one millisecond: the order is the order of insertion, not of the clock.
          for (let index = 0; index < 5; index++) made.unshift(yield* create({ index }))
          expect(yield* list()).toEqual(made)
          expect(yield* list({ order: "desc", sort_by: "created_at" })).toEqual(made)
          expect(yield* list({ order: "asc" })).toEqual(made.toReversed())
          expect(yield* list({ limit: 2 })).toEqual(made.slice(0, 2))
          expect(yield* list({ limit: 2, offset: 3, order: "desc" })).toEqual(made.slice(3))
          expect(yield* list({ limit: 1, offset: 1, order: "asc" })).toEqual([made[3]])
          expect(yield* list({ offset: 5 })).toEqual([])
          expect(yield* listAll({ limit: 2 })).toEqual(made)
          expect(yield* listAll({ limit: 5, metadata_filter: { index: 4 } })).toEqual([made[0]])
        }).pipe(Effect.provide(mode()))
      )

      it.effect("listAll gives every item, also where each is deleted as it is read, in every order", () =>
        Effect.gen(function* () {
          const { create, deleteAll, list, touch } = yield* Effect.flatMap(Julep, open)
          for (const order of ["asc", "desc"] as const) {
            for (const sort_by of ["created_at", "updated_at"] as const) {
              for (let index = 0; index < 7; index++) {
                const id = yield* create({ even: index % 2 === 0 })
                if (touch !== undefined && index % 3 === 0) yield* touch(id)
                if (index % 2 === 0) yield* TestClock.adjust("1 second")
              }
              const sorted = yield* list({ order, sort_by, metadata_filter: { even: true } })
              const even = yield* deleteAll({ limit: 2, offset: 1, order, sort_by, metadata_filter: { even: true } })
              expect(even).toEqual(sorted.slice(1))
              const rest = yield* list({ order, sort_by })
              expect(yield* deleteAll({ limit: 2, order, sort_by })).toEqual(rest)
              expect(yield* list()).toEqual([])
            }
          }
        }).pipe(Effect.provide(mode()))
      )

      it.effect("v0.3 fault: sort_by updated_at follows changes, created_at does not", () =>
        Effect.gen(function* () {
          const { create, list, touch } = yield* Effect.flatMap(Julep, open)
          const first = yield* create({})
          yield* TestClock.adjust("1 second")
          const second = yield* create({})
          yield* TestClock.adjust("1 second")
          if (touch !== undefined) yield* touch(first)
          const changed = touch === undefined ? [second, first] : [first, second]
          expect(yield* list({ sort_by: "updated_at" })).toEqual(changed)
          expect(yield* list({ sort_by: "updated_at", order: "asc" })).toEqual(changed.toReversed())
          expect(yield* list({ sort_by: "created_at" })).toEqual([second, first])
        }).pipe(Effect.provide(mode()))
      )

      it.effect(
        "v0.3 fault: metadata_filter compares top-level keys for equality, whatever characters they contain",
        () =>
          Effect.gen(function* () {
            const { create, list } = yield* Effect.flatMap(Julep, open)
            const known = new Map<string, string>()
            for (const metadata of filters.flatMap(({ finds, not }) => [...finds, ...not])) {
              const text = JSON.stringify(metadata)
              if (!known.has(text)) known.set(text, yield* create(metadata))
            }
            const textOf = new Map([...known].map(([text, id]) => [id, text]))
            for (const { filter, finds, not } of filters) {
              const found = (yield* list({ metadata_filter: filter, limit: 1000 })).map((id) => textOf.get(id))
              for (const metadata of finds) expect(found, JSON.stringify(filter)).toContain(JSON.stringify(metadata))
              for (const metadata of not) expect(found, JSON.stringify(filter)).not.toContain(JSON.stringify(metadata))
            }
            const pages = yield* list({ metadata_filter: { k: "v" }, limit: 1, offset: 1, order: "asc" })
            expect(pages.map((id) => textOf.get(id))).toEqual(['{"k":"v","other":1}'])
          }).pipe(Effect.provide(mode()))
      )
    })
  }
}
