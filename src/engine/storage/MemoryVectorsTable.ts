import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Storage } from "../ports/Storage.js"
import { id, nullable, number, type Raw, reader, text } from "./Columns.js"
import * as NumberedVectors from "./NumberedVectors.js"
import { selectMany } from "./Select.js"
import * as Dialect from "./sqlite/Dialect.js"

const missingReader = reader("memories", "seq", { rowId: number("seq"), text: text("content") })
const ownerReader = reader("memories", "agent_id", {
  developer: id("developer_id"),
  agent_id: id("agent_id"),
  user_id: nullable(id("user_id"))
})

/** The table of the vectors of memories. */
export const make: Effect.Effect<Storage.Service["memoryVectors"], never, SqlClient.SqlClient> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect.make]),
  ([sql, dialect]) => {
    const table = NumberedVectors.make(sql, dialect, "memory_vectors", "memory")
    // As the index of an agent's memories of a user has it.
    const ofAgent = (developer: string, agent_id: string, user_id: string | null | undefined) => {
      const agent = sql`developer_id = ${developer} AND agent_id = ${agent_id}`
      return user_id === undefined ? agent : sql`${agent} AND coalesce(user_id, '') = ${user_id ?? ""}`
    }
    return {
      missing: (developer, agent_id, user_id, limit) =>
        selectMany(
          "memoryVectors.missing",
          missingReader,
          sql<Raw>`SELECT seq, content FROM memories WHERE ${ofAgent(developer, agent_id, user_id)}
            AND NOT EXISTS (SELECT 1 FROM memory_vectors WHERE memory = seq) ORDER BY seq LIMIT ${limit}`
        ),
      put: (developer, space, vectors) =>
        table.put(
          developer,
          space,
          vectors,
          (list, vector) => sql`INSERT OR REPLACE INTO memory_vectors (memory, developer_id, vector)
            SELECT m.seq, m.developer_id, ${vector} FROM json_each(${list}) v CROSS JOIN memories m
            WHERE m.seq = json_extract(v.value, '$[0]') AND m.developer_id = ${developer}`
        ),
      similarities: (developer, agent_id, user_id, vector, newest) =>
        table.similarities(
          vector,
          sql`memory IN (
            SELECT seq FROM memories WHERE ${ofAgent(developer, agent_id, user_id)} ORDER BY seq DESC LIMIT ${newest})`
        ),
      owners: selectMany(
        "memoryVectors.owners",
        ownerReader,
        sql<Raw>`SELECT developer_id, agent_id, user_id FROM memories GROUP BY 1, 2, 3 ORDER BY min(seq)`
      )
    }
  }
)
