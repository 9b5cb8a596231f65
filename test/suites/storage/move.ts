/** Everything of a store moved into another one, of the same database or of another. */
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Ids } from "../../../src/engine/ports/Ids.js"
import { Storage, StorageError } from "../../../src/engine/ports/Storage.js"
import * as Export from "../../../src/engine/usecases/admin/Export.js"
import * as Move from "../../../src/engine/usecases/admin/Move.js"
import { JobQueue } from "../../../src/engine/usecases/JobQueue.js"
import type { Database } from "../../support/storage/database.js"
import {
  agentRow,
  alice,
  bob,
  docRow,
  entryRow,
  jobRow,
  memoryRow,
  newId,
  rowsOf,
  seed,
  suggestionRow
} from "../../support/storage/rows.js"
import { memoriesOf, passages, turnsOf } from "../../support/storage/search.js"

const storeOf = ({ empty }: Database) => Effect.map(Layer.build(empty), (context) => Context.get(context, Storage))

const queue = JobQueue.layer.pipe(Layer.provideMerge(Ids.layer))

const moving = (source: Storage.Service, target: Storage.Service, options?: Move.Options) =>
  Effect.flatMap(Move.make(source), (move) => move(options)).pipe(
    Effect.provide(queue),
    Effect.provideService(Storage, target)
  )

const exported = (store: Storage.Service, developers?: ReadonlyArray<string>) =>
  Effect.flatMap(Export.make, (lines) => Stream.runCollect(lines(developers))).pipe(
    Effect.map((all) => Array.from(all).join("")),
    Effect.provideService(Storage, store)
  )

const keyRow = (developer_id: string, name: string) => ({
  id: newId(),
  hash: newId(),
  developer_id,
  name,
  created_at: 1,
  used_at: 3_600_000,
  expires_at: null,
  revoked_at: name === "Revoked" ? 5 : null
})

/** A store with rows of two developers: a long history, a memory that was deleted, suggestions, jobs and keys. */
const fill = (store: Storage.Service) =>
  Effect.gen(function* () {
    const seeded = yield* seed(alice)
    yield* seed(bob)
    const { agent, session, user } = seeded
    const turns = Array.from({ length: 40 }, (_, at) =>
      entryRow({
        content: `Message ${at} about ${at % 3 === 0 ? "lighthouses and ships" : "lighthouses"}`,
        created_at: at
      })
    )
    yield* store.entries.append(alice, session.id, turns)
    const of = { agent_id: agent.id, user_id: user.id }
    for (const content of ["Likes ships", "Likes tall ships", "Was at sea"]) {
      yield* store.memories.remember(alice, memoryRow({ ...of, content, source_message_ids: [turns[3]?.id ?? ""] }))
    }
    const forgotten = memoryRow({ ...of, content: "To forget", source_message_ids: [turns[6]?.id ?? ""] })
    yield* store.memories.remember(alice, forgotten)
    yield* store.memories.remove(alice, agent.id, forgotten.id)
    const after = { session_id: session.id, message_id: turns[39]?.id ?? "" }
    const suggested = ["Ask for more", "Ask for less"].map((content) => suggestionRow({ ...after, content }))
    yield* store.suggestions.add(alice, after, suggested, 100)
    const jobs = [
      jobRow(alice, { name: "summarize_session", payload: { session_id: session.id }, lane: session.id }),
      jobRow(alice, { name: "note_facts", lane: session.id, state: "in_progress", attempts: 1 }),
      jobRow(alice, { name: "index_doc", state: "succeeded", progress: 100 }),
      jobRow(alice, { name: "index_doc", payload: { doc_id: seeded.agentDoc.id } })
    ]
    for (const job of jobs) yield* store.jobs.insert(alice, job)
    // As the engine writes it: the passages are those of the content.
    const librarian = agentRow()
    const library = { kind: "agent", id: librarian.id } as const
    yield* store.agents.insert(alice, librarian)
    for (const content of ["Ships are tall", "Tall lighthouses", "Planets of the sea"]) {
      yield* store.docs.insert(alice, docRow(library, { content }), [content])
    }
    for (const key of [keyRow(alice, "An app"), keyRow(bob, "Revoked")]) yield* store.keys.insert(key)
    return { ...seeded, jobs, library }
  }).pipe(Effect.provideService(Storage, store))

type Filled = Effect.Effect.Success<ReturnType<typeof fill>>

/** What searches find, without what each store numbers for itself. */
const found = (store: Storage.Service, { agent, library, session, user }: Filled) =>
  Effect.gen(function* () {
    const turns = yield* turnsOf(store, alice, session.id, "ships and lighthouses")
    return {
      turns: turns.map(({ entry, score }) => [entry.id, score]),
      memories: (yield* memoriesOf(store, alice, agent.id, "tall ships", { user_id: user.id })).map((memory) => [
        Object(memory).id,
        Object(memory).score
      ]),
      passages: (yield* passages(store)(alice, [library], "tall ships", 10)).map(({ doc_id, text }) => [doc_id, text])
    }
  })

export const move = (from: Database, to: Database) => {
  const scene = Effect.gen(function* () {
    const source = yield* storeOf(from)
    const rows = yield* fill(source)
    return { source, target: yield* storeOf(to), rows }
  })

  describe(`a move from ${from.name} to ${to.name}`, () => {
    it.scoped("takes everything along, with ids and times; searches find the same; a second one writes nothing", () =>
      Effect.gen(function* () {
        const { rows, source, target } = yield* scene
        const seen: Array<readonly [number, number]> = []
        const report = yield* moving(source, target, {
          onProgress: (done, total) => Effect.sync(() => void seen.push([done, total]))
        })
        expect(report).toMatchObject({
          written: { agent: 3, user: 2, tool: 2, doc: 7, session: 2, entry: 42, memory: 5 },
          unchanged: {},
          skipped: 0,
          // The deleted memory took one along.
          suggestions: 3,
          keys: 2,
          embeds: true
        })
        const [done, total] = seen.at(-1) ?? []
        expect([done, seen.length > 10]).toEqual([total, true])
        expect(yield* exported(target)).toBe(yield* exported(source))
        const page = { limit: 100, offset: 0 }
        const suggestions = (store: Storage.Service) => rowsOf(store.suggestions.list(alice, rows.session.id, page))
        expect(yield* suggestions(target)).toEqual(yield* suggestions(source))
        expect(yield* target.keys.list).toEqual(yield* source.keys.list)
        const [waiting, running, ended, indexing] = yield* Effect.forEach(rows.jobs, ({ id }) =>
          target.jobs.get(alice, id)
        )
        expect(waiting).toMatchObject({ _tag: "Some", value: rows.jobs[0] })
        expect(running).toMatchObject({ _tag: "Some", value: { ...rows.jobs[1], state: "pending" } })
        expect(ended).toMatchObject({ _tag: "Some", value: rows.jobs[2] })
        // Each doc has a new one.
        expect(indexing?._tag).toBe("None")
        const hits = yield* found(target, rows)
        expect([hits.turns.length, hits.memories.length, hits.passages.length]).toEqual([40, 2, 2])
        expect(hits).toEqual(yield* found(source, rows))
        const before = yield* target.archive.count("job", alice)
        const again = yield* moving(source, target)
        expect(again).toMatchObject({ written: {}, unchanged: report.written, suggestions: 0, jobs: 0, keys: 0 })
        expect(yield* target.archive.count("job", alice)).toBe(before)
      })
    )

    it.scoped("that was interrupted goes on", () =>
      Effect.gen(function* () {
        const { source, target } = yield* scene
        let left = 7
        const failing: Storage.Service = {
          ...target,
          transaction: (effect) =>
            Effect.suspend(() =>
              left-- > 0 ? target.transaction(effect) : Effect.fail(new StorageError({ message: "The disk is full." }))
            )
        }
        expect((yield* Effect.flip(moving(source, failing))).message).toBe("The disk is full.")
        const some = yield* target.archive.count("entry", alice)
        expect([some > 0, some < 41]).toEqual([true, true])
        const report = yield* moving(source, target)
        expect(report.unchanged.entry).toBe(some)
        expect([report.skipped, (report.written.entry ?? 0) + some]).toEqual([0, 42])
        expect(yield* exported(target)).toBe(yield* exported(source))
      })
    )

    it.scoped("refuses a target with anything that is not of the source, before it writes", () =>
      Effect.gen(function* () {
        const { rows, source, target } = yield* scene
        const nothing = yield* exported(target)
        const other = agentRow()
        yield* target.agents.insert(alice, other)
        const refused = Effect.map(Effect.flip(moving(source, target)), ({ _tag, message }) => [_tag, message])
        expect(yield* refused).toEqual([
          "MoveRefused",
          `The target has the agent ${other.id}, which the source does not have. Move into a new store, or into that of an interrupted move from the same store, which nothing has used since.`
        ])
        yield* target.agents.remove(alice, other.id)
        yield* target.agents.insert("00000000-0000-4000-8000-00000000000c", other)
        expect((yield* refused)[1]).toContain(`The target has the agent ${other.id}`)
        yield* target.agents.remove("00000000-0000-4000-8000-00000000000c", other.id)
        yield* target.agents.insert(alice, { ...rows.agent, name: "Changed since" })
        expect((yield* refused)[1]).toContain(
          `The target has the agent ${rows.agent.id}, which the source has another version`
        )
        yield* target.agents.remove(alice, rows.agent.id)
        yield* target.keys.insert(keyRow(alice, "Another"))
        expect((yield* refused)[1]).toContain("The target has the key ")
        expect(yield* exported(target)).toBe(nothing)
      })
    )

    it.scoped("of one developer leaves all others, in both stores", () =>
      Effect.gen(function* () {
        const { source, target } = yield* scene
        yield* target.agents.insert("00000000-0000-4000-8000-00000000000c", agentRow())
        const report = yield* moving(source, target, { developer: bob })
        expect(report).toMatchObject({ written: { agent: 1, entry: 1 }, keys: 1, skipped: 0 })
        expect(yield* exported(target, [bob])).toBe(yield* exported(source, [bob]))
        expect(yield* target.archive.count("entry", alice)).toBe(0)
        expect((yield* target.keys.list).map(({ developer_id }) => developer_id)).toEqual([bob])
      })
    )

    it.scoped("reports a source that was used meanwhile", () =>
      Effect.gen(function* () {
        const { rows, source, target } = yield* scene
        const late = yield* Effect.once(Effect.orDie(source.entries.append(alice, rows.session.id, [entryRow()])))
        const { message } = yield* Effect.flip(moving(source, target, { onProgress: () => late }))
        expect(message).toBe(
          "The source has 42 rows of the kind entry, and the target 41: something used one of the stores meanwhile. Stop it, and move again."
        )
        expect((yield* moving(source, target)).written).toEqual({ entry: 1 })
      })
    )
  })
}
