/**
 * Inserts the rows that searches find. Each statement also writes the rows of the index: one for each term, and one for the
 * owner's own.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Fence, LeaseLost, TURNS_PER_SESSION } from "../../ports/Storage.js"
import { Commits } from "../Commits.js"
import type { Dialect, NewEntries, NewMemory, TurnEnd, Written } from "../Dialect.js"
import { RoundTrips } from "./driver/RoundTrips.js"
import { termColumn } from "./IndexTerms.js"
import { NO_USER } from "./Schema.js"
import * as Turns from "./Turns.js"

/** Columns by name, each with its type. */
type Types = Readonly<Record<string, string>>

const passage: Types = { position: "bigint", text: "text", terms: "text" }
const entry: Types = {
  entry_id: "uuid",
  role: "text",
  name: "text",
  content: "text",
  tool_call_id: "text",
  aborted: "smallint",
  extra: "text",
  from_model: "smallint",
  refused: "smallint",
  suspended: "smallint",
  shared: "smallint",
  created_at: "bigint",
  terms: "text"
}
const memory: Types = {
  memory_id: "uuid",
  content: "text",
  dedup_key: "text",
  entities: "text",
  sentiment: "double precision",
  timestamp: "bigint",
  ends_at: "bigint",
  last_accessed_at: "bigint",
  created_at: "bigint",
  source_message_ids: "text",
  terms: "text"
}

const dedupKeyOf = ({ columns }: NewMemory) => columns["dedup_key"]

type Members = Pick<Dialect.Service, "insertPassages" | "insertEntries" | "insertMemory" | "finishTurn" | "lockHistory">

export const make: Effect.Effect<Members, never, SqlClient.SqlClient | Commits | RoundTrips> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { afterCommit } = yield* Commits
  const { alone } = yield* RoundTrips
  const nothing = sql``
  const names = (types: Types) => sql.literal(Object.keys(types).join(", "))
  /** Rows as a table: one list for each column, so that any number of rows is the same statement. */
  const table = (rows: ReadonlyArray<Written>, types: Types) => {
    const lists = Object.entries(types).map(
      ([name, type]) => sql`${rows.map((row) => row[name] ?? null)}::${sql.literal(type)}[]`
    )
    return sql`unnest(${sql.csv(lists)}) WITH ORDINALITY AS new(${names(types)}, at)`
  }
  /** Writes the index rows of rows with an owner, terms and a row id. */
  const index = (table: string, rows: Fragment) =>
    sql`INSERT INTO ${sql(table)} (developer_id, key, row_id) SELECT developer_id, owner || '.' || term, row_id
      FROM (${rows}) rows CROSS JOIN unnest(''::text || string_to_array(terms, ' ')) AS term`
  const found = (statement: Effect.Effect<ReadonlyArray<unknown>, SqlError>) =>
    Effect.map(statement, (rows) => rows.length > 0)

  /** Fails if a turn with another fence has begun; `lock` ends the query for the row of the session. */
  const refuseLost = (developer: string, session_id: string, fence: Fence | undefined, lock: Fragment = nothing) =>
    Effect.flatMap(
      sql<{ readonly fence: number }>`SELECT fence FROM session_turns
        WHERE developer_id = ${developer} AND session_id = ${session_id} ${lock}`,
      ([row]) =>
        row === undefined || fence === undefined || row.fence === fence.number
          ? Effect.void
          : new LeaseLost({ message: Turns.LOST })
    )
  /**
   * The parts of a statement that writes messages. `parent` is empty if it must not: there is no such session, turn or
   * message. `turns` are those of the messages that searches find.
   */
  const entryParts = ({ answers, developer, fence, rows, session_id }: NewEntries, isEnd: boolean) => {
    let turns = 0
    const numbered = rows.map(({ columns, terms }) =>
      terms === null ? columns : { terms: termColumn(terms), number: ++turns, ...columns }
    )
    const answered = sql`entries a WHERE a.developer_id = ${developer} AND a.entry_id = ${answers}`
    return sql`numbers AS (
          -- The lock of this row orders the appends of a session.
          UPDATE session_turns SET number = number + ${turns}${isEnd ? sql`, holder = NULL, until = NULL` : nothing}
          WHERE developer_id = ${developer} AND session_id = ${session_id}
            ${fence === undefined ? nothing : sql`AND fence = ${fence.number}`}
            ${answers === null ? nothing : sql`AND EXISTS (SELECT 1 FROM ${answered})`}
          RETURNING session_id, number - ${turns} AS last, waiting),
        own AS (
          SELECT s.owner, s.seq, s.agent_id, s.user_id, s.seq * ${sql.literal(String(TURNS_PER_SESSION))} + last AS last
          FROM sessions s CROSS JOIN numbers
          WHERE s.developer_id = ${developer} AND s.session_id = ${session_id}),
        -- The message may have been deleted while this waited for the lock.
        parent AS (${answers === null ? sql`SELECT * FROM own` : sql`SELECT own.* FROM own CROSS JOIN ${answered} FOR KEY SHARE OF a`}),
        written AS (
          INSERT INTO entries (developer_id, session_id, owner, turn, ${names(entry)})
          SELECT ${developer}::uuid, ${session_id}::uuid,
            CASE WHEN terms IS NULL THEN NULL WHEN shared = 1 THEN owner ELSE 's' || seq END, last + number, ${names(entry)}
          FROM parent CROSS JOIN ${table(numbered, { ...entry, number: "bigint" })} ORDER BY at
          RETURNING developer_id, turn, owner, terms),
        turns AS (SELECT developer_id, turn AS row_id, owner, terms FROM written WHERE turn IS NOT NULL)`
  }

  /**
   * The parts of a statement that writes memories, of which no two are the same, of the agent, the user and the owner of
   * `parents`. `remembered` are the new ones; `change` is what else changes in one that exists.
   */
  const memoryParts = (developer: unknown, memories: ReadonlyArray<NewMemory>, change: Fragment = nothing) => {
    const sources = (list: string, order: number) =>
      sql.literal(`SELECT ${order} AS list, value, at
          FROM json_array_elements_text(${list}.source_message_ids::json) WITH ORDINALITY AS each(value, at)`)
    const rows = memories.map(({ columns, terms }) => ({ terms: termColumn(terms), ...columns }))
    return sql`kept AS (
          INSERT INTO memories (developer_id, agent_id, user_id, owner, ${names(memory)})
          SELECT ${developer}::uuid, agent_id, user_id, owner, ${names(memory)}
          FROM parents CROSS JOIN ${table(rows, memory)} ORDER BY at
          ON CONFLICT (developer_id, agent_id, coalesce(user_id, ${sql.literal(`'${NO_USER}'`)}), dedup_key)
          DO UPDATE SET source_message_ids = (SELECT coalesce(json_agg(value ORDER BY list, at), '[]')::text FROM (
            ${sources("memories", 1)} UNION ALL ${sources("excluded", 2)}
            WHERE value NOT IN (SELECT json_array_elements_text(memories.source_message_ids::json))) AS sources)${change}
          RETURNING developer_id, memory_id, seq, owner, terms),
        -- One that exists keeps its id, and is in the index.
        remembered AS (SELECT developer_id, seq AS row_id, 'm' || part AS owner, terms
          FROM kept CROSS JOIN unnest(ARRAY[owner, substring(owner FROM '^(a\\d+)u')]) AS part
          WHERE memory_id = ANY(${memories.map(({ columns }) => columns["memory_id"])}) AND part IS NOT NULL)`
  }

  const insertMemory: Members["insertMemory"] = (row) => {
    const { agent_id, developer_id, user_id } = row.columns
    const parents =
      user_id === null
        ? sql`SELECT a.agent_id, NULL::uuid AS user_id, 'a' || a.seq AS owner FROM agents a`
        : sql`SELECT a.agent_id, u.user_id, 'a' || a.seq || 'u' || u.seq AS owner FROM agents a
              JOIN users u ON u.developer_id = a.developer_id AND u.user_id = ${user_id}`
    return found(sql`WITH parents AS (
          ${parents} WHERE a.developer_id = ${developer_id} AND a.agent_id = ${agent_id} FOR KEY SHARE),
        ${memoryParts(developer_id, [row])},
        indexed AS (${index("recall_terms", sql`SELECT * FROM remembered`)})
        SELECT 1 FROM parents`)
  }

  /** The statement that ends a turn. It has one text, whatever the turn leaves: the server plans each text anew. */
  const turnEnd = ({ accessed, at, entries, memories }: Omit<TurnEnd, "writesMore">) => {
    const { developer } = entries
    const change = sql`, last_accessed_at =
          CASE WHEN memories.memory_id = ANY(${accessed}) THEN ${at} ELSE memories.last_accessed_at END`
    return sql`WITH ${entryParts(entries, true)},
        -- No statement changes a row twice.
        touched AS (UPDATE memories m SET last_accessed_at = ${at} FROM (
          SELECT developer_id, seq FROM memories WHERE developer_id = ${developer} AND memory_id = ANY(${accessed})
            AND dedup_key <> ALL(${memories.map(dedupKeyOf)}) AND EXISTS (SELECT 1 FROM parent)
          ORDER BY developer_id, seq FOR NO KEY UPDATE SKIP LOCKED) old
        WHERE m.developer_id = old.developer_id AND m.seq = old.seq),
        parents AS (SELECT agent_id, user_id, CASE WHEN user_id IS NOT NULL THEN owner ELSE (
            SELECT 'a' || a.seq FROM agents a WHERE a.developer_id = ${developer} AND a.agent_id = parent.agent_id
          ) END AS owner FROM parent),
        ${memoryParts(developer, memories, change)},
        indexed AS (${index("recall_terms", sql`SELECT * FROM turns UNION ALL SELECT * FROM remembered`)})
        -- Wakes the processes that wait for the turn, once the transaction is committed.
        SELECT (SELECT pg_notify(${Turns.CHANNEL}, session_id::text) FROM numbers WHERE waiting = 1) FROM parent`
  }

  return {
    insertPassages: (developer, doc_id, passages) => {
      const rows = passages.map((row) => ({ ...row, terms: termColumn(row.terms) }))
      return Effect.asVoid(sql`WITH doc AS (
          SELECT owner FROM docs WHERE developer_id = ${developer} AND doc_id = ${doc_id} FOR KEY SHARE),
        written AS (
          INSERT INTO passages (developer_id, doc_id, owner, ${names(passage)})
          SELECT ${developer}::uuid, ${doc_id}::uuid, owner, ${names(passage)}
          FROM doc CROSS JOIN ${table(rows, passage)} ORDER BY at
          RETURNING developer_id, seq AS row_id, owner, terms)
        ${index("passage_terms", sql`SELECT * FROM written`)}`)
    },

    insertEntries: (entries) => {
      const { developer, fence, session_id } = entries
      const isWritten = found(sql`WITH ${entryParts(entries, false)},
        indexed AS (${index("recall_terms", sql`SELECT * FROM turns`)})
        SELECT 1 FROM parent`)
      return Effect.tap(isWritten, (isWritten) =>
        isWritten || fence === undefined ? Effect.void : refuseLost(developer, session_id, fence)
      )
    },

    insertMemory,

    finishTurn: ({ memories, writesMore, ...turn }, following) => {
      const { developer, fence, session_id } = turn.entries
      const first = Arr.dedupeWith(memories, (one, other) => dedupKeyOf(one) === dedupKeyOf(other))
      const again = memories.filter((memory) => !first.includes(memory))
      const isOne = !writesMore && again.length === 0
      const statement = turnEnd({ ...turn, memories: first })
      const written = found(isOne ? alone(statement) : statement)
      const after = Effect.zipRight(
        afterCommit(Turns.end(fence)),
        Effect.zipRight(Effect.forEach(again, insertMemory, { discard: true }), Effect.asSome(following))
      )
      const ended = Effect.if(written, {
        onTrue: () => after,
        onFalse: () => Effect.as(refuseLost(developer, session_id, fence), Option.none())
      })
      return isOne ? ended : sql.withTransaction(ended)
    },

    lockHistory: (developer, session_id, fence) => refuseLost(developer, session_id, fence, sql`FOR NO KEY UPDATE`)
  }
})
