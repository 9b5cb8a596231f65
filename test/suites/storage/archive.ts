/** Everything of a store as lines, written into another one. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Ids } from "../../../src/engine/ports/Ids.js"
import { type EntryRow, Storage } from "../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../src/engine/text/Words.js"
import * as Export from "../../../src/engine/usecases/admin/Export.js"
import * as Import from "../../../src/engine/usecases/admin/Import.js"
import { JobQueue } from "../../../src/engine/usecases/JobQueue.js"
import { counts, type Database } from "../../support/storage/database.js"
import {
  agentRow,
  alice,
  bob,
  docRow,
  entryRow,
  ids,
  memoryRow,
  page,
  rowsOf,
  seed,
  sessionRow,
  toolRow,
  userRow
} from "../../support/storage/rows.js"
import { limits, turnsOf } from "../../support/storage/search.js"

const exported = (developers?: ReadonlyArray<string>) =>
  Effect.flatMap(Export.make, (lines) =>
    Effect.map(Stream.runCollect(lines(developers)), (all) =>
      Array.from(all)
        .join("")
        .split(/(?<=\n)/)
    )
  )

/** The bytes of some lines, in pieces that end anywhere. */
const bytesOf = (lines: ReadonlyArray<string>, size = 300) => {
  const bytes = new TextEncoder().encode(lines.join(""))
  const count = Math.ceil(bytes.length / size)
  return Stream.fromIterable(Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size)))
}

const queue = JobQueue.layer.pipe(Layer.provide(Ids.layer))

const importing = <E>(bytes: Stream.Stream<Uint8Array, E>, options?: Import.Options) =>
  Effect.flatMap(Import.make, (write) => write(bytes, options)).pipe(Effect.provide(queue), Effect.provide(Ids.layer))

const parsed = (lines: ReadonlyArray<string>): ReadonlyArray<ReturnType<typeof JSON.parse>> =>
  lines.map((line) => JSON.parse(line))

const word = FastCheck.string({ unit: "grapheme", maxLength: 12 })
const metadata = FastCheck.dictionary(word, FastCheck.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }).map((value) =>
  JSON.parse(JSON.stringify(value))
)
const number = FastCheck.nat(1000)
const flag = FastCheck.boolean()
const several = <A>(item: FastCheck.Arbitrary<A>) => FastCheck.array(item, { maxLength: 6 })

/** What a store may have, by the numbers of what it belongs to. */
const stores = FastCheck.record({
  agents: FastCheck.array(FastCheck.record({ name: word, metadata, key: FastCheck.option(FastCheck.uuid()) }), {
    minLength: 1,
    maxLength: 3
  }),
  users: several(FastCheck.record({ name: word, about: word, metadata })),
  tools: several(FastCheck.record({ agent: number, name: word, strict: FastCheck.option(flag) })),
  docs: several(
    FastCheck.record({ owner: number, title: word, content: FastCheck.oneof(word, FastCheck.array(word)), metadata })
  ),
  sessions: several(
    FastCheck.record({ agent: number, user: number, situation: word, summary: FastCheck.option(word), metadata })
  ),
  entries: FastCheck.array(
    FastCheck.record({
      session: number,
      role: FastCheck.constantFrom("user", "assistant", "function_call", "function"),
      content: FastCheck.oneof(
        word,
        FastCheck.array(FastCheck.record({ type: FastCheck.constant("text" as const), text: word }))
      ),
      extra: FastCheck.option(FastCheck.record({ source: word, message: metadata })),
      shared: flag,
      refused: flag,
      aborted: flag
    }),
    { maxLength: 40 }
  ),
  memories: several(
    FastCheck.record({
      session: number,
      content: word,
      source: number,
      forgotten: flag,
      ends_at: FastCheck.option(FastCheck.nat())
    })
  )
})

type Described = typeof stores extends FastCheck.Arbitrary<infer A> ? A : never

/** Writes what is described. What it cannot belong to is left out. */
const write = (developer: string, { agents, docs, entries, memories, sessions, tools, users }: Described) =>
  Effect.gen(function* () {
    const store = yield* Storage
    const at = <A>(rows: ReadonlyArray<A>, number: number): A | undefined => rows[number % Math.max(1, rows.length)]
    const agentRows = agents.map((agent) => agentRow(agent))
    const userRows = users.map((user) => userRow(user))
    yield* Effect.forEach(agentRows, (row) => store.agents.insert(developer, row))
    yield* Effect.forEach(userRows, (row) => store.users.insert(developer, row))
    for (const { agent, ...tool } of tools) {
      yield* store.tools.insert(developer, toolRow({ ...tool, agent_id: at(agentRows, agent)?.id ?? "" }))
    }
    const owners = [
      ...agentRows.map(({ id }) => ({ kind: "agent", id }) as const),
      ...userRows.map(({ id }) => ({ kind: "user", id }) as const)
    ]
    for (const { owner, ...doc } of docs) {
      const owned = at(owners, owner)
      if (owned !== undefined) yield* store.docs.insert(developer, docRow(owned, doc), ["A passage"])
    }
    const sessionRows = sessions.map(({ agent, user, ...session }) =>
      sessionRow({
        ...session,
        agent_id: at(agentRows, agent)?.id ?? "",
        user_id: at([...userRows, undefined], user)?.id ?? null
      })
    )
    yield* Effect.forEach(sessionRows, (row) => store.sessions.insert(developer, row))
    const entryRows: Array<EntryRow> = []
    for (const { session, shared, ...entry } of entries) {
      const of = at(sessionRows, session)
      if (of === undefined) continue
      const row = entryRow({ ...entry, refused: false })
      entryRows.push(row)
      yield* store.entries.append(developer, of.id, [row], { shared })
      if (entry.refused) yield* store.entries.refuse(developer, of.id, [row.id])
    }
    for (const { content, ends_at, forgotten, session, source } of memories) {
      const of = at(sessionRows, session)
      if (of === undefined) continue
      const entry = at(entryRows, source)
      const memory = memoryRow({
        agent_id: of.agent_id,
        user_id: of.user_id,
        content,
        ends_at,
        source_message_ids: entry === undefined ? [] : [entry.id]
      })
      yield* store.memories.remember(developer, memory)
      if (forgotten) yield* store.memories.remove(developer, of.agent_id, memory.id)
    }
  })

export const archive = (database: Database) => {
  const inEmpty = <A, E>(effect: Effect.Effect<A, E, Storage | Layer.Layer.Success<typeof database.empty>>) =>
    Effect.provide(effect, database.empty)

  describe("an export", () => {
    it.live("of any store, imported into an empty one, is exported again as it was, and searches find the same", () => {
      const holds = FastCheck.asyncProperty(stores, stores, (one, other) =>
        Effect.gen(function* () {
          const [lines, before] = yield* inEmpty(
            Effect.gen(function* () {
              yield* write(alice, one)
              yield* write(bob, other)
              return [yield* exported(), yield* counts] as const
            })
          )
          yield* inEmpty(
            Effect.gen(function* () {
              const report = yield* importing(bytesOf(lines))
              expect(report).toMatchObject({ skipped: 0, complete: true, unchanged: {} })
              expect(yield* exported()).toEqual(lines)
              const after = yield* counts
              expect([after["indexed_turns"], after["indexed_memories"]]).toEqual([
                before["indexed_turns"],
                before["indexed_memories"]
              ])
            })
          )
        }).pipe(Effect.runPromise)
      )
      return Effect.promise(() => FastCheck.assert(holds, { numRuns: 12, endOnFailure: true }))
    })

    it.effect("has a header, the rows of the developers, and their number, but no key and nothing of others", () =>
      inEmpty(
        Effect.gen(function* () {
          const store = yield* Storage
          const { agent, entry } = yield* seed(alice)
          yield* seed(bob)
          const secret = "0f".repeat(32)
          yield* store.keys.insert({
            id: agent.id,
            hash: secret,
            developer_id: alice,
            name: "A key",
            created_at: 1,
            used_at: null,
            expires_at: null,
            revoked_at: null
          })
          const lines = parsed(yield* exported([alice]))
          expect(lines[0]).toEqual({ kind: "header", format: "effect-julep", version: 1 })
          expect(lines.at(-1)).toEqual({
            kind: "end",
            counts: { agent: 1, user: 1, tool: 1, doc: 2, session: 1, entry: 1, memory: 1 }
          })
          expect(lines[1]).toEqual({ kind: "agent", developer_id: alice, row: agent })
          expect(lines.find(({ kind }) => kind === "entry").row).toMatchObject({
            ...entry,
            shared: true,
            forgotten: false
          })
          expect(new Set(lines.map(({ developer_id }) => developer_id))).toEqual(new Set([undefined, alice]))
          expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${secret}|nonce|claimed`))
        })
      )
    )
  })

  describe("an export of a store in use", () => {
    it.effect("has what was there when it began, so that no row refers to one that it lacks", () =>
      inEmpty(
        Effect.gen(function* () {
          const store = yield* Storage
          const { session } = yield* seed(alice)
          const whole = yield* exported()
          const exportAll = yield* Export.make
          const late = Effect.gen(function* () {
            const other = agentRow()
            yield* store.agents.insert(alice, other)
            yield* store.sessions.insert(alice, sessionRow({ agent_id: other.id }))
            yield* store.entries.append(alice, session.id, [entryRow()])
          })
          const [first] = whole
          const lines = yield* Stream.runCollect(
            Stream.tap(exportAll(), (text) => (text === first ? late : Effect.void))
          )
          expect(Array.from(lines).join("")).toBe(whole.join(""))
          expect((yield* exported()).length).toBe(whole.length + 3)
        })
      )
    )
  })

  describe("an import", () => {
    const scene = Effect.gen(function* () {
      const { agent, session, user } = yield* seed(alice)
      const store = yield* Storage
      const turns = Array.from({ length: 30 }, (_, at) => entryRow({ content: `Message ${at} about lighthouses` }))
      yield* store.entries.append(alice, session.id, turns)
      return { agent, session, user, turns, lines: yield* exported() }
    })

    it.effect("that is done again writes nothing, and one that was cut off goes on", () =>
      Effect.gen(function* () {
        const { lines } = yield* inEmpty(scene)
        yield* inEmpty(
          Effect.gen(function* () {
            const half = Stream.concat(Stream.take(bytesOf(lines), 20), Stream.fail("cut off" as const))
            expect(yield* Effect.flip(importing(half))).toBe("cut off")
            const some = yield* exported()
            expect(some.length).toBeGreaterThan(5)
            expect(some.length).toBeLessThan(lines.length)
            const rest = yield* importing(bytesOf(lines))
            expect([rest.skipped, rest.complete, rest.unchanged.agent]).toEqual([0, true, 1])
            expect(yield* exported()).toEqual(lines)
            const rows = yield* counts
            const again = yield* importing(bytesOf(lines, 7))
            expect([again.skipped, again.written]).toEqual([0, {}])
            expect(again.unchanged).toEqual(JSON.parse(lines.at(-1) ?? "").counts)
            expect(yield* counts).toEqual(rows)
          })
        )
      })
    )

    it.effect("takes a line that stands twice once", () =>
      Effect.gen(function* () {
        const { lines } = yield* inEmpty(scene)
        const twice = lines.flatMap((line) => (line.includes('"kind":"end"') ? [line] : [line, line]))
        const report = yield* inEmpty(importing(bytesOf(twice, 5000)))
        expect([report.skipped, report.written]).toEqual([0, report.unchanged])
      })
    )

    it.effect("leaves what differs, and reports it with what hangs on it", () =>
      Effect.gen(function* () {
        const { agent, lines, session, user } = yield* inEmpty(scene)
        yield* inEmpty(
          Effect.gen(function* () {
            const store = yield* Storage
            const other = agentRow({ key: agent.key })
            yield* store.agents.insert(alice, other)
            yield* store.users.insert(alice, { ...user, name: "Another" })
            const report = yield* importing(bytesOf(lines))
            expect(report.written).toEqual({ doc: 1 })
            expect(report.skipped).toBe(37)
            expect(report.rows.slice(0, 3)).toEqual([
              { kind: "agent", id: agent.id, reason: `the store has agent ${other.id} in its place` },
              { kind: "user", id: user.id, reason: "the store has another version of it" },
              { kind: "tool", id: expect.any(String), reason: `the store has no agent ${agent.id}` }
            ])
            expect(report.rows.at(-2)?.reason).toBe(`the store has no session ${session.id}`)
            expect((yield* rowsOf(store.users.list(alice, page())))[0]?.name).toBe("Another")
          })
        )
      })
    )

    it.effect("takes memories of an export from before they had an end", () =>
      Effect.gen(function* () {
        const { lines } = yield* inEmpty(scene)
        const older = lines.map((line) => line.replace('"ends_at":null,', ""))
        expect(older).not.toEqual(lines)
        yield* inEmpty(
          Effect.gen(function* () {
            expect((yield* importing(bytesOf(older))).skipped).toBe(0)
            expect(yield* exported()).toEqual(lines)
          })
        )
      })
    )

    it.effect("can give everything to another developer", () =>
      Effect.gen(function* () {
        const { lines, session, turns } = yield* inEmpty(scene)
        yield* inEmpty(
          Effect.gen(function* () {
            const store = yield* Storage
            yield* importing(bytesOf(lines), { developer: bob })
            expect(ids(yield* rowsOf(store.sessions.list(alice, page())))).toEqual([])
            expect(ids(yield* rowsOf(store.sessions.list(bob, page())))).toEqual([session.id])
            const { turns: found } = yield* store.entries.find(bob, session.id, parseQuery("lighthouses"), limits)
            expect(found.postings[0]).toHaveLength(turns.length)
            expect(yield* turnsOf(store, alice, session.id, "lighthouses")).toEqual([])
          })
        )
      })
    )

    const bad: ReadonlyArray<readonly [string, string]> = [
      ["a text", "it is not JSON."],
      ['{"kind":"key","row":{}}', "its kind must be header, agent, user, tool, doc, session, entry, memory or end."],
      [`{"kind":"user","developer_id":"${alice}","row":{"id":"x"}}`, "row.id: Expected a UUID in lower case"],
      [
        `{"kind":"user","developer_id":"${alice}","row":${JSON.stringify({ ...userRow(), created_at: 8_640_000_000_000_001 })}}`,
        "row.created_at: Expected milliseconds since 1970, at most those of the year 275760"
      ],
      ['{"kind":"header","format":"effect-julep","version":2}', "a newer release wrote it"],
      ['{"kind":"header","format":"other","version":1}', "format"]
    ]
    it.effect.each(bad)("refuses the line %s with its number", ([line, message]) =>
      inEmpty(
        Effect.gen(function* () {
          const error = yield* Effect.flip(importing(bytesOf(["\n", `${line}\n`])))
          expect(error).toMatchObject({ _tag: "BadRequest", code: "INVALID_LINE" })
          expect(String(Object(error).message)).toContain("Line 2 cannot be imported: ")
          expect(String(Object(error).message)).toContain(message)
        })
      )
    )

    it.effect("refuses bytes that are not UTF-8, and says whether the end was there", () =>
      inEmpty(
        Effect.gen(function* () {
          const error = yield* Effect.flip(importing(Stream.make(Uint8Array.of(10, 0xff, 10))))
          expect(Object(error).message).toContain("Line 2 cannot be imported: it is not UTF-8.")
          expect((yield* importing(Stream.empty)).complete).toBe(false)
        })
      )
    )
  })
}
