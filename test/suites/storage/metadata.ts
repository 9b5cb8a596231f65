/** Metadata: its round trip, and the filter of lists. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { yieldToEventLoop } from "../../../src/engine/ports/EventLoop.js"
import type { Cursor, ListQuery, Storage } from "../../../src/engine/ports/Storage.js"
import type { JsonObject } from "../../../src/schema/Field.js"
import { type Database, storesOf } from "../../support/storage/database.js"
import { agentRow, alice, ids, page, rowsOf, some } from "../../support/storage/rows.js"

type StoreOfAgents = Storage.Service["agents"]

const stored: JsonObject = {
  text: "x",
  number: 1,
  digits: "1",
  yes: true,
  no: false,
  nothing: null,
  list: [1],
  empty: {},
  deep: { b: [{ y: 1, x: null }], a: { d: 1, c: 2 } }
}

const cases: ReadonlyArray<readonly [filter: JsonObject, passes: boolean]> = [
  [{}, true],
  [{ text: "x" }, true],
  [{ text: "X" }, false],
  [{ text: "x", number: 1 }, true],
  [{ text: "x", number: 2 }, false],
  [JSON.parse('{ "number": 1.0 }'), true],
  [{ number: "1" }, false],
  [{ digits: 1 }, false],
  [{ yes: true }, true],
  [{ yes: 1 }, false],
  [{ yes: "true" }, false],
  [{ number: true }, false],
  [{ no: false }, true],
  [{ no: 0 }, false],
  [{ nothing: null }, false],
  [{ missing: null }, false],
  [{ missing: "x" }, false],
  [{ list: [1] }, false],
  [{ list: 1 }, false],
  [{ empty: {} }, true],
  [{ deep: { a: { c: 2, d: 1 }, b: [{ x: null, y: 1 }] } }, true],
  [{ deep: { a: { c: 2, d: 1 } } }, false],
  [{ deep: { a: { c: 2, d: 2 }, b: [{ x: null, y: 1 }] } }, false],
  [{ deep: { a: { c: 2, d: 1 }, b: [] } }, false],
  [{ "deep.a": { c: 2, d: 1 } }, false],
  [{ "$.text": "x" }, false],
  [{ 'text" = "x" OR "1': "1" }, false]
]

export const metadata = (database: Database) => {
  const withStore = storesOf(database)

  describe("the metadata filter", () => {
    it.effect("compares top-level members: texts, numbers, booleans and whole objects", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const agent = agentRow({ metadata: stored })
          yield* store.agents.insert(alice, agent)
          yield* store.agents.insert(alice, agentRow({ metadata: { other: "x" } }))
          for (const [metadata_filter, passes] of cases) {
            const found = ids(yield* rowsOf(store.agents.list(alice, page({ metadata_filter }))))
            expect([metadata_filter, found.includes(agent.id)]).toEqual([metadata_filter, passes])
          }
        })
      )
    )

    it.effect("compares as many members as it has, each as it would alone", () =>
      withStore(({ agents }) =>
        Effect.gen(function* () {
          const texts = ['"', "\\", '","', '\\"', '":"', "é", "1", ""]
          const members = texts.flatMap((key) => texts.map((value) => [`${key}k${value}`, value] as const))
          const agent = agentRow({ metadata: Object.fromEntries(members) })
          yield* agents.insert(alice, agent)
          const finds = (metadata_filter: JsonObject) =>
            Effect.map(rowsOf(agents.list(alice, page({ metadata_filter }))), (rows) => rows.length > 0)
          for (const size of [1, 7, 8, 9, 64]) {
            const filter = Object.fromEntries(members.slice(0, size))
            const [[key] = [""]] = members
            expect([size, yield* finds(filter), yield* finds({ ...filter, [key]: "other" })]).toEqual([
              size,
              true,
              false
            ])
          }
          // What stands inside a value, or across two members, is not a member.
          yield* agents.insert(alice, agentRow({ metadata: { a: '"x":"y', z: 1, y: { x: 1 } } }))
          expect([yield* finds({ x: "y" }), yield* finds({ x: 1 }), yield* finds({ 'a":"': 1 })]).toEqual([
            false,
            false,
            false
          ])
        })
      )
    )

    const many = (agents: StoreOfAgents, count: number) =>
      Effect.forEach(
        Array.from({ length: count }, (_, index) => index),
        (index) =>
          Effect.tap(
            Effect.succeed(agentRow({ created_at: index >> 5, metadata: { third: index % 3 === 0 } })),
            (row) => agents.insert(alice, row)
          )
      )

    it.effect("finds every row once, in order, from any offset and position", () =>
      withStore(({ agents }) =>
        Effect.gen(function* () {
          const rows = yield* many(agents, 200)
          for (const order of ["asc", "desc"] as const) {
            const matching = rows.filter(({ metadata }) => metadata["third"]).map(({ id }) => id)
            const expected = order === "asc" ? matching : matching.toReversed()
            const list = (query: Partial<ListQuery>) =>
              agents.list(alice, page({ order, metadata_filter: { third: true }, ...query }))
            for (const [offset, limit] of [
              [0, 1],
              [0, 1000],
              [3, 20],
              [30, 40],
              [66, 5],
              [67, 5]
            ] as const) {
              const found = ids(yield* rowsOf(list({ offset, limit })))
              expect([order, offset, found]).toEqual([order, offset, expected.slice(offset, offset + limit)])
            }
            const walked: Array<string> = []
            let after: Cursor | undefined
            do {
              const found = yield* list({ limit: 9, after })
              walked.push(...ids(found.rows))
              after = found.next
            } while (after !== undefined)
            expect(walked).toEqual(expected)
          }
        })
      )
    )

    it.effect("lets others run while it reads many rows", () =>
      withStore(({ agents }) =>
        Effect.gen(function* () {
          yield* many(agents, 200)
          let turns = 0
          const others = yield* Effect.fork(
            Effect.forever(Effect.tap(yieldToEventLoop, () => Effect.sync(() => turns++)))
          )
          expect(yield* rowsOf(agents.list(alice, page({ metadata_filter: { third: "never" } })))).toEqual([])
          yield* Fiber.interrupt(others)
          expect(turns).toBeGreaterThanOrEqual(1)
        })
      )
    )

    it.effect("follows an update", () =>
      withStore(({ agents }) =>
        Effect.gen(function* () {
          const agent = agentRow({ metadata: { stage: "old" } })
          yield* agents.insert(alice, agent)
          yield* agents.update(alice, { ...agent, metadata: { stage: "new" } })
          expect(yield* rowsOf(agents.list(alice, page({ metadata_filter: { stage: "old" } })))).toEqual([])
          expect(yield* rowsOf(agents.list(alice, page({ metadata_filter: { stage: "new" } })))).toHaveLength(1)
        })
      )
    )

    it.effect("finds keys and values of any characters and returns them unchanged", () =>
      withStore(({ agents }) =>
        Effect.gen(function* () {
          const texts = [
            "__proto__",
            "constructor",
            "a.b",
            "$[0]",
            '"',
            "'",
            "\\",
            "%",
            "?",
            "\0",
            "\ud800",
            "😀",
            "é",
            ""
          ]
          for (const key of texts) {
            const metadata: JsonObject = JSON.parse(
              `{"z":1,${JSON.stringify(key)}:${JSON.stringify(`v${key}`)},"a":{"__proto__":2,"0":[]}}`
            )
            const agent = agentRow({ metadata })
            yield* agents.insert(alice, agent)
            const metadata_filter: JsonObject = JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(`v${key}`)}}`)
            const found = yield* rowsOf(agents.list(alice, page({ metadata_filter })))
            expect(ids(found)).toEqual([agent.id])
            expect(JSON.stringify(found[0]!.metadata)).toBe(JSON.stringify(metadata))
            expect(Object.hasOwn(found[0]!.metadata, key)).toBe(true)
            expect(Object.getPrototypeOf(found[0]!.metadata)).toBe(Object.prototype)
          }
        })
      )
    )

    it.effect("keeps the order of keys, at any depth of nesting", () =>
      withStore(({ agents }) =>
        Effect.gen(function* () {
          const nested = "[".repeat(500) + "]".repeat(500)
          const text = `{"z":1,"a":{"y":[1,{"b":1,"a":2}],"x":1e21},"m":${nested}}`
          const agent = agentRow({ metadata: JSON.parse(text) })
          yield* agents.insert(alice, agent)
          expect(JSON.stringify(some(yield* agents.get(alice, agent.id)).metadata)).toBe(
            JSON.stringify(JSON.parse(text))
          )
        })
      )
    )
  })
}
