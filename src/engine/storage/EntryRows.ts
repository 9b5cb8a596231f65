/** The rows of messages: their columns, and what is written with them. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Struct from "effect/Struct"
import { is } from "../../schema/Compiled.js"
import { Content, contentText } from "../../schema/Message.js"
import type { ArchivedEntry, EntryRow, LeaseLost, ProviderExtra, TurnEntry, TurnRow } from "../ports/Storage.js"
import { dayOf } from "../text/Periods.js"
import {
  boolean,
  type Columns,
  id,
  jsonOf,
  nullable,
  number,
  type Raw,
  type Reader,
  reader,
  table,
  text
} from "./Columns.js"
import type { NewEntries } from "./Dialect.js"
import { textTerms } from "./Terms.js"

const isContent = is(Content)
export const content = jsonOf(
  (value): value is Content => typeof value === "string" || isContent(value),
  "a message's content"
)

const extra = jsonOf(
  (value): value is ProviderExtra =>
    Predicate.isRecord(value) &&
    typeof value["source"] === "string" &&
    [value["message"], value["call"]].every((each) => each === undefined || Predicate.isRecord(each)),
  "what a provider added"
)

const columns: Columns<EntryRow> = {
  id: id("entry_id"),
  role: text("role"),
  name: nullable(text("name")),
  content: content("content"),
  tool_call_id: nullable(text("tool_call_id")),
  aborted: boolean("aborted"),
  extra: nullable(extra("extra")),
  from_model: boolean("from_model"),
  refused: boolean("refused"),
  suspended: boolean("suspended"),
  created_at: number("created_at")
}

/** The columns of messages. */
export const codec = table<EntryRow>("entries", columns)

const rowId = number("turn")
const sessionId = id("session_id")
export const shared = boolean("shared")
const forgotten = boolean("forgotten")

const turnEntry = reader<TurnEntry>(
  "entries",
  "entry_id",
  Struct.pick(columns, "id", "role", "name", "content", "from_model", "created_at")
)
export const turnReader = {
  ...turnEntry,
  columns: [...rowId.names, ...sessionId.names, ...turnEntry.columns],
  decode: (raw: Raw): TurnRow => ({
    rowId: rowId.read(raw),
    session_id: sessionId.read(raw),
    entry: turnEntry.decode(raw)
  })
}

/** Reads messages with what the store knows of them beside. */
export const archived: Reader<ArchivedEntry> = {
  ...codec,
  columns: [...codec.columns, ...sessionId.names, ...shared.names, ...forgotten.names],
  decode: (raw) => ({
    ...codec.decode(raw),
    session_id: sessionId.read(raw),
    shared: shared.read(raw),
    forgotten: forgotten.read(raw)
  })
}

/** Messages of users and assistants are indexed by their words, their sender's name and their day; those of tools are not. */
const termsOf = ({ content, created_at, name, role }: EntryRow): ReadonlyArray<string> | null =>
  role === "user" || role === "assistant" ? textTerms(`${name ?? ""} ${contentText(content)}`, dayOf(created_at)) : null

const columnsOf = (row: EntryRow, isShared: boolean) => {
  const columns = codec.encode(row)
  shared.write(isShared, columns)
  return columns
}

/** Messages to be inserted. */
export const newEntries = <Of extends Omit<NewEntries, "rows">>(
  of: Of,
  rows: ReadonlyArray<EntryRow>,
  isShared: boolean
): Of & Pick<NewEntries, "rows"> => ({
  rows: rows.map((row) => ({ columns: columnsOf(row, isShared), terms: termsOf(row) })),
  ...of
})

/** A message of an archive, to be inserted: what no search finds has no terms. */
export const archivedEntry = (
  developer: string,
  { forgotten: isForgotten, session_id, shared: isShared, ...row }: ArchivedEntry
): NewEntries => {
  const terms = isForgotten || row.refused ? null : termsOf(row)
  return { developer, session_id, answers: null, rows: [{ columns: columnsOf(row, isShared), terms }] }
}

/** A query for the owners of the turns that a session can recall, as the search indexes name them, one `owner` a row. */
export const ownersOf = (sql: SqlClient.SqlClient, developer: string, session_id: string): Fragment => {
  const session = sql`FROM sessions WHERE developer_id = ${developer} AND session_id = ${session_id}`
  // The second owner costs time, so it is added only if the session has turns of its own that are not shared. A session
  // without a user is its own owner already.
  return sql`SELECT owner ${session} UNION ALL SELECT 's' || seq ${session} AND user_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM entries WHERE developer_id = ${developer} AND session_id = ${session_id} AND shared = 0)`
}

/** What is written without a fence loses no lease. */
export const unfenced = <A>(effect: Effect.Effect<A, SqlError | LeaseLost>): Effect.Effect<A, SqlError> =>
  Effect.catchTag(effect, "LeaseLost", Effect.die)
