import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { FoundMemory, MemoryRow, Storage } from "../ports/Storage.js"
import { dayOf } from "../text/Periods.js"
import { normal } from "../text/Words.js"
import { id, nullable, number, objects, plain, type Raw, table, text, texts } from "./Columns.js"
import { Dialect, type NewMemory } from "./Dialect.js"
import { indexable } from "./Digest.js"
import { run, selectMany, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import { columnList, page } from "./Table.js"
import { textTerms } from "./Terms.js"

/** Equal for texts that differ only in case, white space or Unicode form. */
export const normalizedText = (text: string): string =>
  normal(plain(text), "NFKC").toLowerCase().replace(/\s+/g, " ").trim()

/** A memory without a time is the same as another of its content; one with a time, only if that is of the same days. */
const dedupKeyOf = ({ content, ends_at, timestamp }: Pick<MemoryRow, "content" | "timestamp" | "ends_at">): string =>
  // No text has a line break here.
  indexable(
    ends_at === null
      ? normalizedText(content)
      : `${normalizedText(content)}\n${dayOf(timestamp).from}/${dayOf(ends_at - 1).until}`
  )

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
  (row) => ({ dedup_key: dedupKeyOf(row) })
)

const termsOf = ({ content, ends_at, timestamp }: MemoryRow) =>
  textTerms(content, ends_at === null ? undefined : { from: timestamp, until: ends_at })

/** A memory to be inserted. */
export const newMemory = (developer: string, row: MemoryRow): NewMemory => ({
  columns: { developer_id: developer, ...codec.encode(row) },
  terms: termsOf(row)
})

const rowId = number("seq")
const foundReader = {
  ...codec,
  decode: (raw: Raw): FoundMemory => ({ rowId: rowId.read(raw), ...codec.decode(raw) })
}

/** The table of what agents remember, and its index. */
export const make: Effect.Effect<Storage.Service["memories"], never, SqlClient.SqlClient | Dialect> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const dialect = yield* Dialect
    const userOf = (user_id: string | null) => sql`coalesce(user_id, ${dialect.noUser}) = ${user_id ?? dialect.noUser}`
    const all = columnList(sql, codec)
    const remove: Storage.Service["memories"]["remove"] = (developer, agent_id, id) =>
      Effect.map(
        failsAs("memories.remove")(
          dialect.removeCounted(
            "memories",
            sql`developer_id = ${developer} AND agent_id = ${agent_id} AND memory_id = ${id}`
          )
        ),
        (removed) => removed > 0
      )
    return {
      remember: (developer, row) => failsAs("memories.remember")(dialect.insertMemory(newMemory(developer, row))),
      same: (developer, { agent_id, user_id, ...memory }) =>
        selectOne(
          "memories.same",
          codec,
          sql<Raw>`SELECT ${all} FROM memories WHERE developer_id = ${developer} AND agent_id = ${agent_id}
          AND ${userOf(user_id)} AND dedup_key = ${dedupKeyOf(memory)}`
        ),
      list: (developer, agent_id, { user_id, ...query }) => {
        const conditions = [sql`developer_id = ${developer}`, sql`agent_id = ${agent_id}`]
        if (user_id !== undefined) conditions.push(sql`user_id = ${user_id}`)
        return page(sql, codec, conditions, { order: "desc", sort_by: "created_at", ...query })
      },
      find: (developer, agent_id, user_id, terms, limits) => {
        const agent = sql`SELECT 'a' || seq FROM agents WHERE developer_id = ${developer} AND agent_id = ${agent_id}`
        const owner =
          user_id === undefined
            ? agent
            : sql`SELECT (${agent}) || 'u' || seq FROM users WHERE developer_id = ${developer} AND user_id = ${user_id}`
        const found = dialect.find("memories.find", { developer, kinds: ["memories"], owners: owner, terms, limits })
        return Effect.map(found, ({ memories }) => memories)
      },
      at: (developer, rowIds) =>
        Effect.map(
          // Not by `readMany`: SQLite's JSON keeps 15 digits of a number.
          selectMany(
            "memories.at",
            foundReader,
            sql<Raw>`SELECT seq, ${all} FROM memories
            WHERE ${dialect.unindexed("developer_id")} = ${developer} AND ${dialect.among("seq", rowIds)}`
          ),
          (found) => {
            const byRowId = new Map(found.map((memory) => [memory.rowId, memory]))
            return rowIds.flatMap((rowId) => byRowId.get(rowId) ?? [])
          }
        ),
      expire: (developer, agent_id, since) =>
        failsAs("memories.expire")(
          dialect.remove(
            "memories",
            sql`developer_id = ${developer} AND agent_id = ${agent_id} AND coalesce(last_accessed_at, created_at) < ${since}`
          )
        ),
      remove,
      supersede: (developer, agent_id, id) =>
        run(
          "memories.supersede",
          sql`UPDATE memories SET source_message_ids = '[]'
          WHERE developer_id = ${developer} AND agent_id = ${agent_id} AND memory_id = ${id}`
        ).pipe(Effect.zipRight(remove(developer, agent_id, id)), sql.withTransaction, failsAs("memories.supersede")),
      removeSources: (developer, session_id) => {
        const sources = (list: Fragment) => sql`FROM ${dialect.idsIn("source_message_ids", "source")}
        WHERE source.value ${list} (
          SELECT entry_id FROM entries WHERE developer_id = ${developer} AND session_id = ${session_id})`
        const user = sql`coalesce(user_id, ${dialect.noUser})`
        const [own, others] = [sources(sql`IN`), sources(sql`NOT IN`)]
        // The sources of a session are in memories of its agent and user: the first columns of an index.
        const ofSession = sql`developer_id = ${developer} AND (agent_id, ${user}) IN (
          SELECT agent_id, ${user} FROM sessions
          WHERE developer_id = ${developer} AND session_id = ${session_id}) AND EXISTS (SELECT 1 ${own})`
        return dialect.remove("memories", sql`${ofSession} AND NOT EXISTS (SELECT 1 ${others})`).pipe(
          Effect.zipRight(
            sql`UPDATE memories SET source_message_ids = (SELECT ${dialect.jsonList(sql`source.value`)} ${others})
            WHERE ${ofSession}`
          ),
          sql.withTransaction,
          Effect.asVoid,
          failsAs("memories.removeSources")
        )
      }
    }
  }
)
