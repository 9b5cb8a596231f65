import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { yieldToEventLoop } from "../../../../src/engine/ports/EventLoop.js"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as SqlStorage from "../../../../src/engine/storage/SqlStorage.js"
import { parseQuery } from "../../../../src/engine/text/Words.js"
import { agentRow, alice, docRow, storeOn, userRow } from "../support/store.js"

const LONG = 1200
const space = { name: "m", dimensions: 2 }
const limits = { rows: 10_000, perTerm: 2000 }

/** A long doc and a short one that say the same, each passage with a vector. */
const scene = Effect.gen(function* () {
  const store = yield* Storage
  const sql = yield* SqlClient.SqlClient
  const agent = agentRow()
  const owner: Owner = { kind: "agent", id: agent.id }
  yield* store.agents.insert(alice, agent)
  const write = (length: number) =>
    Effect.gen(function* () {
      const doc = docRow(owner)
      const passages = Array.from({ length }, () => "whale oil")
      yield* store.docs.insert(alice, doc, passages)
      const vectors = passages.map((embedded, position) => ({ embedded, position, vector: Float32Array.of(1, 0) }))
      yield* store.vectors.put(alice, doc.id, space, vectors)
      return doc
    })
  const [long, short] = [yield* write(LONG), yield* write(1)]
  /** The doc of each passage that a search finds, by each of the searches. */
  const searches = Effect.gen(function* () {
    const terms = parseQuery("whale")
    const { postings, rows } = yield* store.docs.find(alice, [owner], terms, limits)
    const near = yield* store.vectors.nearestNeighbours(alice, [owner], Float32Array.of(1, 0), 2 * LONG)
    return [rows, postings.flat().length, near.length]
  })
  const rows = Effect.map(
    sql<Record<"passages" | "index" | "vectors" | "waiting", number>>`SELECT
      (SELECT count(*) FROM passages) AS passages, (SELECT count(*) FROM passages_fts) AS "index",
      (SELECT count(*) FROM vectors) AS vectors, (SELECT count(*) FROM deleted_docs) AS waiting`,
    ([row]) => row
  )
  /** Waits for the batches in the background. */
  const purged = Effect.repeat(Effect.zipRight(yieldToEventLoop, rows), { until: (found) => found?.waiting === 0 })
  return { long, owner, purged, rows, searches, short, sql, store }
})

const run = <A, E>(effect: Effect.Effect<A, E, Layer.Layer.Success<ReturnType<typeof storeOn>>>) =>
  Effect.provide(effect, storeOn())

describe("a long doc that is deleted", () => {
  for (const [what, remove] of [
    ["by itself", ({ long, owner, store }) => store.docs.remove(alice, owner, long.id)],
    ["with its owner", ({ owner, store }) => store.agents.remove(alice, owner.id)]
  ] as const satisfies ReadonlyArray<
    readonly [string, (of: Effect.Effect.Success<typeof scene>) => Effect.Effect<boolean, unknown>]
  >) {
    it.effect(`is found no more at once, and its passages are deleted batch by batch: ${what}`, () =>
      run(
        Effect.gen(function* () {
          const of = yield* scene
          const { purged, rows, searches } = of
          const left = what === "by itself" ? 1 : 0
          expect(yield* searches).toEqual([LONG + 1, LONG + 1, LONG + 1])
          expect(yield* remove(of)).toBe(true)
          expect(yield* searches).toEqual([left, left, left])
          const atOnce = yield* rows
          expect(atOnce?.passages).toBeGreaterThan(LONG / 2)
          expect(atOnce?.passages).toBeLessThan(LONG)
          const row = yield* purged
          expect(row).toEqual({ passages: left, index: left, vectors: left, waiting: 0 })
          expect(yield* searches).toEqual([left, left, left])
        })
      )
    )
  }

  it.effect("leaves the segments of the index as they are: FTS5 would rewrite them in the commits of the batches", () =>
    run(
      Effect.gen(function* () {
        const { long, owner, purged, sql, store } = yield* scene
        // The row id of a page begins with the number of its segment; those of tombstones have higher ones.
        const segments = sql`SELECT DISTINCT rowid >> 37 AS segment FROM passages_fts_data
          WHERE rowid >> 37 BETWEEN 1 AND 65535 ORDER BY segment`
        yield* sql`INSERT INTO passages_fts (passages_fts) VALUES ('optimize')`
        const before = yield* segments
        expect(before).toHaveLength(1)
        yield* store.docs.remove(alice, owner, long.id)
        yield* purged
        expect(yield* segments).toEqual(before)
      })
    )
  )

  it.effect("whose deletion is rolled back is found again", () =>
    run(
      Effect.gen(function* () {
        const { long, owner, rows, searches, store } = yield* scene
        const removed = Effect.zipRight(store.docs.remove(alice, owner, long.id), Effect.fail("no"))
        expect(yield* Effect.flip(store.transaction(removed))).toBe("no")
        expect(yield* searches).toEqual([LONG + 1, LONG + 1, LONG + 1])
        expect(yield* rows).toEqual({ passages: LONG + 1, index: LONG + 1, vectors: LONG + 1, waiting: 0 })
      })
    )
  )

  it.effect("by a process that was killed is deleted by the next one", () =>
    run(
      Effect.gen(function* () {
        const { long, purged, rows, sql } = yield* scene
        yield* sql`DELETE FROM docs WHERE doc_id = ${long.id}`
        expect(yield* rows).toMatchObject({ passages: LONG + 1, waiting: 1 })
        yield* Effect.scoped(Effect.zipRight(SqlStorage.make, purged))
        expect(yield* rows).toEqual({ passages: 1, index: 1, vectors: 1, waiting: 0 })
      })
    )
  )

  it.effect("many short docs go with their owner in batches, too", () =>
    run(
      Effect.gen(function* () {
        const { purged, rows, store } = yield* scene
        const user = userRow()
        yield* store.users.insert(alice, user)
        const owner: Owner = { kind: "user", id: user.id }
        yield* Effect.replicateEffect(
          Effect.suspend(() => store.docs.insert(alice, docRow(owner), ["tea"])),
          1200
        )
        expect(yield* store.users.remove(alice, user.id)).toBe(true)
        expect((yield* rows)?.waiting).toBe(700)
        expect(yield* purged).toMatchObject({ passages: LONG + 1, index: LONG + 1, waiting: 0 })
      })
    )
  )
})
