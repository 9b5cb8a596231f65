import * as SqlClient from "@effect/sql/SqlClient"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Content } from "../../schema/Message.js"
import type { EntryRow, Storage } from "../ports/Storage.js"
import { failsAs } from "./Failure.js"
import { jsonOf, many, number, plain, plainOrNull, type Raw, run, text, textOrNull } from "./Rows.js"
import { direction } from "./Table.js"

/** A statement has a limit of parameters. */
const entriesPerStatement = 100

const isContent = Schema.is(Content)
const content = jsonOf(
  (value): value is Content => typeof value === "string" || isContent(value),
  "a message's content"
)

const codec = {
  table: "entries",
  key: "entry_id",
  decode: (raw: Raw): EntryRow => ({
    id: text(raw, "entry_id"),
    role: text(raw, "role"),
    name: textOrNull(raw, "name"),
    content: content(raw, "content"),
    tool_call_id: textOrNull(raw, "tool_call_id"),
    aborted: number(raw, "aborted") === 1,
    created_at: number(raw, "created_at")
  })
}

/** The table of the messages of sessions, in the order in which they were appended. */
export const make: Effect.Effect<Storage.Service["entries"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => ({
    append: (developer, session_id, rows) => {
      const encoded = rows.map((row) => ({
        developer_id: developer,
        entry_id: row.id,
        session_id,
        role: plain(row.role),
        name: plainOrNull(row.name),
        content: JSON.stringify(row.content),
        tool_call_id: plainOrNull(row.tool_call_id),
        aborted: row.aborted ? 1 : 0,
        created_at: row.created_at
      }))
      const [first, ...rest] = Arr.chunksOf(encoded, entriesPerStatement).map(
        (chunk) => sql`INSERT INTO entries ${sql.insert(chunk)}`
      )
      if (first === undefined) return Effect.void
      return rest.length === 0
        ? run("entries.append", first)
        : sql.withTransaction(Effect.all([first, ...rest], { discard: true })).pipe(failsAs("entries.append"))
    },
    list: (developer, session_id, { limit, offset, order }) =>
      many(
        "entries.list",
        codec,
        sql<Raw>`SELECT entry_id, role, name, content, tool_call_id, aborted, created_at FROM entries
          WHERE developer_id = ${developer} AND session_id = ${session_id}
          ORDER BY seq ${direction(sql, order)} LIMIT ${limit} OFFSET ${offset}`
      ),
    since: (developer, session_id, id) =>
      many(
        "entries.since",
        codec,
        sql<Raw>`SELECT entry_id, role, name, content, tool_call_id, aborted, created_at FROM entries
          WHERE developer_id = ${developer} AND session_id = ${session_id} AND seq >= (
            SELECT seq FROM entries WHERE developer_id = ${developer} AND entry_id = ${id})
          ORDER BY seq`
      ),
    after: (developer, session_id, id, limit) =>
      many(
        "entries.after",
        codec,
        sql<Raw>`SELECT entry_id, role, name, content, tool_call_id, aborted, created_at FROM entries
          WHERE developer_id = ${developer} AND session_id = ${session_id} AND seq > coalesce(
            (SELECT seq FROM entries WHERE developer_id = ${developer} AND entry_id = ${id}), 0)
          ORDER BY seq LIMIT ${limit}`
      ),
    clear: (developer, session_id) =>
      run("entries.clear", sql`DELETE FROM entries WHERE developer_id = ${developer} AND session_id = ${session_id}`)
  })
)
