import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { AgentRow } from "../ports/Storage.js"
import { id, nullable, number, object, type Raw, table, text, texts } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { metadataPairs } from "./MetadataFilter.js"
import type { Purge } from "./Purge.js"
import { selectOne } from "./Select.js"
import * as Table from "./Table.js"

/** The columns of agents. */
export const codec = table<AgentRow>(
  "agents",
  {
    id: id("agent_id"),
    key: nullable(text("key")),
    name: text("name"),
    about: text("about"),
    instructions: texts("instructions"),
    model: nullable(text("model")),
    default_settings: object("default_settings"),
    metadata: object("metadata"),
    created_at: number("created_at"),
    updated_at: number("updated_at")
  },
  ({ metadata }) => ({ metadata_pairs: metadataPairs(metadata) })
)

/** The table of agents. */
export const make = (purge: Purge) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const dialect = yield* Dialect
    const table = Table.make(sql, dialect, codec)
    return {
      ...table,
      byKey: (developer: string, key: string) =>
        selectOne(
          "agents.byKey",
          codec,
          sql<Raw>`SELECT ${Table.columnList(sql, codec)} FROM agents
            WHERE developer_id = ${developer} AND key = ${key} ${dialect.lockRow}`
        ),
      remove: Table.removing(sql, table.remove, purge)
    }
  })
