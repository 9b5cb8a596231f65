/** The rows of a developer on their way out of a store, and those of messages on their way in. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { MovedKind, MovedRows, Storage } from "../ports/Storage.js"
import * as AgentsTable from "./AgentsTable.js"
import { number, type Raw, type Reader } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import * as DocsTable from "./DocsTable.js"
import * as EntryRows from "./EntryRows.js"
import * as JobsTable from "./JobsTable.js"
import * as MemoriesTable from "./MemoriesTable.js"
import { selectMany } from "./Select.js"
import * as SessionsTable from "./SessionsTable.js"
import { readInSlices } from "./Slices.js"
import { failsAs } from "./SqlErrors.js"
import * as SuggestionsTable from "./SuggestionsTable.js"
import { columnList } from "./Table.js"
import * as ToolsTable from "./ToolsTable.js"
import * as UsersTable from "./UsersTable.js"

const readers: { readonly [Kind in MovedKind]: Reader<MovedRows[Kind]> } = {
  agent: AgentsTable.codec,
  user: UsersTable.codec,
  tool: ToolsTable.codec,
  doc: DocsTable.codec,
  session: SessionsTable.codec,
  entry: EntryRows.archived,
  memory: MemoriesTable.codec,
  suggestion: SuggestionsTable.codec,
  job: JobsTable.codec
}

const seq = number("seq")

export const make: Effect.Effect<Storage.Service["archive"], never, SqlClient.SqlClient | Dialect> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, dialect]) => ({
    developers: Effect.map(
      failsAs("archive.developers")(
        sql<{ readonly developer_id: string }>`SELECT developer_id FROM agents
          UNION SELECT developer_id FROM users ORDER BY developer_id`
      ),
      (rows) => rows.map(({ developer_id }) => developer_id)
    ),
    count: (kind, developer) =>
      Effect.map(
        failsAs("archive.count")(
          sql<{ readonly count: number }>`SELECT count(*) AS count FROM ${sql(readers[kind].table)}
            WHERE developer_id = ${developer}`
        ),
        (rows) => rows[0]?.count ?? 0
      ),
    last: (kind) =>
      Effect.map(
        failsAs("archive.last")(sql<{ readonly seq: number }>`SELECT ${dialect.lastSeq(readers[kind].table)} AS seq`),
        (rows) => rows[0]?.seq ?? 0
      ),
    list: (kind, developer, { after, limit, through }) => {
      const reader = readers[kind]
      const table = sql(reader.table)
      const decoder = { ...reader, decode: (raw: Raw) => ({ row: reader.decode(raw), seq: seq.read(raw) }) }
      // The rows of a slice are read in the order of the table: an index of developers would have all of theirs sorted.
      const slice = (from: number, end: number) =>
        selectMany(
          "archive.list",
          decoder,
          sql<Raw>`SELECT ${columnList(sql, reader)}, seq FROM ${table}
            WHERE seq > ${from} AND seq <= ${end} AND ${dialect.unindexed("developer_id")} = ${developer}
            ORDER BY seq LIMIT ${limit}`
        )
      const found = readInSlices(limit, after, (from = 0, size) =>
        Effect.flatMap(
          failsAs("archive.list")(
            sql<{ readonly seq: number }>`SELECT seq FROM ${table}
              WHERE ${dialect.walk(developer)} AND seq > ${from} AND seq <= ${through}
              ORDER BY seq LIMIT 1 OFFSET ${size - 1}`
          ),
          ([last]) => {
            const end = last?.seq
            return Effect.map(slice(from, end ?? through), (found) => ({ found, end }))
          }
        )
      )
      return Effect.map(found, (all) => ({
        rows: all.map(({ row }) => row),
        next: all.length < limit ? undefined : all.at(-1)?.seq
      }))
    },
    find: (kind, developer, ids) => {
      const reader = readers[kind]
      return selectMany(
        "archive.find",
        reader,
        sql<Raw>`SELECT ${columnList(sql, reader)} FROM ${sql(reader.table)}
          WHERE developer_id = ${developer} AND ${dialect.among(reader.key, ids)}`
      )
    },
    append: (developer, entry) =>
      dialect.insertEntries(EntryRows.archivedEntry(developer, entry)).pipe(
        EntryRows.unfenced,
        failsAs("archive.append"),
        Effect.tap((written) =>
          written && entry.forgotten
            ? failsAs("archive.append")(
                sql`UPDATE entries SET forgotten = 1 WHERE developer_id = ${developer} AND entry_id = ${entry.id}`
              )
            : Effect.void
        )
      )
  })
)
