import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Fence, Storage } from "../ports/Storage.js"
import type { Raw } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { codec, newEntries, ownersOf, shared, turnReader, unfenced } from "./EntryRows.js"
import { returnsRow, selectMany } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import { columnList, page } from "./Table.js"

/** No `seq` is higher. */
const LAST = Number.MAX_SAFE_INTEGER

/** How many messages `trim` deletes: a transaction of about 50 ms. */
const TRIMMED = 2000

/** The table of the messages of sessions, in the order in which they were appended. */
export const make: Effect.Effect<Storage.Service["entries"], never, SqlClient.SqlClient | Dialect> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, dialect]) => {
    const all = columnList(sql, codec)
    const { among, find, insertEntries, lockHistory, remove, rowKey, unindexed, unindexEntries } = dialect
    const readTurns = dialect.readMany("entries.turns", "entries", turnReader)
    /** Entries of a session by their ids: by the index of sessions, SQLite would read the whole session. */
    const listedOf = (developer: string, session_id: string, ids: ReadonlyArray<string>) =>
      sql`developer_id = ${developer} AND ${unindexed("session_id")} = ${session_id} AND ${among("entry_id", ids)}`
    /** Sets the claim of the entries that fit, if all do. */
    const marks = (operation: string, ids: ReadonlyArray<string>, fits: Fragment, at: number | null) =>
      returnsRow(
        operation,
        sql<Raw>`UPDATE entries SET claimed_at = ${at}
          WHERE ${fits} AND (SELECT count(*) FROM entries WHERE ${fits}) = ${new Set(ids).size} RETURNING seq`
      )
    const inTransaction = <E>(operation: string, statements: ReadonlyArray<Effect.Effect<unknown, SqlError | E>>) =>
      failsAs(operation)(sql.withTransaction(Effect.all(statements, { discard: true })))
    /** What was read of a history before is out of date. */
    const rewritten = (developer: string, session_id: string) =>
      sql`UPDATE sessions SET history_epoch = history_epoch + 1
        WHERE developer_id = ${developer} AND session_id = ${session_id}`
    /** Writes messages that were refused anew: they left the index, and searches find them again. */
    const restore = Effect.fnUntraced(function* (
      developer: string,
      session_id: string,
      refused: Fragment,
      fence: Fence | undefined
    ) {
      const rows = yield* sql<Raw>`SELECT ${all}, shared FROM entries WHERE ${refused} ORDER BY seq`
      if (rows.length === 0) return
      yield* remove("entries", refused)
      for (const raw of rows) {
        const row = { ...codec.decode(raw), refused: false }
        const of = { developer, session_id, answers: null, fence }
        yield* insertEntries(newEntries(of, [row], shared.read(raw)))
      }
    })

    return {
      append: (developer, session_id, rows, { fence, shared: isShared = true } = {}) =>
        failsAs("entries.append")(
          insertEntries(newEntries({ developer, session_id, answers: null, fence }, rows, isShared))
        ),
      find: (developer, session_id, terms, limits) => {
        const owners = ownersOf(sql, developer, session_id)
        return find("entries.find", { developer, kinds: ["turns", "memories"], owners, terms, limits })
      },
      turns: (developer, session_id, rowIds) =>
        readTurns(sql`entries WHERE developer_id = ${developer} AND ${among("turn", rowIds)}
          AND (shared = 1 OR session_id = ${session_id})`),
      rowIds: (developer, session_id, ids) =>
        // By an index, SQLite would read all turns of the developer, or the whole session, instead of these few.
        sql<{ readonly entry_id: string; readonly turn: number }>`SELECT entry_id, turn FROM entries e
          WHERE developer_id = ${developer} AND ${among("entry_id", ids)} AND ${unindexed("turn")} IS NOT NULL
            AND (${unindexed("session_id")} = ${session_id} OR (shared = 1 AND (
              SELECT owner FROM sessions WHERE developer_id = ${developer} AND session_id = e.session_id) = (
              SELECT owner FROM sessions WHERE developer_id = ${developer} AND session_id = ${session_id})))`.pipe(
          failsAs("entries.rowIds"),
          Effect.map((rows) => new Map(rows.map(({ entry_id, turn }) => [entry_id, turn])))
        ),
      list: (developer, session_id, query) => {
        const ofSession = sql`developer_id = ${developer} AND session_id = ${session_id}`
        return page(sql, codec, [ofSession], { ...query, sort_by: "seq" })
      },
      since: (developer, session_id, id) =>
        selectMany(
          "entries.since",
          codec,
          sql<Raw>`SELECT ${all} FROM entries
          WHERE developer_id = ${developer} AND session_id = ${session_id} AND seq >= (
            SELECT seq FROM entries WHERE developer_id = ${developer} AND entry_id = ${id})
          ORDER BY seq`
        ),
      after: (developer, session_id, id, limit) =>
        selectMany(
          "entries.after",
          codec,
          sql<Raw>`SELECT ${all} FROM entries
          WHERE developer_id = ${developer} AND session_id = ${session_id} AND seq > coalesce(
            (SELECT seq FROM entries WHERE developer_id = ${developer} AND entry_id = ${id}), 0)
          ORDER BY seq LIMIT ${limit}`
        ),
      calls: (developer, session_id, id) => {
        const ofSession = sql`developer_id = ${developer} AND session_id = ${session_id}`
        const call = sql`(SELECT seq FROM entries WHERE developer_id = ${developer}
          AND ${unindexed("session_id")} = ${session_id} AND entry_id = ${id})`
        const before = sql`(SELECT seq FROM entries WHERE ${ofSession} AND seq < ${call} AND role <> 'function_call'
          ORDER BY seq DESC LIMIT 1)`
        const after = sql`(SELECT seq FROM entries WHERE ${ofSession} AND seq > ${call} AND role <> 'function_call'
          ORDER BY seq LIMIT 1)`
        const reply = sql`(SELECT seq FROM entries WHERE ${ofSession} AND seq >= ${after} AND from_model = 1
          ORDER BY seq LIMIT 1)`
        return selectMany(
          "entries.calls",
          codec,
          sql<Raw>`SELECT ${all} FROM entries WHERE ${ofSession} AND ${call} IS NOT NULL
            AND seq > coalesce(${before}, 0) AND seq <= coalesce(${reply}, ${LAST}) ORDER BY seq`
        )
      },
      forgotten: (developer, ids) =>
        sql<{ readonly entry_id: string }>`SELECT entry_id FROM entries
          WHERE developer_id = ${developer} AND ${among("entry_id", ids)} AND forgotten = 1`.pipe(
          failsAs("entries.forgotten"),
          Effect.map((rows) => new Set(rows.map(({ entry_id }) => entry_id)))
        ),
      at: (developer, session_id, ids) =>
        selectMany(
          "entries.at",
          codec,
          sql<Raw>`SELECT ${all} FROM entries
          WHERE ${listedOf(developer, session_id, ids)} ORDER BY seq`
        ),
      claim: (developer, session_id, ids, now, before) => {
        const claimable = sql`${listedOf(developer, session_id, ids)}
          AND (claimed_at IS NULL OR claimed_at <= ${before ?? -1})`
        return marks("entries.claim", ids, claimable, now)
      },
      release: (developer, session_id, ids, at) =>
        marks("entries.release", ids, sql`${listedOf(developer, session_id, ids)} AND claimed_at = ${at}`, null),
      suspend: (developer, session_id, ids) =>
        Effect.asVoid(
          failsAs("entries.suspend")(
            sql`UPDATE entries SET suspended = 1 WHERE ${listedOf(developer, session_id, ids)}`
          )
        ),
      refuse: (developer, session_id, ids, fence) =>
        inTransaction("entries.refuse", [
          lockHistory(developer, session_id, fence),
          unindexEntries(sql`refused = 1`, listedOf(developer, session_id, ids)),
          rewritten(developer, session_id)
        ]),
      moveToEnd: (developer, session_id, ids, fence) => {
        const moved = (id: string) => listedOf(developer, session_id, [id])
        const marked = listedOf(developer, session_id, ids)
        const unfound = sql`${marked} AND refused = 1 AND forgotten = 0`
        return inTransaction("entries.moveToEnd", [
          lockHistory(developer, session_id, fence),
          ...ids.flatMap((id) => [
            sql`UPDATE sessions SET summarized_through = (
                SELECT entry_id FROM entries WHERE developer_id = ${developer} AND session_id = ${session_id}
                  AND seq < (SELECT seq FROM entries WHERE ${moved(id)}) ORDER BY seq DESC LIMIT 1)
              WHERE developer_id = ${developer} AND session_id = ${session_id} AND summarized_through = ${id}`,
            sql`UPDATE entries SET seq = ${dialect.nextSeq("entries")} WHERE ${moved(id)}`
          ]),
          restore(developer, session_id, unfound, fence),
          sql`UPDATE entries SET refused = 0 WHERE ${marked} AND refused = 1`,
          rewritten(developer, session_id)
        ])
      },
      clear: (developer, session_id) =>
        inTransaction("entries.clear", [
          unfenced(lockHistory(developer, session_id)),
          remove("entries", sql`developer_id = ${developer} AND session_id = ${session_id}`),
          // The replies that are kept under keys quote the history.
          sql`DELETE FROM replies WHERE developer_id = ${developer} AND resource_id = ${session_id}`
        ]),
      trim: Effect.fnUntraced(
        function* (developer, { id, kind }) {
          const found = sql`SELECT ${rowKey("e")} FROM sessions s
          ${dialect.inOrder} entries e ON e.developer_id = s.developer_id AND e.session_id = s.session_id
          WHERE s.developer_id = ${developer} AND s.${sql(`${kind}_id`)} = ${id} ORDER BY s.seq, e.seq LIMIT`
          const more = yield* sql`${found} 1 OFFSET ${TRIMMED}`
          if (more.length === 0) return false
          yield* remove("entries", sql`(${rowKey()}) IN (${found} ${TRIMMED})`)
          return true
        },
        sql.withTransaction,
        failsAs("entries.trim")
      )
    }
  }
)
