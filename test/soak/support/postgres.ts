/** What must hold of the store of several processes in a PostgreSQL database, however they ended. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { PostgresClient } from "../../../src/engine/storage/postgres/driver/PostgresClient.js"
import { noteOf, replyTo } from "./notes.js"

/** Waits until no job is left to run. */
export const jobsDone = (sql: PostgresClient) =>
  Effect.repeat(
    Effect.delay(
      sql<{ readonly jobs: number }>`SELECT count(*) AS jobs FROM jobs WHERE due_at IS NOT NULL`,
      "50 millis"
    ),
    { until: ([row]) => row?.jobs === 0 }
  )

/** The faults of the rows: gaps in the numbers of turns, rows without their index rows, index rows without their row. */
export const faultsOf = (sql: PostgresClient) =>
  Effect.map(
    Effect.all([
      sql`SELECT t.session_id, t.number, count(e.turn) AS turns, max(e.turn) - min(e.turn) + 1 AS span
        FROM session_turns t LEFT JOIN entries e USING (developer_id, session_id)
        GROUP BY t.session_id, t.number HAVING count(e.turn) <> t.number OR max(e.turn) - min(e.turn) + 1 <> t.number`,
      sql`SELECT seq AS no_turn FROM entries WHERE (role IN ('user', 'assistant')) <> (turn IS NOT NULL)`,
      sql`WITH indexed AS (SELECT developer_id, row_id, count(*) AS terms FROM recall_terms
          WHERE key NOT LIKE 'm%' GROUP BY developer_id, row_id)
        SELECT e.seq AS entry, i.row_id, i.terms FROM (SELECT * FROM entries WHERE turn IS NOT NULL) e
          FULL JOIN indexed i ON i.developer_id = e.developer_id AND i.row_id = e.turn
        WHERE 1 + cardinality(string_to_array(e.terms, ' ')) IS DISTINCT FROM i.terms`,
      sql`WITH indexed AS (SELECT DISTINCT developer_id, row_id FROM recall_terms WHERE key LIKE 'm%')
        SELECT m.seq AS memory, i.row_id FROM memories m
          FULL JOIN indexed i ON i.developer_id = m.developer_id AND i.row_id = m.seq WHERE m.seq IS NULL OR i.row_id IS NULL`,
      sql`SELECT name, state, reason FROM jobs WHERE state <> 'succeeded'`,
      sql`SELECT name, payload, count(*) AS jobs FROM jobs GROUP BY name, payload HAVING count(*) > 1`
    ]),
    (found): ReadonlyArray<unknown> => found.flat()
  )

interface Message {
  readonly session_id: string
  readonly entry_id: string
  readonly role: string
  readonly content: string
}

/** A turn that was acknowledged: the note it was of, and the ids of its reply, unless it was streamed. */
export interface Acknowledged {
  readonly session: string
  readonly note: string
  readonly ids: ReadonlyArray<string>
}

const noteIn = ({ content }: Message) => content.split(" ").at(-1)

const idsOf = (turns: ReadonlyArray<Acknowledged>) =>
  Arr.dedupe(turns.flatMap(({ ids }) => (ids.length === 0 ? [] : [ids.join(" ")])))

/** How histories differ from what was acknowledged: each turn is a question and its reply next to it, and there is one of it. */
export const differences = (sql: PostgresClient, acknowledged: ReadonlyArray<Acknowledged>) =>
  Effect.map(
    sql<Message>`SELECT session_id, entry_id, role, content::json #>> '{}' AS content FROM entries ORDER BY seq`,
    (messages) => {
      const histories = Arr.groupBy(messages, ({ session_id }) => session_id)
      const found = { lost: Arr.empty<string>(), doubled: Arr.empty<string>(), interleaved: Arr.empty<string>() }
      const turns = Arr.groupBy(acknowledged, ({ note, session }) => `${session} ${note}`)
      for (const [key, same] of Object.entries(turns)) {
        const [session = "", note = ""] = key.split(" ")
        const history = histories[session] ?? []
        const questions = history.filter(({ content, role }) => role === "user" && content === noteOf(note))
        const replies = history.filter(({ content, role }) => role === "assistant" && content === replyTo(note))
        const ids = idsOf(same)
        if (questions.length > 1 || replies.length > 1 || ids.length > 1) found.doubled.push(key)
        if (questions.length < 1 || replies.length < 1 || ids.some((id) => id !== replies[0]?.entry_id))
          found.lost.push(key)
      }
      let unanswered = 0
      for (const history of Object.values(histories)) {
        for (const [at, message] of history.entries()) {
          const [before, after] = [history[at - 1], history[at + 1]]
          if (message.role === "user" && after?.role !== "assistant") unanswered++
          const follows = before?.role === "user" && noteIn(before) === noteIn(message)
          if (message.role === "assistant" && !follows) found.interleaved.push(message.content)
        }
      }
      return { ...found, unanswered, distinct: Object.keys(turns).length }
    }
  )
