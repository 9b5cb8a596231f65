/**
 * Deletes the passages of deleted docs, with their index rows and vectors. A long doc has thousands, which takes seconds:
 * the transaction that deletes the doc deletes the first of them and leaves the others, which no search finds any more, to
 * a fiber that deletes batch by batch.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { pause } from "../../ports/Pause.js"
import { Commits } from "../Commits.js"

/** How many passages a batch deletes. */
const BATCH = 500

// In these joins, CROSS JOIN makes SQLite begin with the few docs, not with all passages.
const noDeleted = "(SELECT NOT EXISTS (SELECT 1 FROM deleted_docs))"

/** The condition that a row id of the passage index is not of a deleted doc. Where none waits, it costs nothing for each row. */
export const passageExists = `(${noDeleted} OR rowid NOT IN (
  SELECT p.seq FROM deleted_docs d CROSS JOIN passages p ON p.developer_id = d.developer_id AND p.doc_id = d.doc_id))`

/** The condition that a row with the id of a doc of a developer is not of a deleted one. */
export const docExists = (sql: SqlClient.SqlClient, developer: string): Fragment =>
  sql`(${sql.literal(noDeleted)} OR doc_id NOT IN (SELECT doc_id FROM deleted_docs WHERE developer_id = ${developer}))`

/** Deletes passages in the transaction that deletes docs or their owners, and the rest of them later. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { afterCommit } = yield* Commits
  const requests = yield* Queue.sliding<void>(1)

  /** Deletes a batch; returns whether docs are left. */
  const batch = Effect.gen(function* () {
    yield* sql`DELETE FROM passages WHERE seq IN (
      SELECT p.seq FROM deleted_docs d CROSS JOIN passages p ON p.developer_id = d.developer_id AND p.doc_id = d.doc_id
      ORDER BY d.seq LIMIT ${BATCH})`
    yield* sql`DELETE FROM deleted_docs WHERE seq IN (SELECT seq FROM deleted_docs ORDER BY seq LIMIT ${BATCH})
      AND NOT EXISTS (SELECT 1 FROM passages p
        WHERE p.developer_id = deleted_docs.developer_id AND p.doc_id = deleted_docs.doc_id)`
    return (yield* sql`SELECT 1 FROM deleted_docs LIMIT 1`).length > 0
  }).pipe(sql.withTransaction)

  const purge = Effect.zipLeft(batch, pause).pipe(
    Effect.repeat({ while: (left) => left }),
    Effect.catchAll((error) => Effect.logWarning("The passages of deleted docs could not be deleted yet", error))
  )
  yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Queue.take(requests), purge)))
  const request = Effect.asVoid(Queue.offer(requests, undefined))
  // What a process left that was killed.
  yield* request

  return Effect.flatMap(batch, (left) => (left ? afterCommit(request) : Effect.void))
})

/** Deletes passages of the docs that the caller's transaction deletes. */
export type Purge = Effect.Effect.Success<typeof make>
