import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { MemoryRow, Storage } from "../ports/Storage.js"
import { normal } from "../text/Words.js"
import {
  type Codec,
  many,
  number,
  numberOrNull,
  objects,
  plain,
  type Raw,
  run,
  text,
  textOrNull,
  texts,
  touched
} from "./Columns.js"
import { failsAs, refersToRows } from "./Failure.js"
import * as Dialect from "./sqlite/Dialect.js"
import * as Postings from "./sqlite/Postings.js"
import { indexed } from "./sqlite/SearchIndexes.js"
import { columns } from "./Table.js"

/** What two texts that say the same have in common: neither case nor white space matter. */
export const sameness = (text: string): string => normal(plain(text), "NFKC").toLowerCase().replace(/\s+/g, " ").trim()

const codec: Codec<MemoryRow> = {
  table: "memories",
  key: "memory_id",
  columns: [
    "memory_id",
    "agent_id",
    "user_id",
    "content",
    "entities",
    "sentiment",
    "timestamp",
    "last_accessed_at",
    "created_at",
    "source_message_ids"
  ],
  encode: (row) => ({
    memory_id: row.id,
    agent_id: row.agent_id,
    user_id: row.user_id,
    content: plain(row.content),
    terms: indexed(row.content),
    sameness: sameness(row.content),
    entities: JSON.stringify(row.entities),
    sentiment: row.sentiment,
    timestamp: row.timestamp,
    last_accessed_at: row.last_accessed_at,
    created_at: row.created_at,
    source_message_ids: JSON.stringify(Array.from(new Set(row.source_message_ids)))
  }),
  decode: (raw) => ({
    id: text(raw, "memory_id"),
    agent_id: text(raw, "agent_id"),
    user_id: textOrNull(raw, "user_id"),
    content: text(raw, "content"),
    entities: objects(raw, "entities"),
    sentiment: number(raw, "sentiment"),
    timestamp: number(raw, "timestamp"),
    last_accessed_at: numberOrNull(raw, "last_accessed_at"),
    created_at: number(raw, "created_at"),
    source_message_ids: texts(raw, "source_message_ids")
  })
}

/** The table of what agents remember, and its index. */
export const make: Effect.Effect<Storage.Service["memories"], never, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const dialect = yield* Dialect.make
  const all = columns(sql, codec.columns)
  const remove: Storage.Service["memories"]["remove"] = (developer, agent_id, id) =>
    touched(
      "memories.remove",
      sql<Raw>`DELETE FROM memories
          WHERE developer_id = ${developer} AND agent_id = ${agent_id} AND memory_id = ${id} RETURNING seq`
    )
  return {
    remember: (developer, row) =>
      refersToRows(
        "memories.remember",
        sql`INSERT INTO new_memories ${sql.insert({ developer_id: developer, ...codec.encode(row) })}`
      ),
    list: (developer, agent_id, { limit, offset, user_id }) => {
      const conditions = [sql`developer_id = ${developer}`, sql`agent_id = ${agent_id}`]
      if (user_id !== undefined) conditions.push(sql`user_id = ${user_id}`)
      return many(
        "memories.list",
        codec,
        sql<Raw>`SELECT ${all} FROM memories WHERE ${sql.and(conditions)}
          ORDER BY created_at DESC, seq DESC LIMIT ${limit} OFFSET ${offset}`
      )
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
      // By rows: the JSON of SQLite has 15 digits of a number.
      many(
        "memories.at",
        codec,
        sql<Raw>`SELECT ${all} FROM json_each(${JSON.stringify(rowIds)}) JOIN memories ON seq = value
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
      ).pipe(Effect.zipRight(remove(developer, agent_id, id)), sql.withTransaction, failsAs("memories.supersede"))
  }
})
