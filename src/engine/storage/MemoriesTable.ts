import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { FoundMemory, MemoryRow, Storage } from "../ports/Storage.js"
import { dayOf } from "../text/Periods.js"
import { normal } from "../text/Words.js"
import { id, nullable, number, objects, plain, type Raw, table, text, texts } from "./Columns.js"
import { returnsRow, run, selectMany, selectOne } from "./Select.js"
import { failsAs, insertIfParentExists } from "./SqlErrors.js"
import * as Dialect from "./sqlite/Dialect.js"
import * as Postings from "./sqlite/Postings.js"
import { indexed } from "./sqlite/SearchIndexes.js"
import { columnList, page } from "./Table.js"

/** Equal for texts that differ only in case, white space or Unicode form. */
export const sameness = (text: string): string => normal(plain(text), "NFKC").toLowerCase().replace(/\s+/g, " ").trim()

/** A memory without a time is the same as another of its content; one with a time, only if that is of the same days. */
const samenessOf = ({ content, ends_at, timestamp }: Pick<MemoryRow, "content" | "timestamp" | "ends_at">): string =>
  // No text has a line break here.
  ends_at === null ? sameness(content) : `${sameness(content)}\n${dayOf(timestamp).from}/${dayOf(ends_at - 1).until}`

const sources = texts("source_message_ids")

/** The columns of memories. */
export const codec = table<MemoryRow>(
  "memories",
  {
    id: id("memory_id"),
    agent_id: id("agent_id"),
    user_id: nullable(id("user_id")),
    content: text("content"),
    entities: objects("entities"),
    sentiment: number("sentiment"),
    timestamp: number("timestamp"),
    ends_at: nullable(number("ends_at")),
    last_accessed_at: nullable(number("last_accessed_at")),
    created_at: number("created_at"),
    source_message_ids: { ...sources, write: (ids, into) => sources.write(Array.from(new Set(ids)), into) }
  },
  (row) => ({
    terms: indexed(row.content, row.ends_at === null ? undefined : { from: row.timestamp, until: row.ends_at }),
    sameness: samenessOf(row)
  })
)

const rowId = number("seq")
const foundReader = {
  ...codec,
  decode: (raw: Raw): FoundMemory => ({ rowId: rowId.read(raw), ...codec.decode(raw) })
}

/** The table of what agents remember, and its index. */
export const make: Effect.Effect<Storage.Service["memories"], never, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const dialect = yield* Dialect.make
  const all = columnList(sql, codec)
  const remove: Storage.Service["memories"]["remove"] = (developer, agent_id, id) =>
    returnsRow(
      "memories.remove",
      sql<Raw>`DELETE FROM memories
          WHERE developer_id = ${developer} AND agent_id = ${agent_id} AND memory_id = ${id} RETURNING seq`
    )
  return {
    remember: (developer, row) =>
      insertIfParentExists(
        "memories.remember",
        sql`INSERT INTO new_memories ${sql.insert({ developer_id: developer, ...codec.encode(row) })}`
      ),
    same: (developer, { agent_id, user_id, ...memory }) =>
      selectOne(
        "memories.same",
        codec,
        sql<Raw>`SELECT ${all} FROM memories WHERE developer_id = ${developer} AND agent_id = ${agent_id}
          AND coalesce(user_id, '') = ${user_id ?? ""} AND sameness = ${samenessOf(memory)}`
      ),
    list: (developer, agent_id, { user_id, ...query }) => {
      const conditions = [sql`developer_id = ${developer}`, sql`agent_id = ${agent_id}`]
      if (user_id !== undefined) conditions.push(sql`user_id = ${user_id}`)
      return page(sql, codec, conditions, { ...query, order: "desc", sort_by: "created_at" })
    },
    find: (developer, agent_id, user_id, terms, limits) => {
      const agent = sql`SELECT 'a' || seq FROM agents WHERE developer_id = ${developer} AND agent_id = ${agent_id}`
      const owner =
        user_id === undefined
          ? agent
          : sql`SELECT (${agent}) || 'u' || seq FROM users WHERE developer_id = ${developer} AND user_id = ${user_id}`
      const found = Postings.find("memories.find", dialect, ["memories"], owner, terms, limits)
      return Effect.map(found, ({ memories }) => memories)
    },
    at: (developer, rowIds) =>
      // Not as JSON: SQLite's JSON keeps 15 digits of a number.
      selectMany(
        "memories.at",
        foundReader,
        sql<Raw>`SELECT seq, ${all} FROM json_each(${JSON.stringify(rowIds)}) JOIN memories ON seq = value
          WHERE developer_id = ${developer} ORDER BY key`
      ),
    touch: (developer, ids, at) =>
      ids.length === 0
        ? Effect.void
        : run(
            "memories.touch",
            sql`UPDATE memories SET last_accessed_at = ${at}
              WHERE developer_id = ${developer} AND ${sql.in("memory_id", ids)}`
          ),
    expire: (developer, agent_id, since) =>
      run(
        "memories.expire",
        sql`DELETE FROM memories WHERE developer_id = ${developer} AND agent_id = ${agent_id}
          AND coalesce(last_accessed_at, created_at) < ${since}`
      ),
    remove,
    supersede: (developer, agent_id, id) =>
      run(
        "memories.supersede",
        sql`UPDATE memories SET source_message_ids = '[]'
          WHERE developer_id = ${developer} AND agent_id = ${agent_id} AND memory_id = ${id}`
      ).pipe(Effect.zipRight(remove(developer, agent_id, id)), sql.withTransaction, failsAs("memories.supersede")),
    removeSources: (developer, session_id) => {
      const sources = (list: Fragment) => sql`FROM json_each(source_message_ids) AS source
        WHERE source.value ${list} (
          SELECT entry_id FROM entries WHERE developer_id = ${developer} AND session_id = ${session_id})`
      const [own, others] = [sources(sql`IN`), sources(sql`NOT IN`)]
      // The sources of a session are in memories of its agent and user: the first columns of an index.
      const ofSession = sql`developer_id = ${developer} AND (agent_id, coalesce(user_id, '')) IN (
          SELECT agent_id, coalesce(user_id, '') FROM sessions
          WHERE developer_id = ${developer} AND session_id = ${session_id}) AND EXISTS (SELECT 1 ${own})`
      return run(
        "memories.removeSources",
        sql`DELETE FROM memories WHERE ${ofSession} AND NOT EXISTS (SELECT 1 ${others})`
      ).pipe(
        Effect.zipRight(
          sql`UPDATE memories SET source_message_ids = (SELECT json_group_array(value) ${others}) WHERE ${ofSession}`
        ),
        sql.withTransaction,
        failsAs("memories.removeSources")
      )
    }
  }
})
