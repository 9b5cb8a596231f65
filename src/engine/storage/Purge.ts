/**
 * Deletes the passages of deleted docs, with their index rows and vectors. A long doc has thousands, which takes seconds:
 * the transaction that deletes the doc deletes the first of them and leaves the others, which no search finds any more, to
 * a fiber that deletes batch by batch.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { yieldToEventLoop } from "../ports/EventLoop.js"
import { Commits } from "./Commits.js"
import { Dialect } from "./Dialect.js"

/** How many passages a batch deletes. */
const BATCH = 500

/** Deletes passages in the transaction that deletes docs or their owners, and the rest of them later. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const dialect = yield* Dialect
  const { afterCommit } = yield* Commits
  const requests = yield* Queue.sliding<void>(1)
  const key = dialect.rowKey()
  const passagesOfFirst = sql`(${key}) IN (
    SELECT ${dialect.rowKey("p")} FROM deleted_docs d
      ${dialect.inOrder} passages p ON p.developer_id = d.developer_id AND p.doc_id = d.doc_id
    ORDER BY ${dialect.rowKey("d")} LIMIT ${BATCH})`

  /** Deletes a batch; returns whether docs are left. */
  const batch = Effect.gen(function* () {
    yield* dialect.remove("passages", passagesOfFirst)
    yield* sql`DELETE FROM deleted_docs WHERE (${key}) IN (SELECT ${key} FROM deleted_docs ORDER BY ${key} LIMIT ${BATCH})
      AND NOT EXISTS (SELECT 1 FROM passages p
        WHERE p.developer_id = deleted_docs.developer_id AND p.doc_id = deleted_docs.doc_id)`
    return (yield* sql`SELECT 1 FROM deleted_docs LIMIT 1`).length > 0
  }).pipe(sql.withTransaction)

  const purge = Effect.zipLeft(batch, yieldToEventLoop).pipe(
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
