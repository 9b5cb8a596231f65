import * as SqlClient from "@effect/sql/SqlClient"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { contentText } from "../../schema/Message.js"
import type { Storage } from "../ports/Storage.js"
import * as EntriesSearch from "./EntriesSearch.js"
import { codec } from "./EntryCodec.js"
import { failsAs } from "./Failure.js"
import { many, plain, plainOrNull, type Raw, run } from "./Rows.js"
import { direction } from "./Table.js"
import { indexed } from "./Words.js"

/** A statement has a limit of parameters. */
const entriesPerStatement = 100

/** The table of the messages of sessions, in the order in which they were appended. */
export const make: Effect.Effect<Storage.Service["entries"], never, SqlClient.SqlClient> = Effect.map(
  Effect.all([SqlClient.SqlClient, EntriesSearch.make]),
  ([sql, search]) => ({
    search,
    append: (developer, session_id, rows, shared = true) => {
      const encoded = rows.map((row) => ({
        developer_id: developer,
        entry_id: row.id,
        session_id,
        role: plain(row.role),
        name: plainOrNull(row.name),
        content: JSON.stringify(row.content),
        terms: indexed(contentText(row.content)),
        shared: shared ? 1 : 0,
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
