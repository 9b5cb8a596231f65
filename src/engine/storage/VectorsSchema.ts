import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * The vectors of passages, each with whose it is, so that a search reads no others, and with the hash of what was
 * embedded, so that nothing is embedded twice; and the embedder that made a developer's.
 */
export const vectorsSchema = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE embedders (seq INTEGER PRIMARY KEY AUTOINCREMENT, developer_id TEXT NOT NULL,
    name TEXT NOT NULL, dimensions INTEGER NOT NULL, UNIQUE (developer_id))`
  yield* sql`CREATE TABLE vectors (seq INTEGER PRIMARY KEY AUTOINCREMENT, developer_id TEXT NOT NULL,
    doc_id TEXT NOT NULL, position INTEGER NOT NULL, owner TEXT NOT NULL, hash TEXT NOT NULL, vector BLOB NOT NULL,
    UNIQUE (developer_id, doc_id, position),
    FOREIGN KEY (developer_id, doc_id, position) REFERENCES passages (developer_id, doc_id, position) ON DELETE CASCADE)`
  yield* sql`CREATE INDEX vectors_owner ON vectors (developer_id, owner)`
  yield* sql`CREATE INDEX vectors_hash ON vectors (developer_id, hash)`
  // Whether a session has turns of its own is asked by every search of turns.
  yield* sql`CREATE INDEX entries_unshared ON entries (developer_id, session_id) WHERE shared = 0`
})
