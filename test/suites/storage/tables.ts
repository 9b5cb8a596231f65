/** Agents, users, sessions and tools, which are plain tables. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AgentRow, Cursor, ListQuery, SessionRow, Table, UserRow } from "../../../src/engine/ports/Storage.js"
import { type Database, storesOf } from "../../support/storage/database.js"
import {
  agentRow,
  alice,
  docRow,
  entryRow,
  ids,
  newId,
  page,
  rowsOf,
  sessionRow,
  some,
  toolRow,
  userRow
} from "../../support/storage/rows.js"

export const tables = (database: Database) => {
  const withStore = storesOf(database)

  /** The three tables that have the same operations, each with a row of its own and a change to it. */
  const suite = <Row extends AgentRow | UserRow | SessionRow>(
    name: "agents" | "users" | "sessions",
    tableOf: (store: {
      readonly agents: Table<AgentRow>
      readonly users: Table<UserRow>
      readonly sessions: Table<SessionRow>
    }) => Table<Row>,
    rowOf: (agent_id: string, row: { created_at?: number; updated_at?: number }) => Row,
    changes: Partial<Row>
  ) =>
    describe(name, () => {
      const withTable = <E>(test: (table: Table<Row>, agent_id: string) => Effect.Effect<void, E>) =>
        withStore((store) =>
          Effect.gen(function* () {
            const agent = agentRow({ created_at: 0, updated_at: 0, name: "the agent of the sessions" })
            if (name === "sessions") yield* store.agents.insert(alice, agent)
            yield* test(tableOf(store), agent.id)
          })
        )

      it.effect("inserts, gets, updates every column and removes", () =>
        withTable((table, agent) =>
          Effect.gen(function* () {
            const row = rowOf(agent, {})
            expect(yield* table.get(alice, row.id)).toEqual(Option.none())
            expect(yield* table.exists(alice, row.id)).toBe(false)
            yield* table.insert(alice, row)
            expect(yield* table.exists(alice, row.id)).toBe(true)
            expect(yield* table.get(alice, row.id)).toEqual(Option.some(row))
            const changed = { ...row, ...changes, created_at: 7, updated_at: 8 }
            yield* table.update(alice, changed)
            expect(yield* table.get(alice, row.id)).toEqual(Option.some(changed))
            expect(yield* table.remove(alice, row.id)).toBe(true)
            expect(yield* table.remove(alice, row.id)).toBe(false)
            expect(yield* table.get(alice, row.id)).toEqual(Option.none())
          })
        )
      )

      it.effect("changes only the row with the id", () =>
        withTable((table, agent) =>
          Effect.gen(function* () {
            const [one, two] = [rowOf(agent, {}), rowOf(agent, {})]
            yield* table.insert(alice, one)
            yield* table.insert(alice, two)
            yield* table.update(alice, { ...one, ...changes })
            expect(yield* table.get(alice, two.id)).toEqual(Option.some(two))
            yield* table.remove(alice, one.id)
            expect(yield* table.get(alice, two.id)).toEqual(Option.some(two))
          })
        )
      )

      it.effect("lists by creation or last change, ties in order of insertion, page by page", () =>
        withTable((table, agent) =>
          Effect.gen(function* () {
            const times = [
              [5, 9],
              [5, 8],
              [4, 9],
              [5, 7]
            ] as const
            const rows = times.map(([created_at, updated_at]) => rowOf(agent, { created_at, updated_at }))
            for (const row of rows) yield* table.insert(alice, row)
            const listed = (query: Partial<ListQuery>) =>
              Effect.map(rowsOf(table.list(alice, page(query))), (found) =>
                found.map((row) => ids(rows).indexOf(row.id))
              )
            expect(yield* listed({ order: "asc" })).toEqual([2, 0, 1, 3])
            expect(yield* listed({ order: "desc" })).toEqual([3, 1, 0, 2])
            expect(yield* listed({ order: "asc", sort_by: "updated_at" })).toEqual([3, 1, 0, 2])
            expect(yield* listed({ order: "desc", sort_by: "updated_at" })).toEqual([2, 0, 1, 3])
            expect(yield* listed({ order: "asc", limit: 2, offset: 1 })).toEqual([0, 1])
            expect(yield* listed({ order: "asc", limit: 2, offset: 4 })).toEqual([])
          })
        )
      )

      it.effect("begins behind a position in every order, also behind that of a row that was deleted", () =>
        withTable((table, agent) =>
          Effect.gen(function* () {
            for (const order of ["asc", "desc"] as const) {
              for (const sort_by of ["created_at", "updated_at"] as const) {
                const rows = [5, 5, 4, 5, 6].map((time) => rowOf(agent, { created_at: time, updated_at: 10 - time }))
                for (const row of rows) yield* table.insert(alice, row)
                const list = (query: Partial<ListQuery>) => table.list(alice, page({ order, sort_by, ...query }))
                const whole = ids((yield* list({})).rows)
                const found: Array<string> = []
                for (let after: Cursor | undefined; ; ) {
                  const { next, rows } = yield* list({ limit: 2, after })
                  for (const { id } of rows) yield* table.remove(alice, id)
                  found.push(...ids(rows))
                  if (next === undefined) break
                  after = next
                }
                expect(found).toEqual(whole)
                expect(found).toHaveLength(5)
              }
            }
            expect(yield* table.list(alice, page())).toEqual({ rows: [], next: undefined })
          })
        )
      )

      it.effect("refuses the same id twice", () =>
        withTable((table, agent) =>
          Effect.gen(function* () {
            const row = rowOf(agent, {})
            yield* table.insert(alice, row)
            const error = yield* Effect.flip(table.insert(alice, row))
            expect(error._tag).toBe("StorageError")
            expect(error.message).toContain(`${name}.insert`)
          })
        )
      )
    })

  suite(
    "agents",
    (store) => store.agents,
    (_agent, row) => agentRow(row),
    {
      name: "Bea",
      about: "Another",
      instructions: [],
      model: null,
      default_settings: {},
      metadata: { a: [1] }
    }
  )

  suite(
    "users",
    (store) => store.users,
    (_agent, row) => userRow(row),
    { name: "Ugo", about: "", metadata: { a: null } }
  )

  suite(
    "sessions",
    (store) => store.sessions,
    (agent_id, row) => sessionRow({ agent_id, ...row }),
    { situation: "", summary: "All went well", render_templates: true, metadata: { a: { b: 1 } } }
  )

  describe("participants", () => {
    it.effect("are the session, its agent and user, and the agent's tools", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const agent = agentRow({
            about: '"quoted"\n\u2028 \ud83d\ude00',
            metadata: { a: [1] },
            default_settings: { top_p: 0.5 }
          })
          const [user, tool] = [userRow({ metadata: { b: null } }), toolRow({ agent_id: agent.id })]
          const [talk, alone] = [
            sessionRow({ agent_id: agent.id, user_id: user.id, summary: "It began", render_templates: true }),
            sessionRow({ agent_id: agent.id })
          ]
          yield* store.agents.insert(alice, agent)
          yield* store.users.insert(alice, user)
          yield* store.tools.insert(alice, tool)
          for (const session of [talk, alone]) yield* store.sessions.insert(alice, session)
          const of = (id: string) => store.sessions.participants(alice, id)
          const both = { agent, tools: [tool], newer: [], hasDocs: false }
          expect(yield* of(talk.id)).toEqual(Option.some({ ...both, session: talk, user }))
          expect(yield* of(alone.id)).toEqual(Option.some({ ...both, session: alone, user: undefined }))
          expect(yield* of(agent.id)).toEqual(Option.none())
        })
      )
    )

    it.effect("say whether the agent or the user has docs", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent, other] = [agentRow(), agentRow()]
          const user = userRow()
          for (const row of [agent, other]) yield* store.agents.insert(alice, row)
          yield* store.users.insert(alice, user)
          const [talk, alone, elsewhere] = [
            sessionRow({ agent_id: agent.id, user_id: user.id }),
            sessionRow({ agent_id: agent.id }),
            sessionRow({ agent_id: other.id })
          ]
          const sessions = [talk, alone, elsewhere]
          for (const session of sessions) yield* store.sessions.insert(alice, session)
          const haveDocs = Effect.forEach(sessions, ({ id }) =>
            Effect.map(store.sessions.participants(alice, id), (found) => some(found).hasDocs)
          )
          const doc = docRow({ kind: "user", id: user.id })
          yield* store.docs.insert(alice, doc, ["Saturn"])
          expect(yield* haveDocs).toEqual([true, false, false])
          yield* store.docs.insert(alice, docRow({ kind: "agent", id: agent.id }), ["Saturn"])
          expect(yield* haveDocs).toEqual([true, true, false])
          yield* store.docs.remove(alice, { kind: "user", id: user.id }, doc.id)
          expect(yield* haveDocs).toEqual([true, true, false])
        })
      )
    )

    it.effect("come with the history from a message on, and the row ids of its turns", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const agent = agentRow()
          yield* store.agents.insert(alice, agent)
          const [session, other] = [sessionRow({ agent_id: agent.id }), sessionRow({ agent_id: agent.id })]
          for (const row of [session, other]) yield* store.sessions.insert(alice, row)
          const extra = { source: "a model", message: { "\u2028": [0.1, null] } }
          const rows = [entryRow(), entryRow({ content: 'a "b"\n\u0001', extra }), entryRow({ role: "function" })]
          const [first, known, last] = rows.map(({ id }) => id)
          yield* store.entries.append(alice, session.id, rows)
          yield* store.entries.append(alice, other.id, [entryRow()])
          const newerThan = (id: string) =>
            Effect.map(store.sessions.participants(alice, session.id, id), (found) => some(found).newer)
          const newer = yield* newerThan(known!)
          expect(newer.map(({ entry }) => entry)).toEqual(rows.slice(1))
          const rowIds = yield* store.entries.rowIds(alice, session.id, [known!])
          expect(newer.map(({ rowId }) => rowId)).toEqual([rowIds.get(known!), null])
          expect((yield* newerThan(first!)).length).toBe(3)
          expect((yield* newerThan(last!)).length).toBe(1)
          expect(yield* newerThan(agent.id)).toEqual([])
        })
      )
    )
  })

  describe("tools", () => {
    it.effect("inserts, gets, lists newest first, lists all of a session oldest first, updates and removes", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent, other] = [agentRow(), agentRow()]
          yield* store.agents.insert(alice, agent)
          yield* store.agents.insert(alice, other)
          const session = sessionRow({ agent_id: agent.id })
          yield* store.sessions.insert(alice, session)
          const toolsOfSession = Effect.map(
            store.sessions.participants(alice, session.id),
            (found) => some(found).tools
          )
          const tools = [1, 2, 3].map(() => toolRow({ agent_id: agent.id }))
          const [first, second, third] = tools.map((tool) => tool.id)
          for (const tool of tools) yield* store.tools.insert(alice, tool)
          yield* store.tools.insert(alice, toolRow({ agent_id: other.id }))

          expect(yield* store.tools.get(alice, agent.id, first!)).toEqual(Option.some(tools[0]))
          expect(yield* store.tools.get(alice, other.id, first!)).toEqual(Option.none())
          expect(yield* toolsOfSession).toEqual(tools)
          expect(ids(yield* rowsOf(store.tools.list(alice, agent.id, { limit: 10, offset: 0 })))).toEqual([
            third,
            second,
            first
          ])
          expect(ids(yield* rowsOf(store.tools.list(alice, agent.id, { limit: 1, offset: 1 })))).toEqual([second])

          const changed = { ...tools[1]!, name: "time", description: null, parameters: {}, updated_at: 9 }
          yield* store.tools.update(alice, changed)
          expect(yield* toolsOfSession).toEqual([tools[0], changed, tools[2]])

          expect(yield* store.tools.remove(alice, other.id, first!)).toBe(false)
          expect(yield* store.tools.remove(alice, agent.id, first!)).toBe(true)
          expect(yield* store.tools.remove(alice, agent.id, first!)).toBe(false)
          expect(ids(yield* toolsOfSession)).toEqual([second, third])
        })
      )
    )

    it.effect("refuses an unknown agent", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(store.tools.insert(alice, toolRow({ agent_id: newId() })))
          expect(error._tag).toBe("StorageError")
        })
      )
    )
  })

  describe("text", () => {
    it.effect("is returned unchanged, except for characters that text cannot hold", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const name = "O'Brien \"; DROP TABLE agents; -- % _ \\ 😀 é e\u0301 \u202e \r\n\t"
          const agent = agentRow({
            name,
            instructions: ["a\0b", "\ud800"],
            metadata: { "\0": "\0", "\ud800": "\ud800" }
          })
          yield* store.agents.insert(alice, agent)
          expect(yield* store.agents.get(alice, agent.id)).toEqual(Option.some(agent))
          yield* store.agents.update(alice, { ...agent, about: "before\0after \ud800" })
          const found = Option.getOrThrow(yield* store.agents.get(alice, agent.id))
          expect(found.about).toBe("before\uFFFDafter \uFFFD")
        })
      )
    )
  })
}
