import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { contentText } from "../../schema/Message.js"
import { type Storage, TURNS_PER_SESSION } from "../ports/Storage.js"
import { id, number, type Raw, reader } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { content, ownersOf } from "./EntryRows.js"
import { selectMany } from "./Select.js"
import { failsAs } from "./SqlErrors.js"

const text = content("content")
const missingReader = reader("entries", "entry_id", {
  rowId: number("turn"),
  id: id("entry_id"),
  text: { ...text, write: () => undefined, read: (raw) => contentText(text.read(raw)) }
})
const sessionReader = reader("sessions", "session_id", { developer: id("developer_id"), session_id: id("session_id") })

/** The table of the vectors of turns. */
export const make: Effect.Effect<Storage.Service["turnVectors"], never, SqlClient.SqlClient | Dialect> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, { unindexed, vectors }]) => ({
    missing: (developer, session_id, limit) => {
      if (!vectors.numbered) return Effect.succeed([])
      // Of a join with the session, PostgreSQL would read all turns of the developer.
      const first = sql`(SELECT seq * ${TURNS_PER_SESSION} FROM sessions
        WHERE developer_id = ${developer} AND session_id = ${session_id})`
      const end = sql`${first} + ${TURNS_PER_SESSION}`
      return selectMany(
        "turnVectors.missing",
        missingReader,
        sql<Raw>`SELECT entry_id, turn, content FROM entries
          WHERE developer_id = ${developer} AND turn < ${end} AND turn > coalesce(
            (SELECT max(turn) FROM turn_vectors WHERE ${unindexed("developer_id")} = ${developer}
              AND turn >= ${first} AND turn < ${end}), ${first})
          ORDER BY turn LIMIT ${limit}`
      )
    },
    put: (developer, space, rows) => failsAs("turnVectors.put")(vectors.putTurns(developer, space, rows)),
    similarities: (developer, session_id, vector, newest, rowIds) =>
      vectors.turnCosines(developer, ownersOf(sql, developer, session_id), vector, newest, rowIds),
    sessions: selectMany(
      "turnVectors.sessions",
      sessionReader,
      sql<Raw>`SELECT developer_id, session_id FROM sessions ORDER BY seq`
    )
  })
)
