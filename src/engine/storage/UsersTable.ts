import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { UserRow } from "../ports/Storage.js"
import { id, number, object, table, text } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { metadataPairs } from "./MetadataFilter.js"
import type { Purge } from "./Purge.js"
import * as Table from "./Table.js"

/** The columns of users. */
export const codec = table<UserRow>(
  "users",
  {
    id: id("user_id"),
    name: text("name"),
    about: text("about"),
    metadata: object("metadata"),
    created_at: number("created_at"),
    updated_at: number("updated_at")
  },
  ({ metadata }) => ({ metadata_pairs: metadataPairs(metadata) })
)

/** The table of users. */
export const make = (purge: Purge) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const table = Table.make(sql, yield* Dialect, codec)
    return { ...table, remove: Table.removing(sql, table.remove, purge) }
  })
