import { searchIndexes } from "./SearchIndexes.js"

const seq = "seq INTEGER PRIMARY KEY AUTOINCREMENT, developer_id TEXT NOT NULL"
const ofAgent = "FOREIGN KEY (developer_id, agent_id) REFERENCES agents (developer_id, agent_id) ON DELETE CASCADE"
const ofUser = "FOREIGN KEY (developer_id, user_id) REFERENCES users (developer_id, user_id) ON DELETE CASCADE"

/**
 * The first schema. In every table `seq` is the order of insertion, and a number is never used again (in `entries` it can
 * be after its row is deleted). Ids are unique per developer; every key and index leads with the developer; JSON is text;
 * times are epoch milliseconds. `metadata_pairs` is for metadata filters (see `MetadataFilter`); `owner` and `turn` are for the
 * search indexes (see `SearchIndexes`).
 */
export const initialSchema = `
CREATE TABLE agents (${seq},
  agent_id TEXT NOT NULL, key TEXT, name TEXT NOT NULL, about TEXT NOT NULL, instructions TEXT NOT NULL, model TEXT,
  default_settings TEXT NOT NULL, metadata TEXT NOT NULL, metadata_pairs TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  UNIQUE (developer_id, agent_id));
CREATE INDEX agents_created ON agents (developer_id, created_at);
CREATE UNIQUE INDEX agents_key ON agents (developer_id, key) WHERE key IS NOT NULL;
CREATE INDEX agents_updated ON agents (developer_id, updated_at);

CREATE TABLE users (${seq},
  user_id TEXT NOT NULL, name TEXT NOT NULL, about TEXT NOT NULL, metadata TEXT NOT NULL, metadata_pairs TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  UNIQUE (developer_id, user_id));
CREATE INDEX users_created ON users (developer_id, created_at);
CREATE INDEX users_updated ON users (developer_id, updated_at);

CREATE TABLE sessions (${seq},
  session_id TEXT NOT NULL, agent_id TEXT NOT NULL, user_id TEXT, situation TEXT NOT NULL, summary TEXT,
  summarized_through TEXT, suggested_through TEXT, history_epoch INTEGER NOT NULL, nonce TEXT NOT NULL, render_templates INTEGER NOT NULL, metadata TEXT NOT NULL, metadata_pairs TEXT NOT NULL,
  owner TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  UNIQUE (developer_id, session_id), ${ofAgent}, ${ofUser});
CREATE INDEX sessions_created ON sessions (developer_id, created_at);
CREATE INDEX sessions_updated ON sessions (developer_id, updated_at);
CREATE INDEX sessions_agent ON sessions (developer_id, agent_id);
CREATE INDEX sessions_user ON sessions (developer_id, user_id);

CREATE TABLE tools (${seq},
  tool_id TEXT NOT NULL, agent_id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
  parameters TEXT NOT NULL, strict INTEGER, ensured INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  UNIQUE (developer_id, tool_id), ${ofAgent});
CREATE INDEX tools_agent ON tools (developer_id, agent_id);

-- Two columns for the one owner, so that a foreign key can cascade from either. The content is the last column: whatever
-- stands behind it is read through all the pages of a long one.
CREATE TABLE docs (${seq},
  doc_id TEXT NOT NULL, agent_id TEXT, user_id TEXT, key TEXT, title TEXT NOT NULL, metadata TEXT NOT NULL,
  metadata_pairs TEXT NOT NULL, owner TEXT, created_at INTEGER NOT NULL, content TEXT NOT NULL,
  CHECK ((agent_id IS NULL) <> (user_id IS NULL)),
  UNIQUE (developer_id, doc_id), ${ofAgent}, ${ofUser});
CREATE INDEX docs_agent ON docs (developer_id, agent_id, created_at);
CREATE INDEX docs_user ON docs (developer_id, user_id, created_at);
CREATE UNIQUE INDEX docs_agent_key ON docs (developer_id, agent_id, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX docs_user_key ON docs (developer_id, user_id, key) WHERE key IS NOT NULL;

CREATE TABLE passages (${seq},
  doc_id TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL,
  UNIQUE (developer_id, doc_id, position));

-- Docs whose passages are yet to be deleted: see Purge.
CREATE TABLE deleted_docs (${seq}, doc_id TEXT NOT NULL, UNIQUE (developer_id, doc_id));
CREATE TRIGGER docs_deleted AFTER DELETE ON docs BEGIN
  INSERT INTO deleted_docs (developer_id, doc_id) VALUES (old.developer_id, old.doc_id);
END;

-- A vector has its owner, so that a search reads no others, and the hash of its text, so that no text is embedded
-- twice. Its binary code is in the index of owners: a search reads all codes of an owner, and few vectors. vector_spaces has the
-- vector space of each developer; semantic is NULL until the embedder was asked for paraphrases.
CREATE TABLE vector_spaces (${seq}, name TEXT NOT NULL, dimensions INTEGER NOT NULL, semantic INTEGER,
  UNIQUE (developer_id));
CREATE TABLE vectors (${seq},
  doc_id TEXT NOT NULL, position INTEGER NOT NULL, owner TEXT NOT NULL, hash TEXT NOT NULL, vector BLOB NOT NULL,
  code BLOB NOT NULL, UNIQUE (developer_id, doc_id, position),
  FOREIGN KEY (developer_id, doc_id, position) REFERENCES passages (developer_id, doc_id, position) ON DELETE CASCADE);
CREATE INDEX vectors_owner ON vectors (developer_id, owner, seq, code);
CREATE INDEX vectors_hash ON vectors (developer_id, hash);

-- claimed_at is when a program has taken a call of a tool to run it; suspended says that the call runs only after a
-- decision. They come before the content, which may be on other pages. Entries that are not shared are found in their own
-- session only. Every search checks whether the session has any.
CREATE TABLE entries (seq INTEGER PRIMARY KEY, developer_id TEXT NOT NULL,
  entry_id TEXT NOT NULL, session_id TEXT NOT NULL, claimed_at INTEGER,
  suspended INTEGER NOT NULL, role TEXT NOT NULL, name TEXT, content TEXT NOT NULL,
  tool_call_id TEXT, aborted INTEGER NOT NULL, from_model INTEGER NOT NULL, refused INTEGER NOT NULL,
  extra TEXT, shared INTEGER NOT NULL, turn INTEGER,
  forgotten INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
  UNIQUE (developer_id, entry_id),
  FOREIGN KEY (developer_id, session_id) REFERENCES sessions (developer_id, session_id) ON DELETE CASCADE);
CREATE INDEX entries_session ON entries (developer_id, session_id);
CREATE UNIQUE INDEX entries_turn ON entries (developer_id, turn) WHERE turn IS NOT NULL;
CREATE INDEX entries_unshared ON entries (developer_id, session_id) WHERE shared = 0;

-- Memories outlive the session and the messages that they come from. ends_at is the end of the time that a memory names.
CREATE TABLE memories (${seq},
  memory_id TEXT NOT NULL, agent_id TEXT NOT NULL, user_id TEXT, content TEXT NOT NULL,
  dedup_key TEXT NOT NULL, entities TEXT NOT NULL, sentiment REAL NOT NULL, timestamp INTEGER NOT NULL, ends_at INTEGER,
  last_accessed_at INTEGER, created_at INTEGER NOT NULL, source_message_ids TEXT NOT NULL,
  UNIQUE (developer_id, memory_id), ${ofAgent}, ${ofUser});
CREATE UNIQUE INDEX memories_dedup_key ON memories (developer_id, agent_id, coalesce(user_id, ''), dedup_key);
CREATE INDEX memories_created ON memories (developer_id, agent_id, created_at);
CREATE INDEX memories_user ON memories (developer_id, user_id);

-- The vectors of turns and memories, each under the number of its row, and NULL for a text that has none. The newest turn
-- of a session that is here is the last one that was embedded. A turn has its owner as in the search index.
CREATE TABLE turn_vectors (turn INTEGER PRIMARY KEY, developer_id TEXT NOT NULL, owner TEXT NOT NULL, vector BLOB,
  code BLOB);
CREATE INDEX turn_vectors_owner ON turn_vectors (developer_id, owner, turn, code);
CREATE TABLE memory_vectors (memory INTEGER PRIMARY KEY REFERENCES memories (seq) ON DELETE CASCADE,
  developer_id TEXT NOT NULL, vector BLOB);

CREATE TABLE suggestions (${seq},
  suggestion_id TEXT NOT NULL, session_id TEXT NOT NULL, message_id TEXT NOT NULL, target TEXT NOT NULL,
  content TEXT NOT NULL, dedup_key TEXT NOT NULL, created_at INTEGER NOT NULL,
  UNIQUE (developer_id, session_id, dedup_key),
  FOREIGN KEY (developer_id, message_id) REFERENCES entries (developer_id, entry_id) ON DELETE CASCADE);
CREATE INDEX suggestions_message ON suggestions (developer_id, message_id);

CREATE TABLE replies (${seq},
  route TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
  resource_id TEXT, created_at INTEGER NOT NULL,
  UNIQUE (developer_id, route, key));
-- Replies of all developers expire together.
CREATE INDEX replies_created ON replies (created_at);
CREATE INDEX replies_resource ON replies (developer_id, resource_id);

CREATE TABLE jobs (${seq},
  job_id TEXT NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL, lane TEXT, state TEXT NOT NULL, reason TEXT,
  progress REAL NOT NULL, attempts INTEGER NOT NULL, due_at INTEGER, blocked INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (developer_id, job_id));
-- All developers share the queue, so this is the one index that does not lead with the developer. It holds the unfinished
-- jobs that wait for no other: a claim reads none of those behind them, however many.
CREATE INDEX jobs_due ON jobs (name, seq, due_at) WHERE due_at IS NOT NULL AND blocked = 0;
CREATE INDEX jobs_lane ON jobs (developer_id, lane, seq) WHERE due_at IS NOT NULL AND lane IS NOT NULL;
-- A job is blocked while others of its lane are unfinished that were inserted before it.
CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs WHEN new.lane IS NOT NULL AND new.due_at IS NOT NULL AND EXISTS (
  SELECT 1 FROM jobs WHERE developer_id = new.developer_id AND lane = new.lane AND due_at IS NOT NULL AND seq < new.seq)
BEGIN
  UPDATE jobs SET blocked = 1 WHERE seq = new.seq;
END;
CREATE TRIGGER jobs_ended AFTER UPDATE OF due_at ON jobs
WHEN new.lane IS NOT NULL AND new.due_at IS NULL AND old.due_at IS NOT NULL BEGIN
  UPDATE jobs SET blocked = 0 WHERE seq = (
    SELECT min(seq) FROM jobs WHERE developer_id = new.developer_id AND lane = new.lane AND due_at IS NOT NULL);
END;

-- The one table whose key does not lead with the developer: a request says whom it acts for by its key alone.
CREATE TABLE keys (${seq},
  hash TEXT NOT NULL UNIQUE, key_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at INTEGER NOT NULL,
  used_at INTEGER, expires_at INTEGER, revoked_at INTEGER);

-- Finished jobs of all developers expire together.
CREATE INDEX jobs_finished ON jobs (updated_at) WHERE due_at IS NULL;
CREATE INDEX jobs_finished_lane ON jobs (developer_id, lane) WHERE due_at IS NULL AND lane IS NOT NULL;

-- A kept reply quotes its resource, and a finished job is of its session: they go with it.
CREATE TRIGGER agents_deleted AFTER DELETE ON agents BEGIN
  DELETE FROM replies WHERE developer_id = old.developer_id AND resource_id = old.agent_id;
END;
CREATE TRIGGER users_deleted AFTER DELETE ON users BEGIN
  DELETE FROM replies WHERE developer_id = old.developer_id AND resource_id = old.user_id;
END;
CREATE TRIGGER sessions_deleted AFTER DELETE ON sessions BEGIN
  DELETE FROM replies WHERE developer_id = old.developer_id AND resource_id = old.session_id;
  DELETE FROM jobs WHERE developer_id = old.developer_id AND due_at IS NULL
    AND lane IN (old.session_id, old.session_id || '/suggestions', old.session_id || '/vectors');
END;

${searchIndexes}
`
