import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { UserRow } from "../ports/Storage.js"
import { type Codec, number, object, plain, text } from "./Columns.js"
import { findable } from "./Metadata.js"
import * as Dialect from "./sqlite/Dialect.js"
import * as Table from "./Table.js"

/** How rows of users are written and read. */
export const codec: Codec<UserRow> = {
  table: "users",
  key: "user_id",
  columns: ["user_id", "name", "about", "metadata", "created_at", "updated_at"],
  encode: (row) => ({
    user_id: row.id,
    name: plain(row.name),
    about: plain(row.about),
    metadata: JSON.stringify(row.metadata),
    findable: findable(row.metadata),
    created_at: row.created_at,
    updated_at: row.updated_at
  }),
  decode: (raw) => ({
    id: text(raw, "user_id"),
    name: text(raw, "name"),
    about: text(raw, "about"),
    metadata: object(raw, "metadata"),
    created_at: number(raw, "created_at"),
    updated_at: number(raw, "updated_at")
  })
}

/** The table of users. */
export const make = Effect.gen(function* () {
  return Table.make(yield* SqlClient.SqlClient, yield* Dialect.make, codec)
})
