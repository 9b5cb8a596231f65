import { BITS } from "../BinaryCode.js"

/** How vectors are stored: as `halfvec` of the extension pgvector, or as bytes where it is not installed. */
export type VectorType = "halfvec" | "bytea"

const key = "seq BIGSERIAL, developer_id UUID NOT NULL, PRIMARY KEY (developer_id, seq)"
const ofAgent = "FOREIGN KEY (developer_id, agent_id) REFERENCES agents (developer_id, agent_id)"
const ofUser = "FOREIGN KEY (developer_id, user_id) REFERENCES users (developer_id, user_id)"

/** The user of what has none, in keys: `NULL` is not equal to itself. */
export const NO_USER = "00000000-0000-0000-0000-000000000000"

/**
 * The first schema, with the tables and columns of SQLite's (see `sqlite/InitialSchema`). It has no triggers: each statement
 * that inserts or deletes rows of an index also writes the index. Foreign keys cascade only to rows that are in no index,
 * so that a deletion that forgets an index fails.
 *
 * The key of every table but `keys` leads with the developer, so that a table can be partitioned by developers. `seq` has
 * the default of a sequence, which partitions of every release share.
 *
 * `passage_terms` and `recall_terms` are the search indexes: one row for each term of a passage, a turn or a memory. A key
 * is the owner, a dot and a term, and `a1.` is the owner's own term, by which rows are counted; `a1` is an agent, `u2` a user,
 * `a1u2` an agent with a user, `s3` a session. Owners of memories begin with `m`. A row id is the `seq` of a passage or a
 * memory, or the number of a turn. Searches read nothing but the index of these tables: inserts make the table visible to
 * all, which index-only scans need, sooner than by default. Rows of passages, entries and memories keep their owner and
 * their terms, by which a deletion finds the rows of the index.
 */
export const initialSchema = (vector: VectorType): string => `
CREATE TABLE agents (${key},
  agent_id UUID NOT NULL, key TEXT, name TEXT NOT NULL, about TEXT NOT NULL, instructions TEXT NOT NULL, model TEXT,
  default_settings TEXT NOT NULL, metadata TEXT NOT NULL, metadata_pairs TEXT NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  UNIQUE (developer_id, agent_id));
CREATE INDEX agents_created ON agents (developer_id, created_at, seq);
CREATE UNIQUE INDEX agents_key ON agents (developer_id, key) WHERE key IS NOT NULL;
CREATE INDEX agents_updated ON agents (developer_id, updated_at, seq);

CREATE TABLE users (${key},
  user_id UUID NOT NULL, name TEXT NOT NULL, about TEXT NOT NULL, metadata TEXT NOT NULL, metadata_pairs TEXT NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  UNIQUE (developer_id, user_id));
CREATE INDEX users_created ON users (developer_id, created_at, seq);
CREATE INDEX users_updated ON users (developer_id, updated_at, seq);

CREATE TABLE sessions (${key},
  session_id UUID NOT NULL, agent_id UUID NOT NULL, user_id UUID, situation TEXT NOT NULL, summary TEXT,
  summarized_through UUID, suggested_through UUID, history_epoch BIGINT NOT NULL, nonce TEXT NOT NULL,
  render_templates SMALLINT NOT NULL, metadata TEXT NOT NULL, metadata_pairs TEXT NOT NULL,
  owner TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  UNIQUE (developer_id, session_id), ${ofAgent}, ${ofUser});
CREATE INDEX sessions_created ON sessions (developer_id, created_at, seq);
CREATE INDEX sessions_updated ON sessions (developer_id, updated_at, seq);
CREATE INDEX sessions_agent ON sessions (developer_id, agent_id);
CREATE INDEX sessions_user ON sessions (developer_id, user_id);

-- The number of a session's last turn, and who may append the next ones: the holder of the fence, until a time. Every turn
-- updates the row, which stays in its page.
CREATE TABLE session_turns (developer_id UUID NOT NULL, session_id UUID NOT NULL, number BIGINT NOT NULL DEFAULT 0,
  holder TEXT, fence BIGINT NOT NULL DEFAULT 0, until TIMESTAMPTZ, waiting SMALLINT NOT NULL DEFAULT 0,
  PRIMARY KEY (developer_id, session_id),
  FOREIGN KEY (developer_id, session_id) REFERENCES sessions (developer_id, session_id) ON DELETE CASCADE)
  WITH (fillfactor = 50);

CREATE TABLE tools (${key},
  tool_id UUID NOT NULL, agent_id UUID NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
  parameters TEXT NOT NULL, strict SMALLINT, ensured SMALLINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  UNIQUE (developer_id, tool_id), ${ofAgent} ON DELETE CASCADE);
CREATE INDEX tools_agent ON tools (developer_id, agent_id, seq);

CREATE TABLE docs (${key},
  doc_id UUID NOT NULL, agent_id UUID, user_id UUID, key TEXT COLLATE "C", title TEXT NOT NULL, metadata TEXT NOT NULL,
  metadata_pairs TEXT NOT NULL, owner TEXT NOT NULL, created_at BIGINT NOT NULL, content TEXT NOT NULL,
  CHECK ((agent_id IS NULL) <> (user_id IS NULL)),
  UNIQUE (developer_id, doc_id), ${ofAgent}, ${ofUser});
CREATE INDEX docs_agent ON docs (developer_id, agent_id, created_at, seq);
CREATE INDEX docs_user ON docs (developer_id, user_id, created_at, seq);
CREATE UNIQUE INDEX docs_agent_key ON docs (developer_id, agent_id, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX docs_user_key ON docs (developer_id, user_id, key) WHERE key IS NOT NULL;

CREATE TABLE passages (${key},
  doc_id UUID NOT NULL, position BIGINT NOT NULL, text TEXT NOT NULL, owner TEXT NOT NULL, terms TEXT NOT NULL,
  UNIQUE (developer_id, doc_id, position));
CREATE TABLE passage_terms (developer_id UUID NOT NULL, key TEXT COLLATE "C" NOT NULL, row_id BIGINT NOT NULL,
  PRIMARY KEY (developer_id, key, row_id)) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

-- Docs whose passages are yet to be deleted.
CREATE TABLE deleted_docs (${key}, doc_id UUID NOT NULL, UNIQUE (developer_id, doc_id));

CREATE TABLE vector_spaces (${key}, name TEXT NOT NULL, dimensions BIGINT NOT NULL, semantic SMALLINT,
  UNIQUE (developer_id));
-- A search reads vectors where they are as long as they fit into a page: elsewhere, each is one more lookup. Before, it reads
-- the codes of all, from the index of owners alone. Vectors that are bytes have no codes.
CREATE TABLE vectors (${key},
  doc_id UUID NOT NULL, position BIGINT NOT NULL, owner TEXT NOT NULL, hash TEXT NOT NULL, vector ${vector} NOT NULL,
  code BIT(${BITS}), UNIQUE (developer_id, doc_id, position),
  FOREIGN KEY (developer_id, doc_id, position) REFERENCES passages (developer_id, doc_id, position) ON DELETE CASCADE)
  WITH (toast_tuple_target = 8160, autovacuum_vacuum_insert_scale_factor = 0.02);
CREATE INDEX vectors_owner ON vectors (developer_id, owner, seq) INCLUDE (code, doc_id);
CREATE INDEX vectors_hash ON vectors (developer_id, hash);

CREATE TABLE entries (${key},
  entry_id UUID NOT NULL, session_id UUID NOT NULL, claimed_at BIGINT,
  suspended SMALLINT NOT NULL, role TEXT NOT NULL, name TEXT, content TEXT NOT NULL,
  tool_call_id TEXT, aborted SMALLINT NOT NULL, from_model SMALLINT NOT NULL, refused SMALLINT NOT NULL,
  extra TEXT, shared SMALLINT NOT NULL, turn BIGINT, owner TEXT, terms TEXT,
  forgotten SMALLINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL,
  UNIQUE (developer_id, entry_id),
  FOREIGN KEY (developer_id, session_id) REFERENCES sessions (developer_id, session_id));
CREATE INDEX entries_session ON entries (developer_id, session_id, seq);
CREATE UNIQUE INDEX entries_turn ON entries (developer_id, turn) WHERE turn IS NOT NULL;
CREATE INDEX entries_unshared ON entries (developer_id, session_id) WHERE shared = 0;

CREATE TABLE memories (${key},
  memory_id UUID NOT NULL, agent_id UUID NOT NULL, user_id UUID, content TEXT NOT NULL,
  dedup_key TEXT NOT NULL, entities TEXT NOT NULL, sentiment DOUBLE PRECISION NOT NULL, timestamp BIGINT NOT NULL,
  ends_at BIGINT, last_accessed_at BIGINT, created_at BIGINT NOT NULL, source_message_ids TEXT NOT NULL,
  owner TEXT NOT NULL, terms TEXT NOT NULL,
  UNIQUE (developer_id, memory_id), ${ofAgent}, ${ofUser});
CREATE UNIQUE INDEX memories_dedup_key ON memories (developer_id, agent_id, coalesce(user_id, '${NO_USER}'), dedup_key);
CREATE INDEX memories_created ON memories (developer_id, agent_id, created_at, seq);
CREATE INDEX memories_user ON memories (developer_id, user_id);
CREATE TABLE recall_terms (developer_id UUID NOT NULL, key TEXT COLLATE "C" NOT NULL, row_id BIGINT NOT NULL,
  PRIMARY KEY (developer_id, key, row_id)) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);

CREATE TABLE turn_vectors (developer_id UUID NOT NULL, turn BIGINT NOT NULL, owner TEXT NOT NULL, vector ${vector},
  code BIT(${BITS}), PRIMARY KEY (developer_id, turn))
  WITH (toast_tuple_target = 8160, autovacuum_vacuum_insert_scale_factor = 0.02);
CREATE INDEX turn_vectors_owner ON turn_vectors (developer_id, owner, turn) INCLUDE (code);
CREATE TABLE memory_vectors (developer_id UUID NOT NULL, memory BIGINT NOT NULL, vector ${vector},
  PRIMARY KEY (developer_id, memory),
  FOREIGN KEY (developer_id, memory) REFERENCES memories (developer_id, seq) ON DELETE CASCADE)
  WITH (toast_tuple_target = 8160);

CREATE TABLE suggestions (${key},
  suggestion_id UUID NOT NULL, session_id UUID NOT NULL, message_id UUID NOT NULL, target TEXT NOT NULL,
  content TEXT NOT NULL, dedup_key TEXT NOT NULL, created_at BIGINT NOT NULL,
  UNIQUE (developer_id, session_id, dedup_key),
  FOREIGN KEY (developer_id, message_id) REFERENCES entries (developer_id, entry_id) ON DELETE CASCADE);
CREATE INDEX suggestions_message ON suggestions (developer_id, message_id);

-- The row of a key that has no status yet is claimed by an attempt, until a time.
CREATE TABLE replies (${key},
  route TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status BIGINT, body TEXT,
  resource_id UUID, created_at BIGINT NOT NULL, holder TEXT, until TIMESTAMPTZ,
  UNIQUE (developer_id, route, key));
CREATE INDEX replies_created ON replies (created_at);
CREATE INDEX replies_resource ON replies (developer_id, resource_id);

CREATE TABLE jobs (${key},
  job_id UUID NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL, lane TEXT, state TEXT NOT NULL, reason TEXT,
  progress DOUBLE PRECISION NOT NULL, attempts BIGINT NOT NULL, due_at BIGINT, created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (developer_id, job_id)) WITH (autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX jobs_due ON jobs (name, seq, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX jobs_lane ON jobs (developer_id, lane, seq) WHERE due_at IS NOT NULL AND lane IS NOT NULL;
CREATE INDEX jobs_finished ON jobs (updated_at) WHERE due_at IS NULL;
CREATE INDEX jobs_finished_lane ON jobs (developer_id, lane) WHERE due_at IS NULL AND lane IS NOT NULL;

-- A request says whom it acts for by its key alone.
CREATE TABLE keys (seq BIGSERIAL PRIMARY KEY, developer_id UUID NOT NULL,
  hash TEXT NOT NULL UNIQUE, key_id UUID NOT NULL UNIQUE, name TEXT NOT NULL, created_at BIGINT NOT NULL,
  used_at BIGINT, expires_at BIGINT, revoked_at BIGINT);

-- The settings that must be equal in all processes.
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
`
