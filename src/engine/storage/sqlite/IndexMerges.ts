import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { Commits } from "../Commits.js"
import * as Dialect from "./Dialect.js"

/** FTS5 merges segments as it writes; searches stay fast with this many docs between the merges added here. */
const DOCS_PER_MERGE = 16

/**
 * Merges the segments of the passage index from time to time. The effect that is returned counts one doc, and runs in the
 * transaction that writes it: a merge follows the commit, and no failure of it reaches the writer.
 */
export const make: Effect.Effect<Effect.Effect<void>, never, SqlClient.SqlClient | Commits> = Effect.gen(function* () {
  const { afterCommit } = yield* Commits
  const dialect = yield* Dialect.make
  const merge = dialect
    .compact("passages_fts")
    .pipe(Effect.catchAll((error) => Effect.logWarning("The passage index could not be merged", error)))
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
