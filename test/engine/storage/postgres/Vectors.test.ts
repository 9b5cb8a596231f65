/** Vectors with pgvector, which PGlite has, and without it, as on the server of the tests. */
import * as SqlClient from "@effect/sql/SqlClient"
import { beforeAll, describe, expect, it, vi } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as Store from "../../../../src/engine/storage/postgres/Store.js"
import { vectors } from "../../../suites/storage/vectors.js"
import { pgvector, postgres } from "../../../support/postgres/database.js"
import { emptyPglite } from "../../../support/postgres/pglite.js"
import { plansOf } from "../../../support/postgres/plans.js"
import { openProcess } from "../../../support/postgres/processes.js"
import { emptySchema } from "../../../support/postgres/schemas.js"
import { onPostgres } from "../../../support/postgres.js"
import { type Database, storesOf } from "../../../support/storage/database.js"
import { agentRow, alice, docRow, entryRow, memoryRow, sessionRow, userRow } from "../../../support/storage/rows.js"
import { libsql } from "../support/store.js"

// PGlite takes seconds to start, and all of it is one thread's.
vi.setConfig({ testTimeout: 60_000 })

/** An agent with a doc of so many passages. */
const scene = (store: Storage.Service, passages: number) =>
  Effect.gen(function* () {
    const agent = agentRow()
    const owner: Owner = { kind: "agent", id: agent.id }
    yield* store.agents.insert(alice, agent)
    const doc = docRow(owner)
    const texts = Array.from({ length: passages }, (_, index) => `${doc.id} ${index}`)
    yield* store.docs.insert(alice, doc, texts)
    const embed = (name: string, vectors: ReadonlyArray<Float32Array>) =>
      store.vectors.put(
        alice,
        doc.id,
        { name, dimensions: vectors[0]?.length ?? 0 },
        vectors.map((vector, position) => ({ position, embedded: texts[position] ?? "", vector }))
      )
    return { agent, owner, embed }
  })

const pair = (x: number, y: number) => Float32Array.of(x, y)

describe("vectors on PostgreSQL with pgvector", () => {
  beforeAll(() => Effect.runPromise(Effect.scoped(emptyPglite)), 120_000)

  vectors(pgvector)

  const withStore = storesOf(pgvector)

  it.effect("have the cosines that libSQL has but for .002, and only passages as near as that change places", () =>
    Effect.gen(function* () {
      const direction = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 256, maxLength: 256 })
      const [question = new Float32Array(), ...all] = fc
        .sample(direction, { numRuns: 101, seed: 5 })
        .map((numbers) => Float32Array.from(numbers))
      const scoresOn = (database: Database) =>
        storesOf(database)((store) =>
          Effect.gen(function* () {
            const { embed, owner } = yield* scene(store, all.length)
            yield* embed("m", all)
            const found = yield* store.vectors.nearestNeighbours(alice, [owner], question, all.length)
            const first = Math.min(...found.map(({ rowId }) => rowId))
            return found.map(({ rowId, score }) => [rowId - first, score] as const)
          })
        )
      const expected = new Map(yield* scoresOn(libsql))
      const found = yield* scoresOn(pgvector)
      expect(found.map(([passage]) => passage).toSorted((a, b) => a - b)).toEqual([...all.keys()])
      let lowest = 1
      for (const [passage, score] of found) {
        const other = expected.get(passage) ?? Number.NaN
        expect(Math.abs(score - other)).toBeLessThan(0.002)
        expect(other - lowest).toBeLessThan(0.002)
        lowest = Math.min(lowest, other)
      }
    })
  )

  it.effect(
    "are of one embedder, which the statement that writes them checks, and a vector without direction is far",
    () =>
      withStore((store, backDoor) =>
        Effect.gen(function* () {
          const { agent, embed, owner } = yield* scene(store, 2)
          yield* embed("m", [pair(0, 0), pair(90_000, 0)])
          const near = yield* store.vectors.nearestNeighbours(alice, [owner], pair(1, 0), 10)
          expect(near.map(({ score }) => score)).toEqual([1, 0])
          yield* embed("other", [pair(0, 1)])
          yield* embed("m", [Float32Array.of(0, 1, 0)])
          expect(yield* store.vectors.nearestNeighbours(alice, [owner], pair(1, 0), 10)).toEqual(near)
          const user = userRow()
          const session = sessionRow({ agent_id: agent.id, user_id: user.id })
          yield* store.users.insert(alice, user)
          yield* store.sessions.insert(alice, session)
          yield* store.entries.append(alice, session.id, [entryRow()])
          yield* store.memories.remember(alice, memoryRow({ agent_id: agent.id, user_id: user.id }))
          const other = { name: "m", dimensions: 3 }
          const turns = yield* store.turnVectors.missing(alice, session.id, 1)
          const memories = yield* store.memoryVectors.missing(alice, agent.id, user.id, 1)
          expect([turns, memories]).toMatchObject([{ length: 1 }, { length: 1 }])
          const vector = Float32Array.of(0, 1, 0)
          yield* store.turnVectors.put(
            alice,
            other,
            turns.map((turn) => ({ ...turn, vector }))
          )
          yield* store.memoryVectors.put(
            alice,
            other,
            memories.map((memory) => ({ ...memory, vector }))
          )
          expect(yield* backDoor.rows()).toMatchObject({
            turn_vectors: [],
            memory_vectors: [],
            vector_spaces: { length: 1 }
          })
        })
      )
  )

  /** The store and the client of a database, opened anew by each use. */
  const opened = Effect.map(emptyPglite, (url) => {
    const options = { url: Redacted.make(url), poolSize: 1, prepared: undefined, displayUrl: "PGlite" }
    const layer = Layer.merge(Store.layer(options), Layer.scoped(SqlClient.SqlClient, Store.connect(options)))
    return <A, E>(use: (store: Storage.Service, sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
      Effect.provide(
        Effect.flatMap(Effect.all([Storage, SqlClient.SqlClient]), ([store, sql]) => use(store, sql)),
        layer
      )
  })
  const types = (sql: SqlClient.SqlClient) =>
    sql`SELECT DISTINCT typname AS type FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid WHERE attname = 'vector'
      AND attrelid = ANY(ARRAY['vectors', 'turn_vectors', 'memory_vectors']::regclass[])`

  it.scoped("are in no index, which would lose most of those of one owner", () =>
    Effect.flatMap(opened, (use) =>
      use((_store, sql) =>
        Effect.gen(function* () {
          const indexed = sql`SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid
            WHERE i.indrelid = ANY(ARRAY['vectors', 'turn_vectors', 'memory_vectors']::regclass[])`
          const columns = (yield* indexed).map(({ attname }) => attname)
          expect(columns).toContain("owner")
          expect(columns).not.toContain("vector")
          expect(yield* types(sql)).toEqual([{ type: "halfvec" }])
        })
      )
    )
  )

  it.scoped(
    "of turns are searched by the codes of their owner, in an index that has them; those of others are not read",
    () =>
      Effect.flatMap(opened, (use) =>
        use((store, sql) =>
          Effect.gen(function* () {
            const { agent } = yield* scene(store, 1)
            const session = sessionRow({ agent_id: agent.id })
            yield* store.sessions.insert(alice, session)
            yield* sql`INSERT INTO turn_vectors (developer_id, turn, owner, code)
            SELECT ${alice}::uuid, 20000000 + n, 'a' || n % 50, repeat('01', 256)::bit(512) FROM generate_series(1, 20000) n`
            yield* sql.unsafe(`VACUUM ANALYZE turn_vectors`)
            const linesOf = (run: Effect.Effect<unknown, unknown>, about: RegExp) =>
              Effect.map(plansOf(sql)(run), (lines) => lines.filter((line) => about.test(line)))
            const turns = store.turnVectors.similarities(alice, session.id, pair(1, 0), 5000, [7])
            expect(yield* linesOf(turns, /Scan.*turn_vectors/)).toEqual([
              "Index Only Scan Backward using turn_vectors_owner on turn_vectors turn_vectors_1",
              "Index Scan using turn_vectors_pkey on turn_vectors"
            ])
            expect(yield* linesOf(turns, /Cond.*owner/)).toHaveLength(1)
          })
        )
      )
  )

  it.scoped("get its type by reindexing, where the database got it after its vectors", () =>
    Effect.gen(function* () {
      const use = yield* opened
      yield* use((_store, sql) =>
        Effect.forEach(["vectors", "turn_vectors", "memory_vectors"], (table) =>
          sql.unsafe(`ALTER TABLE ${table} ALTER COLUMN vector TYPE bytea USING NULL`)
        )
      )
      const { agent, owner } = yield* use((store, sql) =>
        Effect.gen(function* () {
          const { embed, ...rest } = yield* scene(store, 1)
          yield* embed("m", [pair(1, 0)])
          yield* store.memories.remember(alice, memoryRow({ agent_id: rest.agent.id }))
          expect(yield* store.vectors.nearestNeighbours(alice, [rest.owner], pair(1, 0), 1)).toHaveLength(1)
          expect(yield* store.memoryVectors.missing(alice, rest.agent.id, null, 1)).toEqual([])
          expect(yield* types(sql)).toEqual([{ type: "bytea" }])
          yield* Effect.flip(store.transaction(Effect.zipRight(store.vectors.clear, Effect.fail("undone"))))
          expect(yield* store.vectors.nearestNeighbours(alice, [rest.owner], pair(1, 0), 1)).toHaveLength(1)
          yield* store.vectors.clear
          yield* embed("m", [pair(0.6, 0.8)])
          const memories = yield* store.memoryVectors.missing(alice, rest.agent.id, null, 1)
          yield* store.memoryVectors.put(
            alice,
            { name: "m", dimensions: 2 },
            memories.map((memory) => ({ ...memory, vector: pair(1, 0) }))
          )
          return rest
        })
      )
      yield* use((store, sql) =>
        Effect.gen(function* () {
          expect(yield* types(sql)).toEqual([{ type: "halfvec" }])
          const [near] = yield* store.vectors.nearestNeighbours(alice, [owner], pair(1, 0), 1)
          expect(Math.abs((near?.score ?? 0) - 0.6)).toBeLessThan(0.002)
          expect(yield* store.memoryVectors.similarities(alice, agent.id, undefined, pair(1, 0), 1)).toMatchObject({
            cosines: [1]
          })
        })
      )
    })
  )
})

onPostgres("vectors on PostgreSQL without pgvector", (url) => {
  it.effect("are 2,000 of an owner at most: the error of the next one says how to get the extension", () =>
    storesOf(postgres(url))((store) =>
      Effect.gen(function* () {
        const { embed, owner } = yield* scene(store, 2001)
        const all = Array.from({ length: 2000 }, (_, index) => pair(1, index))
        yield* embed("m", all)
        // Those that are there can be written again.
        yield* embed("m", all)
        const refused = yield* Effect.flip(embed("m", [...all, pair(0, 1)]))
        expect(refused._tag).toBe("StorageError")
        expect(refused.message).toMatch(/2,000 .* pgvector.* CREATE EXTENSION vector.* `effect-julep reindex`/)
        const near = yield* store.vectors.nearestNeighbours(alice, [owner], pair(1, 0), 3)
        expect(near.map(({ score }) => score.toFixed(2))).toEqual(["1.00", "0.71", "0.45"])
      })
    )
  )

  it.scopedLive("of turns that become forgotten go with them, also when they are being written", () =>
    Effect.gen(function* () {
      const { sql, store } = yield* openProcess(yield* emptySchema(url))
      const agent = agentRow()
      const session = sessionRow({ agent_id: agent.id })
      const entry = entryRow()
      const memory = memoryRow({ agent_id: agent.id, source_message_ids: [entry.id] })
      yield* store.agents.insert(alice, agent)
      yield* store.sessions.insert(alice, session)
      yield* store.entries.append(alice, session.id, [entry])
      yield* store.memories.remember(alice, memory)
      const writing = yield* Deferred.make<void>()
      const waiting = sql`SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))`
      const write = Effect.gen(function* () {
        yield* sql`INSERT INTO turn_vectors (developer_id, turn, owner)
          SELECT developer_id, turn, owner FROM entries FOR SHARE`
        yield* Deferred.succeed(writing, undefined)
        yield* Effect.repeat(waiting, { until: ({ length }) => length > 0 })
      }).pipe(sql.withTransaction)
      const forget = Effect.zipRight(Deferred.await(writing), store.memories.remove(alice, agent.id, memory.id))
      yield* Effect.all([write, forget], { concurrency: "unbounded" })
      expect(yield* sql`SELECT turn FROM turn_vectors`).toEqual([])
    })
  )
})
