import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Storage, ToolRow } from "../ports/Storage.js"
import {
  type Codec,
  many,
  number,
  object,
  one,
  plain,
  plainOrNull,
  type Raw,
  run,
  text,
  textOrNull,
  touched
} from "./Columns.js"
import { columns } from "./Table.js"

/** How rows of tools are written and read. */
export const codec: Codec<ToolRow> = {
  table: "tools",
  key: "tool_id",
  columns: ["tool_id", "agent_id", "type", "name", "description", "parameters", "created_at", "updated_at"],
  encode: (row) => ({
    tool_id: row.id,
    agent_id: row.agent_id,
    type: plain(row.type),
    name: plain(row.name),
    description: plainOrNull(row.description),
    parameters: JSON.stringify(row.parameters),
    created_at: row.created_at,
    updated_at: row.updated_at
  }),
  decode: (raw) => ({
    id: text(raw, "tool_id"),
    agent_id: text(raw, "agent_id"),
    type: text(raw, "type"),
    name: text(raw, "name"),
    description: textOrNull(raw, "description"),
    parameters: object(raw, "parameters"),
    created_at: number(raw, "created_at"),
    updated_at: number(raw, "updated_at")
  })
}

/** The table of agents' tools. */
export const make: Effect.Effect<Storage.Service["tools"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => {
    const all = columns(sql, codec.columns)
    const ofAgent = (developer: string, agent_id: string) => sql`developer_id = ${developer} AND agent_id = ${agent_id}`
    return {
      insert: (developer, row) =>
        run("tools.insert", sql`INSERT INTO tools ${sql.insert({ developer_id: developer, ...codec.encode(row) })}`),
      get: (developer, agent_id, id) =>
        one(
          "tools.get",
          codec,
          sql<Raw>`SELECT ${all} FROM tools WHERE ${ofAgent(developer, agent_id)} AND tool_id = ${id}`
        ),
      list: (developer, agent_id, { limit, offset }) =>
        many(
          "tools.list",
          codec,
          sql<Raw>`SELECT ${all} FROM tools WHERE ${ofAgent(developer, agent_id)}
            ORDER BY seq DESC LIMIT ${limit} OFFSET ${offset}`
        ),
      update: (developer, row) =>
        run(
          "tools.update",
          sql`UPDATE tools SET ${sql.update(codec.encode(row), ["tool_id", "agent_id"])}
            WHERE ${ofAgent(developer, row.agent_id)} AND tool_id = ${row.id}`
        ),
      remove: (developer, agent_id, id) =>
        touched(
          "tools.remove",
          sql<Raw>`DELETE FROM tools WHERE ${ofAgent(developer, agent_id)} AND tool_id = ${id} RETURNING seq`
        )
    }
  }
)
