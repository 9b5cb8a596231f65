import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Storage, ToolRow } from "../ports/Storage.js"
import { boolean, id, nullable, number, object, type Raw, table, text } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { returnsRow, run, selectOne } from "./Select.js"
import { columnList, page } from "./Table.js"

/** The columns of tools. */
export const codec = table<ToolRow>("tools", {
  id: id("tool_id"),
  agent_id: id("agent_id"),
  type: text("type"),
  name: text("name"),
  description: nullable(text("description")),
  parameters: object("parameters"),
  strict: nullable(boolean("strict")),
  ensured: boolean("ensured"),
  created_at: number("created_at"),
  updated_at: number("updated_at")
})

/** The table of agents' tools. */
export const make: Effect.Effect<Storage.Service["tools"], never, SqlClient.SqlClient | Dialect> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, { lockRow }]) => {
    const all = columnList(sql, codec)
    const ofAgent = (developer: string, agent_id: string) => sql`developer_id = ${developer} AND agent_id = ${agent_id}`
    const get = (developer: string, agent_id: string, id: string, lock: Fragment) =>
      selectOne(
        "tools.get",
        codec,
        sql<Raw>`SELECT ${all} FROM tools WHERE ${ofAgent(developer, agent_id)} AND tool_id = ${id} ${lock}`
      )
    return {
      insert: (developer, row) =>
        run("tools.insert", sql`INSERT INTO tools ${sql.insert({ developer_id: developer, ...codec.encode(row) })}`),
      get: (developer, agent_id, id) => get(developer, agent_id, id, sql``),
      getForUpdate: (developer, agent_id, id) => get(developer, agent_id, id, lockRow),
      list: (developer, agent_id, query) =>
        page(sql, codec, [ofAgent(developer, agent_id)], { ...query, order: "desc", sort_by: "seq" }),
      update: (developer, row) =>
        run(
          "tools.update",
          sql`UPDATE tools SET ${sql.update(codec.encode(row), ["tool_id", "agent_id"])}
            WHERE ${ofAgent(developer, row.agent_id)} AND tool_id = ${row.id}`
        ),
      remove: (developer, agent_id, id) =>
        returnsRow(
          "tools.remove",
          sql<Raw>`DELETE FROM tools WHERE ${ofAgent(developer, agent_id)} AND tool_id = ${id} RETURNING seq`
        )
    }
  }
)
