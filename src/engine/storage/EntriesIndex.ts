import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Content, contentText } from "../../schema/Message.js"
import { indexed } from "./Words.js"

const decodeContent = Schema.decodeUnknown(Schema.parseJson(Content))

/** Texts that the tokenizer cannot split, of the messages that are there already. */
const splitExisting = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly seq: number; readonly content: string }>`SELECT seq, content FROM entries
    WHERE role IN ('user', 'assistant')`
  for (const { content, seq } of rows) {
    const read = yield* Effect.option(decodeContent(content))
    const terms = read._tag === "Some" ? indexed(contentText(read.value)) : null
    if (terms !== null) yield* sql`UPDATE entries SET terms = ${terms} WHERE seq = ${seq}`
  }
})

/**
 * The index of the turns of conversations: what users and assistants said, under their names. A turn is found from its
 * own session and, where it is `shared`, from every session of that agent with that user. Forgetting a memory takes
 * its sources out of what is shared.
 */
export const entriesIndex = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE entries ADD COLUMN terms TEXT`
  yield* sql`ALTER TABLE entries ADD COLUMN shared INTEGER NOT NULL DEFAULT 1`
  yield* splitExisting

  yield* sql`CREATE VIRTUAL TABLE entries_fts USING fts5 (owner, name, body,
    content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2')`
  const index = sql`INSERT INTO entries_fts (rowid, owner, name, body)
    SELECT e.seq, hex(e.developer_id || ':session:' || e.session_id) ||
        iif(e.shared, coalesce(' ' || hex(e.developer_id || ':' || s.agent_id || ':' || s.user_id), ''), ''),
      coalesce(e.name, ''),
      coalesce(e.terms, iif(json_type(e.content) = 'text', json_extract(e.content, '$'),
        (SELECT group_concat(json_extract(value, '$.text'), ' ') FROM json_each(e.content)
          WHERE json_extract(value, '$.type') = 'text')))
    FROM entries e JOIN sessions s ON s.developer_id = e.developer_id AND s.session_id = e.session_id
    WHERE e.role IN ('user', 'assistant')`
  yield* index
  yield* sql`CREATE TRIGGER entries_inserted AFTER INSERT ON entries BEGIN
    ${index} AND e.seq = new.seq;
    END`
  yield* sql`CREATE TRIGGER entries_shared AFTER UPDATE OF shared ON entries BEGIN
    DELETE FROM entries_fts WHERE rowid = old.seq;
    ${index} AND e.seq = new.seq;
    END`
  yield* sql`CREATE TRIGGER entries_deleted AFTER DELETE ON entries BEGIN
    DELETE FROM entries_fts WHERE rowid = old.seq;
    END`
  yield* sql`CREATE TRIGGER memories_forgotten AFTER DELETE ON memories BEGIN
    UPDATE entries SET shared = 0 WHERE developer_id = old.developer_id AND shared = 1
      AND entry_id IN (SELECT value FROM json_each(old.source_message_ids));
    END`
})
