import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { AgentRow } from "../ports/Storage.js"
import { type Codec, number, object, plain, plainOrNull, text, textOrNull, texts } from "./Columns.js"
import { findable } from "./Metadata.js"
import * as Dialect from "./sqlite/Dialect.js"
import * as Table from "./Table.js"

/** How rows of agents are written and read. */
export const codec: Codec<AgentRow> = {
  table: "agents",
  key: "agent_id",
  columns: [
    "agent_id",
    "name",
    "about",
    "instructions",
    "model",
    "default_settings",
    "metadata",
    "created_at",
    "updated_at"
  ],
  encode: (row) => ({
    agent_id: row.id,
    name: plain(row.name),
    about: plain(row.about),
    instructions: JSON.stringify(row.instructions),
    model: plainOrNull(row.model),
    default_settings: JSON.stringify(row.default_settings),
    metadata: JSON.stringify(row.metadata),
    findable: findable(row.metadata),
    created_at: row.created_at,
    updated_at: row.updated_at
  }),
  decode: (raw) => ({
    id: text(raw, "agent_id"),
    name: text(raw, "name"),
    about: text(raw, "about"),
    instructions: texts(raw, "instructions"),
    model: textOrNull(raw, "model"),
    default_settings: object(raw, "default_settings"),
    metadata: object(raw, "metadata"),
    created_at: number(raw, "created_at"),
    updated_at: number(raw, "updated_at")
  })
}

/** The table of agents. */
export const make = Effect.gen(function* () {
  return Table.make(yield* SqlClient.SqlClient, yield* Dialect.make, codec)
})
