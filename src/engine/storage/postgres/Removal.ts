/** Deletes rows with all that hangs on them and that no foreign key deletes: index rows, vectors, replies, finished jobs. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Dialect } from "../Dialect.js"

type Members = Pick<Dialect.Service, "remove" | "removeCounted" | "unindexEntries">
type Removed = Effect.Effect<number, SqlError>

export const make: Effect.Effect<Members, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  /** The index rows of rows with an owner, terms and a row id. */
  const unindex = (table: string, rows: Fragment) =>
    sql`DELETE FROM ${sql(table)} i USING (
        SELECT developer_id, owner || '.' || term AS key, row_id
        FROM (${rows}) rows CROSS JOIN unnest(''::text || string_to_array(terms, ' ')) AS term) old
      WHERE i.developer_id = old.developer_id AND i.key = old.key AND i.row_id = old.row_id`
  const turnsOf = (rows: string) =>
    sql`SELECT developer_id, owner, terms, turn AS row_id FROM ${sql(rows)} WHERE turn IS NOT NULL`
  const turnVectorsOf = (rows: string) =>
    sql`DELETE FROM turn_vectors v USING ${sql(rows)} old WHERE v.developer_id = old.developer_id AND v.turn = old.turn`
  /** Runs a statement that ends with a list of common table expressions, the first of which, `gone`, has the deleted rows. */
  const counted = (statement: Fragment): Removed =>
    Effect.map(
      sql<{ readonly rows: number }>`${statement} SELECT count(*) AS rows FROM gone`,
      ([found]) => found?.rows ?? 0
    )
  /** The condition of rows that belong to those of a table that meet a condition. */
  const belongs = (id: string, table: string, where: Fragment) =>
    sql`(developer_id, ${sql(id)}) IN (SELECT developer_id, ${sql(id)} FROM ${sql(table)} WHERE ${where})`

  const passages = (where: Fragment) =>
    counted(sql`WITH gone AS (DELETE FROM passages WHERE ${where} RETURNING developer_id, seq AS row_id, owner, terms),
      unindexed AS (${unindex("passage_terms", sql`SELECT * FROM gone`)})`)

  const docs = (where: Fragment) =>
    counted(sql`WITH gone AS (DELETE FROM docs WHERE ${where} RETURNING developer_id, doc_id),
      kept AS (INSERT INTO deleted_docs (developer_id, doc_id) SELECT developer_id, doc_id FROM gone)`)

  const entries = (where: Fragment) =>
    counted(sql`WITH gone AS (DELETE FROM entries WHERE ${where} RETURNING developer_id, turn, owner, terms),
      vectors AS (${turnVectorsOf("gone")}),
      unindexed AS (${unindex("recall_terms", turnsOf("gone"))})`)

  /** A statement does not see vectors of turns that another transaction writes while it waits for the lock of their messages. */
  const lockSources = (where: Fragment) =>
    sql`SELECT 1 FROM entries e WHERE (developer_id, entry_id) IN (
        SELECT developer_id, value::uuid FROM memories CROSS JOIN json_array_elements_text(source_message_ids::json)
        WHERE ${where})
      ORDER BY developer_id, seq FOR NO KEY UPDATE`

  const memories = (where: Fragment) =>
    Effect.zipRight(
      lockSources(where),
      counted(sql`WITH gone AS (
        DELETE FROM memories WHERE ${where} RETURNING developer_id, seq, owner, terms, source_message_ids),
      sources AS (SELECT DISTINCT developer_id, value::uuid AS entry_id
        FROM gone CROSS JOIN json_array_elements_text(source_message_ids::json)),
      old AS (SELECT e.developer_id, e.seq, e.session_id, e.turn, e.owner, e.terms
        FROM sources JOIN entries e ON e.developer_id = sources.developer_id AND e.entry_id = sources.entry_id
        ORDER BY e.developer_id, e.seq FOR NO KEY UPDATE OF e),
      forgotten AS (UPDATE entries e SET turn = NULL, forgotten = 1 FROM old
        WHERE e.developer_id = old.developer_id AND e.seq = old.seq),
      -- They may repeat what the memory says.
      suggested AS (DELETE FROM suggestions s USING (SELECT DISTINCT developer_id, session_id FROM old) old
        WHERE s.developer_id = old.developer_id AND s.session_id = old.session_id),
      vectors AS (${turnVectorsOf("old")}),
      unindexed AS (${unindex(
        "recall_terms",
        sql`${turnsOf("old")} UNION ALL SELECT developer_id, 'm' || owner, terms, seq FROM gone
          UNION ALL SELECT developer_id, 'm' || substring(owner FROM '^(a\\d+)u'), terms, seq FROM gone WHERE owner ~ 'u'`
      )})`)
    ).pipe(sql.withTransaction)

  const repliesOf = (id: string, table: string, where: Fragment) =>
    sql`DELETE FROM replies WHERE (developer_id, resource_id) IN (
      SELECT developer_id, ${sql(id)} FROM ${sql(table)} WHERE ${where})`

  const sessions = Effect.fnUntraced(function* (where: Fragment) {
    const ofThese = belongs("session_id", "sessions", where)
    // Transactions that append to them have ended then, and the next statement sees their rows.
    yield* sql`DELETE FROM session_turns WHERE ${ofThese}`
    yield* entries(ofThese)
    yield* repliesOf("session_id", "sessions", where)
    yield* sql`DELETE FROM jobs WHERE due_at IS NULL AND (developer_id, lane) IN (
        SELECT developer_id, session_id || lane FROM sessions
          CROSS JOIN (VALUES (''), ('/suggestions'), ('/vectors')) AS lanes(lane) WHERE ${where})`
    return yield* counted(sql`WITH gone AS (DELETE FROM sessions WHERE ${where} RETURNING seq)`)
  }, sql.withTransaction)

  /** Agents or users. Nobody adds what refers to a row that is locked. */
  const owners = (table: "agents" | "users", id: string) =>
    Effect.fnUntraced(function* (where: Fragment) {
      const locked = yield* sql`SELECT 1 FROM ${sql(table)} WHERE ${where} ORDER BY developer_id, seq FOR UPDATE`
      if (locked.length === 0) return 0
      const ofThese = belongs(id, table, where)
      // Sources of memories are in sessions of the same owner: none is left to be marked as forgotten.
      yield* sessions(ofThese)
      yield* memories(ofThese)
      yield* docs(ofThese)
      yield* repliesOf(id, table, where)
      return yield* counted(sql`WITH gone AS (DELETE FROM ${sql(table)} WHERE ${where} RETURNING seq)`)
    }, sql.withTransaction)

  const removers: Readonly<Record<string, (where: Fragment) => Removed>> = {
    agents: owners("agents", "agent_id"),
    users: owners("users", "user_id"),
    sessions,
    docs,
    passages,
    entries,
    memories
  }
  const removeCounted: Members["removeCounted"] = (table, where) =>
    removers[table]?.(where) ?? counted(sql`WITH gone AS (DELETE FROM ${sql(table)} WHERE ${where} RETURNING 1)`)

  return {
    removeCounted,
    remove: (table, where) => Effect.asVoid(removeCounted(table, where)),
    unindexEntries: (set, where) =>
      Effect.asVoid(sql`WITH old AS (
          SELECT developer_id, seq, turn, owner, terms FROM entries WHERE ${where}
          ORDER BY developer_id, seq FOR NO KEY UPDATE),
        changed AS (UPDATE entries e SET ${set}, turn = NULL FROM old
          WHERE e.developer_id = old.developer_id AND e.seq = old.seq),
        vectors AS (${turnVectorsOf("old")})
        ${unindex("recall_terms", turnsOf("old"))}`)
  }
})
