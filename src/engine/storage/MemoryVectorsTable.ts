import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Storage } from "../ports/Storage.js"
import { id, nullable, number, type Raw, reader, text } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { selectMany } from "./Select.js"
import { failsAs } from "./SqlErrors.js"

const missingReader = reader("memories", "seq", { rowId: number("seq"), text: text("content") })
const ownerReader = reader("memories", "agent_id", {
  developer: id("developer_id"),
  agent_id: id("agent_id"),
  user_id: nullable(id("user_id"))
})

/** The table of the vectors of memories. */
export const make: Effect.Effect<Storage.Service["memoryVectors"], never, SqlClient.SqlClient | Dialect> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, { noUser, vectors }]) => {
    // As the index of an agent's memories of a user has it.
    const ofAgent = (developer: string, agent_id: string, user_id: string | null | undefined) => {
      const agent = sql`developer_id = ${developer} AND agent_id = ${agent_id}`
      return user_id === undefined ? agent : sql`${agent} AND coalesce(user_id, ${noUser}) = ${user_id ?? noUser}`
    }
    return {
      missing: (developer, agent_id, user_id, limit) =>
        vectors.numbered
          ? selectMany(
              "memoryVectors.missing",
              missingReader,
              sql<Raw>`SELECT seq, content FROM memories m WHERE ${ofAgent(developer, agent_id, user_id)}
                AND NOT EXISTS (SELECT 1 FROM memory_vectors v WHERE v.developer_id = m.developer_id AND v.memory = m.seq)
                ORDER BY seq LIMIT ${limit}`
            )
          : Effect.succeed([]),
      put: (developer, space, rows) => failsAs("memoryVectors.put")(vectors.putMemories(developer, space, rows)),
      similarities: (developer, agent_id, user_id, vector, newest) =>
        vectors.memoryCosines(developer, ofAgent(developer, agent_id, user_id), vector, newest),
      owners: selectMany(
        "memoryVectors.owners",
        ownerReader,
        sql<Raw>`SELECT developer_id, agent_id, user_id FROM memories GROUP BY 1, 2, 3 ORDER BY min(seq)`
      )
    }
  }
)
