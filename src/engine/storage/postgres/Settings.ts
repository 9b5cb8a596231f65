import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Setting, Storage } from "../../ports/Storage.js"
import { failsAs } from "../SqlErrors.js"

/** The settings that all processes with the database need alike. */
export const make: Effect.Effect<Storage.Service["settings"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => ({
    put: (settings) => {
      const given = sql`unnest(${settings.map(({ name }) => name)}::text[], ${settings.map(({ value }) => value)}::text[])
        AS given(name, value)`
      // The old values are those from before the statement.
      return failsAs("settings.put")(sql<Setting>`WITH written AS (
          INSERT INTO settings AS s (name, value) SELECT name, value FROM ${given} ORDER BY name
          ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE s.value <> excluded.value)
        SELECT s.name, s.value FROM settings s JOIN ${given} ON given.name = s.name AND given.value <> s.value
        ORDER BY s.name`)
    }
  })
)
