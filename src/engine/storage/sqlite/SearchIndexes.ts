import { TURNS_PER_SESSION } from "../../ports/Storage.js"
import type { Terms } from "../Dialect.js"

/** The full-text indexes. */
export type Index = "passages_fts" | "recall_fts"

/** Row ids of `recall_fts` from this number on are memories; lower ones are turns. */
export const MEMORIES = 1_000_000_000_000_000

/**
 * Terms as the views take them: each once, because the indexes do not count, and after a space, where a trigger inserts the
 * owner.
 */
export const termList = (terms: Terms): string => {
  let list = ""
  for (const term of new Set(terms)) list += ` ${term}`
  return list
}

/** The terms of a column with their owner, after the owner's own term with its mark. */
const terms = (column: string, owner: string, mark = ""): string =>
  `${owner} || '.${mark}' || replace(${column}, ' ', ' ' || ${owner} || '.')`

/** A view that takes the columns of a table, and columns of terms. */
const view = (table: string, columns: ReadonlyArray<string>, ...terms: ReadonlyArray<string>): string =>
  `CREATE VIEW new_${table} AS SELECT ${[...columns, ...terms.map((name) => `NULL AS ${name}`)].join(", ")} FROM ${table};`

/** An index whose segments are not merged because many of their rows are deleted. */
const keepingDeleted = (index: string): string => `INSERT INTO ${index} (${index}, rank) VALUES ('deletemerge', 0);`

/** Inserts the row that a view takes into its table; `computed` are columns whose values the trigger computes. */
const insert = (
  table: string,
  columns: ReadonlyArray<string>,
  computed: Readonly<Record<string, string>> = {}
): string =>
  `INSERT INTO ${table} (${[...columns, ...Object.keys(computed)].join(", ")})
  VALUES (${[...columns.map((name) => `new.${name}`), ...Object.values(computed)].join(", ")})`

const agent = "(SELECT 'a' || seq FROM agents WHERE developer_id = new.developer_id AND agent_id = new.agent_id)"
const user = "(SELECT 'u' || seq FROM users WHERE developer_id = new.developer_id AND user_id = new.user_id)"

const passage = ["developer_id", "doc_id", "position", "text"]

const entry = [
  "developer_id",
  "entry_id",
  "session_id",
  "role",
  "name",
  "content",
  "tool_call_id",
  "aborted",
  "extra",
  "from_model",
  "refused",
  "suspended",
  "shared",
  "created_at"
]

/** A reply to a message that was deleted has no session, which its foreign key refuses. */
const session = `iif(new.answers IS NULL
    OR EXISTS (SELECT 1 FROM entries WHERE developer_id = new.developer_id AND entry_id = new.answers), new.session_id, '')`

/** Only messages of users and assistants are turns, which have consecutive row ids; others have no terms. */
const turn = `iif(new.terms IS NULL, NULL, (
    SELECT 1 + coalesce(
      (SELECT max(turn) FROM entries WHERE developer_id = new.developer_id AND turn >= first AND turn < first + ${TURNS_PER_SESSION}),
      first)
    FROM (SELECT seq * ${TURNS_PER_SESSION} AS first FROM sessions
      WHERE developer_id = new.developer_id AND session_id = new.session_id)))`

const memory = [
  "developer_id",
  "memory_id",
  "agent_id",
  "user_id",
  "content",
  "dedup_key",
  "entities",
  "sentiment",
  "timestamp",
  "ends_at",
  "last_accessed_at",
  "created_at",
  "source_message_ids"
]

/** The columns of `finished_turns`: of a message, then of a memory, then of the memories that the turn recalled. */
export const finished = {
  message: [...entry, "answers", "terms"],
  memory: [...memory, "terms"],
  recalled: ["accessed", "accessed_at"]
}

/** The columns of a memory have this before their names there. */
const OF_MEMORY = "memory_"

const finishedColumns = [
  ...finished.message,
  ...finished.memory.map((name) => `${OF_MEMORY}${name}`),
  ...finished.recalled
]

/** Inserts a part of a row of `finished_turns`, if it is there, through the view of its table. */
const insertPart = (table: string, columns: ReadonlyArray<string>, id: string, prefix = ""): string =>
  `INSERT INTO new_${table} (${columns.join(", ")})
  SELECT ${columns.map((name) => `new.${prefix}${name}`).join(", ")} WHERE new.${prefix}${id} IS NOT NULL`

/**
 * The full-text indexes of passages, turns and memories. They store no text (`content = ''`). Each term begins with the
 * owner of its row, so that a search reads no rows of other owners: `a1` is an agent, `u2` a user, `a1u2` an agent with a
 * user, `s3` a session. The numbers are never used again. Each row also contains the owner's own term, `a1.`, by which
 * rows are counted. Memories share an index with turns; they have higher row ids, and `a1..` as the owner's own term.
 *
 * A deleted row leaves an index when writes have left enough segments to merge the one that contains it. By default, FTS5 also
 * rewrites a segment when a tenth of its rows is deleted, which makes one commit take up to half a second.
 *
 * Rows are inserted through views (`new_entries` and so on) that take the terms beside the columns of the table; a trigger
 * writes the table and the index together. What a turn leaves is inserted through one view, `finished_turns`, because FTS5
 * writes a segment for each statement of a transaction. Rows are deleted from the tables, and triggers delete their index
 * rows.
 */
export const searchIndexes = `
CREATE TRIGGER docs_inserted AFTER INSERT ON docs BEGIN
  UPDATE docs SET owner = coalesce(${agent}, ${user}) WHERE seq = new.seq;
END;
CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions BEGIN
  UPDATE sessions SET owner = coalesce(${agent} || ${user}, 's' || new.seq) WHERE seq = new.seq;
END;

-- Searches need which terms a row contains, not where or how often: detail = none.
CREATE VIRTUAL TABLE passages_fts USING fts5 (body,
  content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.'", detail = none);
${keepingDeleted("passages_fts")}
${view("passages", passage, "terms")}
CREATE TRIGGER passages_written INSTEAD OF INSERT ON new_passages BEGIN
  ${insert("passages", passage)};
  INSERT INTO passages_fts (rowid, body)
  SELECT last_insert_rowid(), ${terms("new.terms", "owner")}
  FROM docs WHERE developer_id = new.developer_id AND doc_id = new.doc_id;
END;
CREATE TRIGGER passages_deleted AFTER DELETE ON passages BEGIN
  DELETE FROM passages_fts WHERE rowid = old.seq;
END;

CREATE VIRTUAL TABLE recall_fts USING fts5 (body,
  content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.'", detail = none);
${keepingDeleted("recall_fts")}

${view("entries", entry, "answers", "terms")}
CREATE TRIGGER entries_written INSTEAD OF INSERT ON new_entries BEGIN
  ${insert(
    "entries",
    entry.filter((name) => name !== "session_id"),
    { session_id: session, turn }
  )};
  INSERT INTO recall_fts (rowid, body)
  SELECT turn, ${terms("new.terms", "whose")}
  FROM (SELECT (SELECT turn FROM entries WHERE seq = last_insert_rowid()) AS turn,
      iif(new.shared, owner, 's' || seq) AS whose
    FROM sessions WHERE developer_id = new.developer_id AND session_id = new.session_id)
  WHERE turn IS NOT NULL;
END;
CREATE TRIGGER entries_unindexed AFTER UPDATE OF turn ON entries WHEN new.turn IS NULL BEGIN
  DELETE FROM recall_fts WHERE rowid = old.turn;
  DELETE FROM turn_vectors WHERE turn = old.turn;
END;
CREATE TRIGGER entries_deleted AFTER DELETE ON entries WHEN old.turn IS NOT NULL BEGIN
  DELETE FROM recall_fts WHERE rowid = old.turn;
  DELETE FROM turn_vectors WHERE turn = old.turn;
END;

-- A memory that exists keeps its id and gains the new sources, without duplicates and after those it has, so the select
-- finds no row with the new id.
${view("memories", memory, "terms")}
CREATE TRIGGER memories_written INSTEAD OF INSERT ON new_memories BEGIN
  ${insert("memories", memory)}
  ON CONFLICT (developer_id, agent_id, coalesce(user_id, ''), dedup_key)
  DO UPDATE SET source_message_ids = (SELECT json_group_array(value) FROM (
    SELECT value FROM json_each(memories.source_message_ids) UNION ALL
    SELECT value FROM json_each(excluded.source_message_ids)
      WHERE value NOT IN (SELECT value FROM json_each(memories.source_message_ids))));
  INSERT INTO recall_fts (rowid, body)
  SELECT (${MEMORIES} + seq),
    ${terms("new.terms", "agent", ".")} || coalesce(' ' || ${terms("new.terms", "agent || user", ".")}, '')
  FROM memories, (SELECT ${agent} AS agent, ${user} AS user)
  WHERE developer_id = new.developer_id AND memory_id = new.memory_id;
END;

-- The message comes first: FTS5 writes a segment when a row id is lower than the one before.
CREATE VIEW finished_turns AS SELECT ${finishedColumns.map((name) => `NULL AS ${name}`).join(", ")};
CREATE TRIGGER turns_finished INSTEAD OF INSERT ON finished_turns BEGIN
  ${insertPart("entries", finished.message, "entry_id")};
  UPDATE memories SET last_accessed_at = new.accessed_at WHERE developer_id = new.developer_id
    AND memory_id IN (SELECT value FROM json_each(new.accessed));
  ${insertPart("memories", finished.memory, "memory_id", OF_MEMORY)};
END;

CREATE TRIGGER memories_deleted AFTER DELETE ON memories BEGIN
  DELETE FROM recall_fts WHERE rowid = (${MEMORIES} + old.seq);
END;
-- The sources of a deleted memory leave the index, and are forgotten. A suggestion may repeat what they say.
CREATE TRIGGER memories_forgotten AFTER DELETE ON memories BEGIN
  DELETE FROM suggestions WHERE developer_id = old.developer_id AND session_id IN (
    SELECT session_id FROM json_each(old.source_message_ids) JOIN entries
      ON developer_id = old.developer_id AND entry_id = value);
  UPDATE entries SET turn = NULL, forgotten = 1 WHERE developer_id = old.developer_id
    AND entry_id IN (SELECT value FROM json_each(old.source_message_ids));
END;
`
