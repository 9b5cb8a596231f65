import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { contentText } from "../../schema/Message.js"
import { type Storage, TURNS_PER_SESSION } from "../ports/Storage.js"
import { id, number, type Raw, reader } from "./Columns.js"
import { content, ownersOf } from "./EntriesTable.js"
import * as NumberedVectors from "./NumberedVectors.js"
import { selectMany } from "./Select.js"
import * as Dialect from "./sqlite/Dialect.js"

const text = content("content")
const missingReader = reader("entries", "entry_id", {
  rowId: number("turn"),
  id: id("entry_id"),
  text: { ...text, write: () => undefined, read: (raw) => contentText(text.read(raw)) }
})
const sessionReader = reader("sessions", "session_id", { developer: id("developer_id"), session_id: id("session_id") })

/** The table of the vectors of turns. */
export const make: Effect.Effect<Storage.Service["turnVectors"], never, SqlClient.SqlClient> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect.make]),
  ([sql, dialect]) => {
    const table = NumberedVectors.make(sql, dialect, "turn_vectors", "turn")
    return {
      missing: (developer, session_id, limit) =>
        selectMany(
          "turnVectors.missing",
          missingReader,
          sql<Raw>`WITH own(first) AS (
            SELECT seq * ${TURNS_PER_SESSION} FROM sessions WHERE developer_id = ${developer} AND session_id = ${session_id})
          SELECT entry_id, turn, content FROM own CROSS JOIN entries
          WHERE developer_id = ${developer} AND turn < first + ${TURNS_PER_SESSION} AND turn > coalesce(
            (SELECT max(turn) FROM turn_vectors WHERE turn >= first AND turn < first + ${TURNS_PER_SESSION}), first)
          ORDER BY turn LIMIT ${limit}`
        ),
      put: (developer, space, vectors) =>
        table.put(
          developer,
          space,
          vectors,
          // A message whose number another one has now is not in the list.
          (list, vector) => sql`INSERT OR REPLACE INTO turn_vectors (turn, developer_id, owner, vector)
          SELECT e.turn, e.developer_id, iif(e.shared, s.owner, 's' || s.seq), ${vector}
          FROM json_each(${list}) v CROSS JOIN entries e CROSS JOIN sessions s
          WHERE e.developer_id = ${developer} AND e.entry_id = json_extract(v.value, '$[1]')
            AND e.turn = json_extract(v.value, '$[0]')
            AND s.developer_id = ${developer} AND s.session_id = e.session_id`
        ),
      similarities: (developer, session_id, vector, newest, rowIds) => {
        const ofOwners = sql`developer_id = ${developer} AND owner IN (${ownersOf(sql, developer, session_id)})`
        // The plus makes SQLite look up the given turns by their numbers.
        return table.similarities(
          vector,
          sql`turn IN (
            SELECT turn FROM (SELECT turn FROM turn_vectors WHERE ${ofOwners} ORDER BY turn DESC LIMIT ${newest})
            UNION ALL SELECT turn FROM turn_vectors
              WHERE turn IN (SELECT value FROM json_each(${JSON.stringify(rowIds)})) AND +${ofOwners})`
        )
      },
      sessions: selectMany(
        "turnVectors.sessions",
        sessionReader,
        sql<Raw>`SELECT developer_id, session_id FROM sessions ORDER BY seq`
      )
    }
  }
)
