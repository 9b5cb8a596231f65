import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { termsOf } from "../ports/Words.js"

/** What a text is indexed by: its terms, a space before each, where triggers put the owner. */
export const indexed = (text: string): string =>
  termsOf(text)
    .map((term) => ` ${term}`)
    .join("")

/** The turns of one session are numbered in a row, from its own number times this. */
const TURNS = 10_000_000

/**
 * The indexes of passages, turns and memories. They keep no text of their own. Each term begins with whose row it is of,
 * so that a search reads no rows of others, however many there are: `a1` is an agent, `u2` a user, `a1u2` an agent with
 * a user, `s3` a session; no number is ever used again. The owner's own term, `a1.`, is in each of its rows.
 *
 * Triggers write and delete index rows with the rows they are of. `terms` is what they index; no row keeps it.
 */
export const searchIndexes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const options = sql`content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.'"`
  /** The terms of a column under an owner. */
  const terms = (column: string, owner: string) =>
    sql.literal(`${owner} || '.' || replace(${column}, ' ', ' ' || ${owner} || '.')`)
  const agent = sql`(SELECT 'a' || seq FROM agents WHERE developer_id = new.developer_id AND agent_id = new.agent_id)`
  const user = sql`(SELECT 'u' || seq FROM users WHERE developer_id = new.developer_id AND user_id = new.user_id)`

  yield* sql`CREATE TRIGGER docs_inserted AFTER INSERT ON docs BEGIN
    UPDATE docs SET owner = coalesce(${agent}, ${user}) WHERE seq = new.seq;
    END`
  yield* sql`CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions BEGIN
    UPDATE sessions SET owner = coalesce(${agent} || ${user}, 's' || new.seq) WHERE seq = new.seq;
    END`

  yield* sql`CREATE VIRTUAL TABLE passages_fts USING fts5 (title, body, ${options})`
  yield* sql`CREATE TRIGGER passages_inserted AFTER INSERT ON passages BEGIN
    UPDATE passages SET terms = NULL, title_terms = NULL WHERE seq = new.seq;
    INSERT INTO passages_fts (rowid, title, body)
    SELECT new.seq, ${terms("new.title_terms", "owner")}, ${terms("new.terms", "owner")}
    FROM docs WHERE developer_id = new.developer_id AND doc_id = new.doc_id;
    END`
  yield* sql`CREATE TRIGGER passages_deleted AFTER DELETE ON passages BEGIN
    DELETE FROM passages_fts WHERE rowid = old.seq;
    END`

  // Turns are what users and assistants said. Which words one has is all that is asked, not where or how often.
  yield* sql`CREATE VIRTUAL TABLE entries_fts USING fts5 (body, ${options}, detail = none)`
  const first = sql`s.seq * ${sql.literal(`${TURNS}`)}`
  yield* sql`CREATE TRIGGER entries_inserted AFTER INSERT ON entries WHEN new.terms IS NOT NULL BEGIN
    UPDATE entries SET terms = NULL, turn = (
      SELECT 1 + coalesce(
        (SELECT max(turn) FROM entries WHERE developer_id = new.developer_id
          AND turn >= ${first} AND turn < ${first} + ${sql.literal(`${TURNS}`)}), ${first})
      FROM sessions s WHERE s.developer_id = new.developer_id AND s.session_id = new.session_id)
    WHERE seq = new.seq;
    INSERT INTO entries_fts (rowid, body)
    SELECT (SELECT turn FROM entries WHERE seq = new.seq), ${terms("new.terms", "whose")}
    FROM (SELECT iif(new.shared, owner, 's' || seq) AS whose FROM sessions
      WHERE developer_id = new.developer_id AND session_id = new.session_id);
    END`
  yield* sql`CREATE TRIGGER entries_unindexed AFTER UPDATE OF turn ON entries WHEN new.turn IS NULL BEGIN
    DELETE FROM entries_fts WHERE rowid = old.turn;
    END`
  yield* sql`CREATE TRIGGER entries_deleted AFTER DELETE ON entries WHEN old.turn IS NOT NULL BEGIN
    DELETE FROM entries_fts WHERE rowid = old.turn;
    END`

  yield* sql`CREATE VIRTUAL TABLE memories_fts USING fts5 (body, ${options}, detail = none)`
  yield* sql`CREATE TRIGGER memories_inserted AFTER INSERT ON memories BEGIN
    UPDATE memories SET terms = NULL WHERE seq = new.seq;
    INSERT INTO memories_fts (rowid, body)
    SELECT new.seq, ${terms("new.terms", "agent")} || coalesce(' ' || ${terms("new.terms", "agent || user")}, '')
    FROM (SELECT ${agent} AS agent, ${user} AS user);
    END`
  yield* sql`CREATE TRIGGER memories_deleted AFTER DELETE ON memories BEGIN
    DELETE FROM memories_fts WHERE rowid = old.seq;
    END`
  // What a forgotten memory is from is found no more. The plus keeps the planner from reading all turns.
  yield* sql`CREATE TRIGGER memories_forgotten AFTER DELETE ON memories BEGIN
    UPDATE entries SET turn = NULL WHERE developer_id = old.developer_id AND +turn IS NOT NULL
      AND entry_id IN (SELECT value FROM json_each(old.source_message_ids));
    END`
})
