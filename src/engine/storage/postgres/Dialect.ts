/** The SQL of PostgreSQL. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Raw } from "../Columns.js"
import type { Commits } from "../Commits.js"
import { Dialect } from "../Dialect.js"
import { requiredPairs } from "../MetadataFilter.js"
import { selectMany } from "../Select.js"
import { failsAs } from "../SqlErrors.js"
import type { Listener } from "./driver/Listen.js"
import { RoundTrips } from "./driver/RoundTrips.js"
import * as IndexedRows from "./IndexedRows.js"
import * as Insertion from "./Insertion.js"
import { migrate } from "./Migrations.js"
import * as Notifications from "./Notifications.js"
import * as Removal from "./Removal.js"
import * as Replies from "./Replies.js"
import { NO_USER } from "./Schema.js"
import * as Search from "./Search.js"
import * as Settings from "./Settings.js"
import * as Time from "./Time.js"
import * as Turns from "./Turns.js"
import * as Vectors from "./Vectors.js"

/** Up to how many members of a filter are searched one by one: to read all members of a row costs as much. */
const MAX_SEARCHES = 8

const make: Effect.Effect<Dialect.Service, never, SqlClient.SqlClient | Commits | Listener | RoundTrips | Scope.Scope> =
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { later, together } = yield* RoundTrips
    const removal = yield* Removal.make
    const indexedRows = yield* IndexedRows.make
    const insert = yield* Insertion.make
    const find = yield* Search.make
    const vectors = yield* Vectors.make
    const { beginTurn, ...turns } = yield* Turns.make
    const now = yield* Time.now
    const join = sql.literal("JOIN")
    const [forChange, forReference] = [sql.literal("FOR NO KEY UPDATE"), sql.literal("FOR KEY SHARE")]
    const noUser = sql.literal(`'${NO_USER}'::uuid`)
    const rowKey = (alias?: string) =>
      sql.literal(alias === undefined ? "developer_id, seq" : `${alias}.developer_id, ${alias}.seq`)
    return {
      open: Effect.zipRight(Effect.provideService(migrate, SqlClient.SqlClient, sql), failsAs("open")(vectors.open)),
      among: (column, values) => sql`${sql.literal(column)} = ANY(${values})`,
      unindexed: (column) => sql.literal(column),
      inOrder: join,
      rowKey,
      walk: (developer) => sql`developer_id = ${developer}`,
      lastSeq: (table) => sql.literal(`(SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ${table}_seq_seq)`),
      nextSeq: (table) => sql.literal(`nextval('${table}_seq_seq')`),
      noUser,
      lockRow: forChange,
      lockParent: forReference,
      unlocked: (table, where) =>
        sql`(${rowKey()}) IN (SELECT ${rowKey()} FROM ${sql(table)} WHERE ${where} ORDER BY ${rowKey()} FOR NO KEY UPDATE SKIP LOCKED)`,
      jsonObject: (alias, { columns }) =>
        sql.literal(`json_build_object(${columns.map((name) => `'${name}', ${alias}.${name}`).join(", ")})`),
      jsonList: (item) => sql`coalesce(json_agg(${item}), '[]')`,
      idsIn: (column, alias) =>
        sql.literal(
          `LATERAL (SELECT value::uuid AS value FROM json_array_elements_text(${column}::json) AS list(value)) AS ${alias}`
        ),
      metadata: (filter) => {
        const pairs = requiredPairs(filter)
        // A quote that is not escaped begins or ends an item, so a text that stands in the list as it is, is one of its items.
        if (pairs === undefined || pairs.length <= MAX_SEARCHES)
          return pairs?.map((pair) => sql`strpos(metadata_pairs, ${JSON.stringify(pair)}) > 0`)
        return [
          sql`(SELECT count(*) FROM json_array_elements_text(metadata_pairs::json) AS list(value)
          WHERE value = ANY(${pairs})) = ${pairs.length}`
        ]
      },
      readMany: (operation, alias, reader) => {
        const columns = sql.literal(reader.columns.map((name) => `${alias}.${name}`).join(", "))
        return (from) => selectMany(operation, reader, sql<Raw>`SELECT ${columns} FROM ${from}`)
      },
      later,
      together,
      insert,
      ...indexedRows,
      ...removal,
      find,
      compact: () => Effect.void,
      vectors: vectors.vectors,
      now,
      isHead: sql`NOT EXISTS (SELECT 1 FROM jobs AS older WHERE older.developer_id = jobs.developer_id
      AND older.lane = jobs.lane AND older.due_at IS NOT NULL AND older.seq < jobs.seq)`,
      skipLocked: sql.literal("FOR UPDATE SKIP LOCKED"),
      waitForJobs: Notifications.pollInterval,
      turns,
      beginTurn,
      replies: yield* Replies.make,
      settings: yield* Settings.make
    }
  })

export const layer: Layer.Layer<Dialect, never, SqlClient.SqlClient | Commits | Listener | RoundTrips> = Layer.scoped(
  Dialect,
  make
)
