import * as SqlClient from "@effect/sql/SqlClient"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { contentText } from "../../schema/Message.js"
import type { EntryRow, Storage } from "../ports/Storage.js"
import { listed, many, plain, plainOrNull, type Raw, run } from "./Columns.js"
import { codec, turnCodec } from "./EntryCodec.js"
import { refersToRows } from "./Failure.js"
import * as Dialect from "./sqlite/Dialect.js"
import * as Postings from "./sqlite/Postings.js"
import { indexed } from "./sqlite/SearchIndexes.js"
import { columns, direction, jsonRow } from "./Table.js"

/** A statement has a limit of parameters. */
const entriesPerStatement = 100

/** What users and assistants say can be found by its words and by its speaker's name; what tools say cannot. */
const termsOf = ({ content, name, role }: EntryRow): string | null =>
  role === "user" || role === "assistant" ? indexed(`${name ?? ""} ${contentText(content)}`) : null

/** The table of the messages of sessions, in the order in which they were appended. */
export const make: Effect.Effect<Storage.Service["entries"], never, SqlClient.SqlClient> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect.make]),
  ([sql, dialect]) => {
    const names = ["entry_id", "role", "name", "content", "tool_call_id", "aborted", "created_at"]
    const all = columns(sql, names)
    const turn = jsonRow(sql, "entries", ["turn", "session_id", ...names])
    return {
      append: (developer, session_id, rows, shared = true) => {
        const encoded = rows.map((row) => ({
          developer_id: developer,
          entry_id: row.id,
          session_id,
          role: plain(row.role),
          name: plainOrNull(row.name),
          content: JSON.stringify(row.content),
          terms: termsOf(row),
          shared: shared ? 1 : 0,
          tool_call_id: plainOrNull(row.tool_call_id),
          aborted: row.aborted ? 1 : 0,
          created_at: row.created_at
        }))
        const [first, ...rest] = Arr.chunksOf(encoded, entriesPerStatement).map(
          (chunk) => sql`INSERT INTO new_entries ${sql.insert(chunk)}`
        )
        if (first === undefined) return Effect.succeed(true)
        return refersToRows(
          "entries.append",
          rest.length === 0 ? first : sql.withTransaction(Effect.all([first, ...rest], { discard: true }))
        )
      },
      find: (developer, session_id, terms, limits) => {
        const session = sql`FROM sessions WHERE developer_id = ${developer} AND session_id = ${session_id}`
        // The second owner is only asked for where it matters: a session without a user is its own owner.
        const owners = sql`SELECT owner ${session} UNION ALL SELECT 's' || seq ${session} AND user_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM entries WHERE developer_id = ${developer} AND session_id = ${session_id} AND shared = 0)`
        return Postings.find("entries.find", dialect, ["turns", "memories"], owners, terms, limits)
      },
      turns: (developer, session_id, rowIds) =>
        listed(
          "entries.turns",
          turnCodec,
          sql<{ readonly rows: string }>`SELECT json_group_array(${turn}) AS rows FROM entries
            WHERE developer_id = ${developer} AND turn IN (SELECT value FROM json_each(${JSON.stringify(rowIds)}))
              AND (shared = 1 OR session_id = ${session_id})`
        ),
      list: (developer, session_id, { limit, offset, order }) =>
        many(
          "entries.list",
          codec,
          sql<Raw>`SELECT ${all} FROM entries
          WHERE developer_id = ${developer} AND session_id = ${session_id}
          ORDER BY seq ${direction(sql, order)} LIMIT ${limit} OFFSET ${offset}`
        ),
      since: (developer, session_id, id) =>
        many(
          "entries.since",
          codec,
          sql<Raw>`SELECT ${all} FROM entries
          WHERE developer_id = ${developer} AND session_id = ${session_id} AND seq >= (
            SELECT seq FROM entries WHERE developer_id = ${developer} AND entry_id = ${id})
          ORDER BY seq`
        ),
      after: (developer, session_id, id, limit) =>
        many(
          "entries.after",
          codec,
          sql<Raw>`SELECT ${all} FROM entries
          WHERE developer_id = ${developer} AND session_id = ${session_id} AND seq > coalesce(
            (SELECT seq FROM entries WHERE developer_id = ${developer} AND entry_id = ${id}), 0)
          ORDER BY seq LIMIT ${limit}`
        ),
      clear: (developer, session_id) =>
        run("entries.clear", sql`DELETE FROM entries WHERE developer_id = ${developer} AND session_id = ${session_id}`)
    }
  }
)
