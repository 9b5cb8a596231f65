/** A developer neither sees nor changes the rows of another. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { LeaseLost, Storage, StorageError } from "../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../src/engine/text/Words.js"
import { type Database, dump, storesOf } from "../../support/storage/database.js"
import { keep, keptUnder } from "../../support/storage/replies.js"
import {
  agentRow,
  alice,
  bob,
  docRow,
  entryRow,
  finishedTurn,
  memoryRow,
  page,
  rowsOf,
  seed,
  sessionRow,
  toolRow
} from "../../support/storage/rows.js"
import { limits, memoriesOf, passages, rowIdsOf } from "../../support/storage/search.js"

type Seeded = Effect.Effect.Success<ReturnType<typeof seed>>

/** Every method that takes ids, called by Bob with the ids of Alice's rows. Each must return an empty result. */
const nothing: Record<
  string,
  (store: Storage.Service, of: Seeded) => Effect.Effect<unknown, StorageError | LeaseLost>
> = {
  "agents.get": ({ agents }, { agent }) => agents.get(bob, agent.id),
  "agents.exists": ({ agents }, { agent }) => agents.exists(bob, agent.id),
  "agents.getForUpdate": ({ agents }, { agent }) => agents.getForUpdate(bob, agent.id),
  "agents.existsForShare": ({ agents }, { agent }) => agents.existsForShare(bob, agent.id),
  "agents.byKey": ({ agents }, { agent }) => agents.byKey(bob, agent.key ?? ""),
  "agents.list": ({ agents }) => rowsOf(agents.list(bob, page())),
  "agents.update": ({ agents }, { agent }) => agents.update(bob, { ...agent, name: "Bob's" }),
  "agents.remove": ({ agents }, { agent }) => agents.remove(bob, agent.id),
  "users.get": ({ users }, { user }) => users.get(bob, user.id),
  "users.exists": ({ users }, { user }) => users.exists(bob, user.id),
  "users.getForUpdate": ({ users }, { user }) => users.getForUpdate(bob, user.id),
  "users.existsForShare": ({ users }, { user }) => users.existsForShare(bob, user.id),
  "users.list": ({ users }) => rowsOf(users.list(bob, page())),
  "users.update": ({ users }, { user }) => users.update(bob, { ...user, name: "Bob's" }),
  "users.remove": ({ users }, { user }) => users.remove(bob, user.id),
  "sessions.get": ({ sessions }, { session }) => sessions.get(bob, session.id),
  "sessions.exists": ({ sessions }, { session }) => sessions.exists(bob, session.id),
  "sessions.getForUpdate": ({ sessions }, { session }) => sessions.getForUpdate(bob, session.id),
  "sessions.existsForShare": ({ sessions }, { session }) => sessions.existsForShare(bob, session.id),
  "sessions.list": ({ sessions }) => rowsOf(sessions.list(bob, page())),
  "sessions.update": ({ sessions }, { session }) => sessions.update(bob, { ...session, situation: "Bob's" }),
  "sessions.summarize": ({ sessions }, { entry, session }) =>
    sessions.summarize(bob, session.id, { from: null, through: entry.id, summary: "Bob's" }),
  "sessions.remove": ({ sessions }, { session }) => sessions.remove(bob, session.id),
  "tools.get": ({ tools }, { agent, tool }) => tools.get(bob, agent.id, tool.id),
  "tools.getForUpdate": ({ tools }, { agent, tool }) => tools.getForUpdate(bob, agent.id, tool.id),
  "tools.list": ({ tools }, { agent }) => rowsOf(tools.list(bob, agent.id, { limit: 10, offset: 0 })),
  "sessions.participants": ({ sessions }, { session }) => sessions.participants(bob, session.id),
  "tools.update": ({ tools }, { tool }) => tools.update(bob, { ...tool, name: "bobs" }),
  "tools.remove": ({ tools }, { agent, tool }) => tools.remove(bob, agent.id, tool.id),
  "docs.list of an agent": ({ docs }, { ofAgent }) => rowsOf(docs.list(bob, ofAgent, page())),
  "docs.list of a user": ({ docs }, { ofUser }) => rowsOf(docs.list(bob, ofUser, page())),
  "docs.get of an agent": ({ docs }, { agentDoc, ofAgent }) => docs.get(bob, ofAgent, agentDoc.id),
  "docs.get of a user": ({ docs }, { ofUser, userDoc }) => docs.get(bob, ofUser, userDoc.id),
  "docs.byKey": ({ docs }, { ofAgent }) => docs.byKey(bob, ofAgent, "planets"),
  "docs.prune": ({ docs }, { ofAgent }) =>
    Effect.map(docs.prune(bob, ofAgent, new Set(), "", 10), ({ deleted }) => deleted),
  "docs.remove of an agent": ({ docs }, { agentDoc, ofAgent }) => docs.remove(bob, ofAgent, agentDoc.id),
  "docs.remove of a user": ({ docs }, { ofUser, userDoc }) => docs.remove(bob, ofUser, userDoc.id),
  "docs.source": ({ docs }, { agentDoc }) => docs.source(bob, agentDoc.id),
  "docs.append": ({ docs }, { agentDoc }) => docs.append(bob, agentDoc, 2, ["Bob's"]),
  "docs.find": ({ docs }, { ofAgent, ofUser }) =>
    Effect.map(docs.find(bob, [ofAgent, ofUser], parseQuery("Saturn rings roses"), limits), ({ postings, rows }) =>
      [...postings.flat(), rows].filter(Boolean)
    ),
  "docs.at": (store, { ofAgent }) =>
    Effect.flatMap(rowIdsOf(store)(alice, [ofAgent], "Saturn"), (rowIds) =>
      rowIds.length === 0 ? Effect.dieMessage("Alice's own search finds nothing") : store.docs.at(bob, rowIds)
    ),
  "vectors.space": ({ vectors }) => vectors.space(bob),
  "vectors.passages": ({ vectors }, { agentDoc }) => vectors.passages(bob, agentDoc.id, 0, 10),
  "vectors.known": ({ vectors }) => Effect.map(vectors.known(bob, ["Saturn has rings"]), ([known]) => known),
  "vectors.nearestNeighbours": ({ vectors }, { ofAgent, ofUser }) =>
    vectors.nearestNeighbours(bob, [ofAgent, ofUser], Float32Array.of(1, 0), 10),
  "vectors.similarities": ({ vectors }, { ofAgent }) =>
    Effect.flatMap(vectors.nearestNeighbours(alice, [ofAgent], Float32Array.of(1, 0), 10), (near) =>
      near.length === 0
        ? Effect.dieMessage("Alice's own search finds nothing")
        : vectors.similarities(
            bob,
            near.map(({ rowId }) => rowId),
            Float32Array.of(1, 0)
          )
    ),
  "vectors.put": ({ vectors }, { agentDoc }) =>
    vectors.put(bob, agentDoc.id, { name: "m", dimensions: 2 }, [
      { position: 0, embedded: "Saturn has rings", vector: Float32Array.of(0, 1) }
    ]),
  "vectors.setSemantic": ({ vectors }) => vectors.setSemantic(bob, { name: "m", dimensions: 2, semantic: true }),
  "turnVectors.missing": ({ turnVectors }, { session }) => turnVectors.missing(bob, session.id, 10),
  "turnVectors.put": (store, { entry, session }) =>
    Effect.flatMap(store.turnVectors.similarities(alice, session.id, Float32Array.of(1, 0), 10, []), (known) =>
      known.rowIds.length === 0
        ? Effect.dieMessage("Alice's own search finds nothing")
        : store.turnVectors.put(
            bob,
            { name: "m", dimensions: 2 },
            known.rowIds.map((rowId) => ({ rowId, id: entry.id, vector: Float32Array.of(0, 1) }))
          )
    ),
  "turnVectors.similarities": (store, { session }) =>
    Effect.flatMap(store.turnVectors.similarities(alice, session.id, Float32Array.of(1, 0), 10, []), (known) =>
      known.rowIds.length === 0
        ? Effect.dieMessage("Alice's own search finds nothing")
        : Effect.map(
            store.turnVectors.similarities(bob, session.id, Float32Array.of(1, 0), 10, known.rowIds),
            ({ rowIds }) => rowIds
          )
    ),
  "memoryVectors.missing": ({ memoryVectors }, { agent, user }) => memoryVectors.missing(bob, agent.id, user.id, 10),
  "memoryVectors.put": (store, { agent, user }) =>
    Effect.flatMap(store.memoryVectors.similarities(alice, agent.id, user.id, Float32Array.of(1, 0), 10), (known) =>
      known.rowIds.length === 0
        ? Effect.dieMessage("Alice's own search finds nothing")
        : store.memoryVectors.put(
            bob,
            { name: "m", dimensions: 2 },
            known.rowIds.map((rowId) => ({ rowId, vector: Float32Array.of(0, 1) }))
          )
    ),
  "memoryVectors.similarities": ({ memoryVectors }, { agent }) =>
    Effect.map(memoryVectors.similarities(bob, agent.id, undefined, Float32Array.of(1, 0), 10), ({ rowIds }) => rowIds),
  "entries.append": ({ entries }, { session }) => entries.append(bob, session.id, [entryRow()]),
  "memories.remember": ({ memories }, { agent }) => memories.remember(bob, memoryRow({ agent_id: agent.id })),
  "entries.list": ({ entries }, { session }) =>
    rowsOf(entries.list(bob, session.id, { limit: 10, offset: 0, order: "asc" })),
  "entries.since": ({ entries }, { entry, session }) => entries.since(bob, session.id, entry.id),
  "entries.calls": ({ entries }, { entry, session }) => entries.calls(bob, session.id, entry.id),
  "entries.find": ({ entries }, { session }) =>
    Effect.map(entries.find(bob, session.id, parseQuery("Hello tea"), limits), ({ memories, turns }) =>
      [turns, memories].flatMap(({ postings, rows }) => [...postings.flat(), rows]).filter(Boolean)
    ),
  "entries.rowIds": ({ entries }, { entry, session }) =>
    Effect.map(entries.rowIds(bob, session.id, [entry.id]), (found) => [...found]),
  "entries.turns": (store, { session }) =>
    Effect.flatMap(store.entries.find(alice, session.id, parseQuery("Hello"), limits), ({ turns: { postings } }) =>
      postings.flat().length === 0
        ? Effect.dieMessage("Alice's own search finds nothing")
        : store.entries.turns(bob, session.id, postings.flat())
    ),
  "entries.after": ({ entries }, { session }) => entries.after(bob, session.id, null, 10),
  "entries.at": ({ entries }, { entry, session }) => entries.at(bob, session.id, [entry.id]),
  "entries.refuse": ({ entries }, { entry, session }) => entries.refuse(bob, session.id, [entry.id]),
  "entries.suspend": ({ entries }, { entry, session }) => entries.suspend(bob, session.id, [entry.id]),
  "entries.moveToEnd": ({ entries }, { entry, session }) => entries.moveToEnd(bob, session.id, [entry.id]),
  "entries.clear": ({ entries }, { session }) => entries.clear(bob, session.id),
  "entries.claim": ({ entries }, { entry, session }) => entries.claim(bob, session.id, [entry.id], 9, 5),
  "entries.release": ({ entries }, { entry, session }) => entries.release(bob, session.id, [entry.id], 5),
  "entries.trim": ({ entries }, { session }) => entries.trim(bob, { kind: "session", id: session.id }),
  "memories.same": ({ memories }, { memory }) => memories.same(bob, memory),
  "memories.list": ({ memories }, { agent }) => rowsOf(memories.list(bob, agent.id, { limit: 10, offset: 0 })),
  "memories.list of a user": ({ memories }, { agent, user }) =>
    rowsOf(memories.list(bob, agent.id, { user_id: user.id, limit: 10, offset: 0 })),
  "memories.find": (store, { agent }) => memoriesOf(store, bob, agent.id, "tea"),
  "memories.find of a user": (store, { agent, user }) => memoriesOf(store, bob, agent.id, "tea", { user_id: user.id }),
  "memories.at": (store, { agent }) =>
    Effect.flatMap(store.memories.find(alice, agent.id, undefined, parseQuery("tea"), limits), ({ postings }) =>
      postings.flat().length === 0
        ? Effect.dieMessage("Alice's own search finds nothing")
        : store.memories.at(bob, postings.flat())
    ),
  "turns.begin": ({ turns }, { session }) =>
    Effect.scoped(
      Effect.map(
        turns.begin(bob, session.id),
        Option.flatMap(({ participants }) => participants)
      )
    ),
  "turns.finish": ({ turns }, { agent, memory, session }) =>
    turns.finish(
      bob,
      session.id,
      finishedTurn(
        { number: 0 },
        { entries: [entryRow()], accessed: [memory.id], memories: [memoryRow({ agent_id: agent.id })] }
      ),
      Effect.void
    ),
  "memories.remove": ({ memories }, { agent, memory }) => memories.remove(bob, agent.id, memory.id),
  "replies.claim": (store) =>
    Effect.zipRight(keep(store, alice, "POST /x", "k", kept), keptUnder(store, bob, "POST /x", "k")),
  "suggestions.list": ({ suggestions }, { session }) =>
    rowsOf(suggestions.list(bob, session.id, { limit: 10, offset: 0 })),
  "suggestions.add": ({ suggestions }, { suggestion }) => suggestions.add(bob, suggestion, [suggestion], 0),
  "suggestions.fallDue": ({ suggestions }, { entry, session }) =>
    suggestions.fallDue(bob, { session_id: session.id, message_id: entry.id }, 1),
  "jobs.waiting": ({ jobs }, { job }) => jobs.waiting(bob, job),
  "sessions.dropSummaries": ({ sessions }, { agent, memory }) => sessions.dropSummaries(bob, agent.id, memory.id),
  "entries.forgotten": (store, { entry }) =>
    Effect.map(store.entries.forgotten(bob, [entry.id]), (found) => [...found]),
  "memories.removeSources": ({ memories }, { session }) => memories.removeSources(bob, session.id),
  "memories.supersede": ({ memories }, { agent, memory }) => memories.supersede(bob, agent.id, memory.id),
  "memories.expire": ({ memories }, { agent }) => memories.expire(bob, agent.id, 1e15),
  "archive.list": ({ archive }) =>
    Effect.map(archive.list("entry", bob, { after: 0, through: 100, limit: 10 }), ({ rows }) => rows),
  "archive.count": ({ archive }) => Effect.map(archive.count("entry", bob), (count) => count > 0),
  "archive.find": ({ archive }, { agent }) => archive.find("agent", bob, [agent.id]),
  "archive.append": ({ archive }, { session }) =>
    archive.append(bob, { ...entryRow(), session_id: session.id, shared: true, forgotten: false }),
  "jobs.get": ({ jobs }, { job }) => jobs.get(bob, job.id),
  "jobs.renew": ({ jobs }, { job }) => jobs.renew({ id: job.id, developer_id: bob, attempts: 0 }, 99),
  "jobs.settle": ({ jobs }, { job }) =>
    jobs.settle({ id: job.id, developer_id: bob, attempts: 0 }, { state: "failed", reason: "", progress: 1 })
}

const kept = { status: 200, body: "{}", fingerprint: "f", created_at: 1 }

/** Every method that would write a row of Bob's under a row of Alice's. */
const refused: typeof nothing = {
  "sessions.insert with an agent": ({ sessions }, { agent }) =>
    sessions.insert(bob, sessionRow({ agent_id: agent.id })),
  "sessions.insert with a user": ({ agents, sessions }, { user }) => {
    const own = agentRow()
    return Effect.zipRight(
      agents.insert(bob, own),
      sessions.insert(bob, sessionRow({ agent_id: own.id, user_id: user.id }))
    )
  },
  "tools.insert": ({ tools }, { agent }) => tools.insert(bob, toolRow({ agent_id: agent.id })),
  "docs.insert for an agent": ({ docs }, { ofAgent }) => docs.insert(bob, docRow(ofAgent), ["text"]),
  "docs.insert for a user": ({ docs }, { ofUser }) => docs.insert(bob, docRow(ofUser), ["text"])
}

const empty = (value: unknown): boolean =>
  value === undefined ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (Option.isOption(value) && Option.isNone(value))

export const isolation = (database: Database) => {
  const withStore = storesOf(database)

  describe("isolation of developers", () => {
    // What has no vectors has none to look for.
    const methods = Object.keys(nothing).filter((method) => database.numbered || !/^(turn|memory)Vectors/.test(method))
    it.effect.each(methods)("%s", (method) =>
      withStore((store) =>
        Effect.gen(function* () {
          const seeded = yield* seed(alice)
          const before = yield* dump()
          expect(yield* nothing[method]!(store, seeded)).toSatisfy(empty)
          expect(yield* dump()).toEqual(before)
        })
      )
    )

    it.effect.each(Object.keys(refused))("%s is refused", (method) =>
      withStore((store) =>
        Effect.gen(function* () {
          const seeded = yield* seed(alice)
          const before = yield* dump(alice)
          expect(Either.isLeft(yield* Effect.either(refused[method]!(store, seeded)))).toBe(true)
          expect(yield* dump(alice)).toEqual(before)
        })
      )
    )

    it.effect("covers every method", () =>
      withStore((store) =>
        Effect.sync(() => {
          // The developer's own root rows, the tidying, reindexing, keys, settings and the queue, which are of all developers by
          // design, and waiting, which returns nothing.
          const exempt = [
            "agents.insert",
            "users.insert",
            "vectors.clear",
            "vectors.docs",
            "turnVectors.sessions",
            "memoryVectors.owners",
            "turns.hold",
            "turns.wait",
            "replies.wait",
            "replies.put",
            "keys.insert",
            "keys.byHash",
            "keys.list",
            "keys.use",
            "keys.revoke",
            "jobs.insert",
            "jobs.claim",
            "jobs.nextDue",
            "jobs.wait",
            "settings.put",
            "archive.developers",
            "archive.last",
            "cleanup.count",
            "cleanup.remove",
            "cleanup.sessions",
            "cleanup.compact"
          ]
          const { afterCommit: _afterCommit, ready: _ready, transaction: _transaction, ...tables } = store
          const methods = Object.entries(tables).flatMap(([table, methods]) =>
            Object.keys(methods).map((method) => `${table}.${method}`)
          )
          const covered = [...Object.keys(nothing), ...Object.keys(refused)].map((name) => name.split(" ")[0])
          expect(methods.filter((method) => !covered.includes(method))).toEqual(exempt)
        })
      )
    )

    it.effect("two developers may use the same ids", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, agentDoc, entry, job, memory, ofAgent, session, tool, user } = yield* seed(alice)
          yield* store.agents.insert(bob, { ...agent, name: "Bob's" })
          yield* store.users.insert(bob, user)
          yield* store.sessions.insert(bob, session)
          yield* store.tools.insert(bob, tool)
          yield* store.docs.insert(bob, agentDoc, ["Saturn is Bob's"])
          yield* store.entries.append(bob, session.id, [entry])
          yield* store.memories.remember(bob, memory)
          yield* store.jobs.insert(bob, { ...job, developer_id: bob })
          const found = yield* passages(store)(bob, [ofAgent], "Saturn", 10)
          expect(found.map((passage) => passage.text)).toEqual(["Saturn is Bob's"])
          const before = yield* dump(alice)
          expect(yield* store.agents.remove(bob, agent.id)).toBe(true)
          expect(yield* dump(alice)).toEqual(before)
          expect(yield* passages(store)(alice, [ofAgent], "Saturn", 10)).toHaveLength(1)
        })
      )
    )
  })
}
