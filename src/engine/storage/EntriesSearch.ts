import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Storage, Talk, Turn } from "../ports/Storage.js"
import * as Candidates from "./Candidates.js"
import * as Dialect from "./Dialect.js"
import { codec as entryCodec } from "./EntryCodec.js"
import { many, number, numberOrNull, type Raw, text } from "./Rows.js"

/** What matched, and what stands beside it, by `seq`. */
const hitCodec = {
  table: "entries",
  key: "hit",
  decode: (raw: Raw) => ({
    hit: number(raw, "hit"),
    score: number(raw, "score"),
    beside: [numberOrNull(raw, "before"), numberOrNull(raw, "after")].filter((seq) => seq !== null)
  })
}

const turnCodec = {
  ...entryCodec,
  decode: (raw: Raw) => ({
    seq: number(raw, "seq"),
    session_id: text(raw, "session_id"),
    entry: entryCodec.decode(raw)
  })
}

const booleanCodec = { table: "entries", key: "yes", decode: (raw: Raw) => number(raw, "yes") === 1 }

/** The search of the turns of conversations. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const lookUp = yield* Candidates.make

  /** Within its session a turn is found whatever it was shared with; a second owner is only asked for where it matters. */
  const tokensOf = (developer: string, talk: Talk) => {
    const own = Dialect.ownerTerm(developer, "session", talk.session_id)
    if (!("user_id" in talk)) return Effect.succeed([own])
    const all = Dialect.ownerTerm(developer, talk.agent_id, talk.user_id)
    return Effect.map(
      many(
        "entries.search",
        booleanCodec,
        sql<Raw>`SELECT EXISTS (SELECT 1 FROM entries
          WHERE developer_id = ${developer} AND session_id = ${talk.session_id} AND shared = 0) AS yes`
      ),
      ([unshared]) => (unshared === true ? [all, own] : [all])
    )
  }

  const search: Storage.Service["entries"]["search"] = Effect.fnUntraced(function* (developer, talk, words, limit) {
    const tokens = yield* tokensOf(developer, talk)
    const { hits, ...known } = yield* lookUp("entries.search", Dialect.entriesIndex, tokens, words, limit)
    if (hits === undefined) return { ...known, items: [] }
    const beside = (side: "before" | "after") => sql`(SELECT o.seq FROM entries o
      WHERE o.developer_id = e.developer_id AND o.session_id = e.session_id AND o.role IN ('user', 'assistant')
        AND (o.shared = 1 OR o.session_id = ${talk.session_id}) AND ${side === "before" ? sql`o.seq < e.seq` : sql`o.seq > e.seq`}
      ORDER BY o.seq ${side === "before" ? sql`DESC` : sql`ASC`} LIMIT 1)`
    const matched = yield* many(
      "entries.search",
      hitCodec,
      sql<Raw>`SELECT hit, score, ${beside("before")} AS before, ${beside("after")} AS after
        FROM (${hits}) JOIN entries e ON e.seq = hit
        WHERE e.developer_id = ${developer} ORDER BY score DESC, hit`
    )
    const score = new Map(matched.map(({ hit, score }) => [hit, score]))
    const near = new Map<number, Array<number>>()
    for (const { beside, hit } of matched) {
      for (const other of beside) {
        near.set(hit, [...(near.get(hit) ?? []), other])
        if (!score.has(other)) near.set(other, [...(near.get(other) ?? []), hit])
      }
    }
    const places = JSON.stringify([...new Set([...score.keys(), ...near.keys()])])
    const rows = yield* many(
      "entries.search",
      turnCodec,
      // As one text of JSON, because the native code takes longer to make rows than the database to find them. The plus
      // keeps the planner from reading all messages of the developer.
      Effect.map(
        sql<{ readonly rows: string }>`SELECT json_group_array(json_object('seq', seq, 'session_id', session_id,
            'entry_id', entry_id, 'role', role, 'name', name, 'content', content, 'tool_call_id', tool_call_id,
            'aborted', aborted, 'created_at', created_at)) AS rows FROM (SELECT * FROM entries
          WHERE seq IN (SELECT value FROM json_each(${places})) AND +developer_id = ${developer} ORDER BY seq)`,
        ([found]): ReadonlyArray<Raw> => JSON.parse(found?.rows ?? "[]")
      )
    )
    const ids = new Map(rows.map(({ entry, seq }) => [seq, entry.id]))
    const items = rows
      .map(
        ({ seq, ...turn }): Turn => ({
          ...turn,
          score: score.get(seq) ?? 0,
          beside: (near.get(seq) ?? []).flatMap((other) => ids.get(other) ?? [])
        })
      )
      .sort((one, other) => other.score - one.score)
    return { ...known, items }
  })
  return search
})
