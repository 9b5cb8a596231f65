import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { Commits } from "../Commits.js"
import type { Index } from "./SearchIndexes.js"

/** Merges some of the segments that writes leave in an index; each call does a bounded part of the work. */
export const mergeSegments = (sql: SqlClient.SqlClient, index: Index) =>
  sql`INSERT INTO ${sql(index)} (${sql(index)}, rank) VALUES ('merge', 500)`

/** FTS5 merges segments as it writes; searches stay fast with this many docs between the merges added here. */
const DOCS_PER_MERGE = 16

/**
 * Merges the segments of the passage index from time to time. The effect that is returned counts one doc, and runs in the
 * transaction that writes it: a merge follows the commit, and no failure of it reaches the writer.
 */
export const make: Effect.Effect<Effect.Effect<void>, never, SqlClient.SqlClient | Commits> = Effect.gen(function* () {
  const { afterCommit } = yield* Commits
  const sql = yield* SqlClient.SqlClient
  const merge = mergeSegments(sql, "passages_fts").pipe(
    Effect.catchAll((error) => Effect.logWarning("The passage index could not be merged", error))
  )
  let docs = 0
  return afterCommit(
    Effect.suspend(() => {
      docs++
      if (docs < DOCS_PER_MERGE) return Effect.void
      docs = 0
      return Effect.asVoid(merge)
    })
  )
})
