/** Inserts the rows whose owner searches need, which is made of the numbers of agents and users. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Dialect, Written } from "../Dialect.js"

export const make: Effect.Effect<Dialect.Service["insert"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => {
    const agent = ({ agent_id, developer_id }: Written) =>
      sql`(SELECT 'a' || seq FROM agents WHERE developer_id = ${developer_id} AND agent_id = ${agent_id})`
    const user = ({ developer_id, user_id }: Written) =>
      sql`(SELECT 'u' || seq FROM users WHERE developer_id = ${developer_id} AND user_id = ${user_id})`
    const names = (row: Written) => sql.literal(Object.keys(row).join(", "))
    const values = (row: Written) => sql.csv(Object.values(row).map((value) => sql`${value}`))
    return (table, row) => {
      switch (table) {
        case "docs":
          // An owner that is not there violates the foreign key.
          return Effect.asVoid(sql`INSERT INTO docs (owner, ${names(row)})
            VALUES (coalesce(${agent(row)}, ${user(row)}, ''), ${values(row)})`)
        case "sessions":
          return Effect.asVoid(sql`WITH next AS MATERIALIZED (SELECT nextval('sessions_seq_seq') AS seq),
            written AS (INSERT INTO sessions (seq, owner, ${names(row)})
              VALUES ((SELECT seq FROM next), coalesce(${agent(row)} || ${user(row)}, 's' || (SELECT seq FROM next)), ${values(row)})
              RETURNING developer_id, session_id)
            INSERT INTO session_turns (developer_id, session_id) SELECT developer_id, session_id FROM written`)
        default:
          return Effect.asVoid(sql`INSERT INTO ${sql(table)} ${sql.insert(row)}`)
      }
    }
  }
)
