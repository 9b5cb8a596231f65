/**
 * Vectors in the type `halfvec` of pgvector. A search compares all codes of an owner, and the vectors of the nearest: an
 * approximate index finds few of those of one owner, and the planner would prefer it.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Cosines, Space, StorageError } from "../../ports/Storage.js"
import { BITS, binaryCode, NEAR_TURNS, NEIGHBOURS, nearPassages } from "../BinaryCode.js"
import { number, numbers, type Raw, reader, text } from "../Columns.js"
import { cosinesReader, PRECISION } from "../Cosines.js"
import type { Dialect, MemoryVector, Neighbour } from "../Dialect.js"
import { selectMany } from "../Select.js"

const hash = text("hash")
const storedVector = numbers("vector")
const knownReader = {
  table: "vectors",
  key: "hash",
  decode: (raw: Raw) => [hash.read(raw), Float32Array.from(storedVector.read(raw))] as const
}
const neighbourReader = reader<Neighbour>("vectors", "row_id", { rowId: number("row_id"), score: number("score") })

/** A vector as text, of length 1: numbers over 65,504 do not fit into two bytes, and small ones lose digits. */
const unit = (vector: Float32Array): string => {
  const length = Math.hypot(...vector) || 1
  return `[${vector.map((value) => value / length).join()}]`
}

/** The code of a vector, as text. */
const codeOf = (vector: Float32Array): string => `x${Buffer.from(binaryCode(vector)).toString("hex")}`

export const make = (sql: SqlClient.SqlClient): Dialect.Vectors => {
  const bits = sql.literal(`bit(${BITS})`)
  /** In how many bits a stored code differs from that of a vector. */
  const distance = (vector: Float32Array) => sql`(code <~> ${codeOf(vector)}::${bits})`
  /** The cosine of the column `vector` and this one; 0 where one of them has no direction. */
  const cosine = (vector: Float32Array) => sql`coalesce(nullif(1 - (vector <=> ${unit(vector)}::halfvec), 'NaN'), 0)`
  /** Sets the vector space of a developer who has none, on a condition. */
  const setSpace = (developer: string, { dimensions, name }: Space, where: Fragment) =>
    sql`INSERT INTO vector_spaces (developer_id, name, dimensions)
      SELECT ${developer}::uuid, ${name}::text, ${dimensions}::bigint WHERE EXISTS (${where})
      ON CONFLICT (developer_id) DO NOTHING`
  /** The condition that a developer has the vector space: another process may have another embedder. */
  const hasSpace = (developer: string, { dimensions, name }: Space) =>
    sql`EXISTS (SELECT FROM vector_spaces WHERE developer_id = ${developer} AND name = ${name} AND dimensions = ${dimensions})`
  const docExists = (developer: string) =>
    sql`((SELECT NOT EXISTS (SELECT FROM deleted_docs))
      OR doc_id NOT IN (SELECT doc_id FROM deleted_docs WHERE developer_id = ${developer}))`
  const rowIdsOf = (vectors: ReadonlyArray<MemoryVector>) => vectors.map(({ rowId }) => rowId)
  const textsOf = (vectors: ReadonlyArray<MemoryVector>) =>
    vectors.map(({ vector }) => (vector === null ? null : unit(vector)))
  const codesOf = (vectors: ReadonlyArray<MemoryVector>) =>
    vectors.map(({ vector }) => (vector === null ? null : codeOf(vector)))

  const cosinesOf = (operation: string, vector: Float32Array, rows: Fragment): Effect.Effect<Cosines, StorageError> =>
    Effect.map(
      selectMany(
        operation,
        cosinesReader,
        sql<Raw>`SELECT '[' || coalesce(string_agg(row_id::text, ','), '') || ']' AS row_ids,
            '[' || coalesce(string_agg(cosine::text, ','), '') || ']' AS cosines
          FROM (SELECT row_id, round(${PRECISION}::float8 * ${cosine(vector)})::int AS cosine
            FROM (${rows}) AS rows WHERE vector IS NOT NULL ORDER BY row_id) AS sorted`
      ),
      ([found = { rowIds: [], cosines: [] }]) => found
    )

  return {
    numbered: true,
    renew: Effect.void,
    known: (developer, hashes) =>
      Effect.map(
        selectMany(
          "vectors.known",
          knownReader,
          sql<Raw>`SELECT hash, vector::text AS vector FROM vectors
            WHERE developer_id = ${developer} AND hash = ANY(${hashes})`
        ),
        (rows) => new Map(rows)
      ),
    putPassages: (developer, doc_id, space, vectors) => {
      const doc = sql`SELECT owner FROM docs WHERE developer_id = ${developer} AND doc_id = ${doc_id} FOR KEY SHARE`
      // A doc may have been deleted since its vectors were computed, and its passages may not be deleted yet.
      return setSpace(developer, space, doc).pipe(
        Effect.zipRight(sql`WITH doc AS (${doc})
          INSERT INTO vectors (developer_id, doc_id, position, owner, hash, vector, code)
          SELECT p.developer_id, p.doc_id, p.position, doc.owner, new.hash, new.vector, new.code
          FROM doc CROSS JOIN unnest(${vectors.map(({ position }) => position)}::bigint[],
            ${vectors.map(({ hash }) => hash)}::text[],
            ${vectors.map(({ vector }) => unit(vector))}::halfvec[],
            ${vectors.map(({ vector }) => codeOf(vector))}::${bits}[]) AS new(position, hash, vector, code)
          JOIN passages p ON p.developer_id = ${developer} AND p.doc_id = ${doc_id} AND p.position = new.position
          WHERE ${hasSpace(developer, space)}
          ON CONFLICT (developer_id, doc_id, position)
            DO UPDATE SET hash = excluded.hash, vector = excluded.vector, code = excluded.code`),
        sql.withTransaction,
        Effect.asVoid
      )
    },
    nearestPassages: (developer, owners, vector, limit, docs) =>
      selectMany(
        "vectors.nearestNeighbours",
        neighbourReader,
        // With ANY(ARRAY()), the planner cannot join: it might read the codes of all owners.
        sql<Raw>`SELECT p.seq AS row_id, score
          FROM (SELECT doc_id, position, ${cosine(vector)} AS score FROM vectors
            WHERE developer_id = ${developer} AND seq = ANY(ARRAY(
              SELECT seq FROM vectors
              WHERE developer_id = ${developer} AND owner = ANY(ARRAY(${owners})) AND ${docExists(developer)}
                ${docs === undefined ? sql`` : sql`AND doc_id IN (${docs})`}
              ORDER BY ${distance(vector)}, seq LIMIT ${nearPassages(limit)}))
            ORDER BY score DESC LIMIT ${limit}) v
          JOIN passages p ON p.developer_id = ${developer} AND p.doc_id = v.doc_id AND p.position = v.position
          ORDER BY score DESC, p.seq`
      ),
    passageCosines: (developer, rowIds, vector) =>
      selectMany(
        "vectors.similarities",
        neighbourReader,
        sql<Raw>`SELECT p.seq AS row_id, ${cosine(vector)} AS score
          FROM passages p JOIN vectors v
            ON v.developer_id = p.developer_id AND v.doc_id = p.doc_id AND v.position = p.position
          WHERE p.developer_id = ${developer} AND p.seq = ANY(${rowIds})`
      ),
    putTurns: Effect.fnUntraced(function* (developer, space, vectors) {
      const list = sql`unnest(${rowIdsOf(vectors)}::bigint[], ${vectors.map(({ id }) => id)}::uuid[],
        ${textsOf(vectors)}::halfvec[], ${codesOf(vectors)}::${bits}[]) AS new(turn, id, vector, code)`
      // A message whose number another one has now is not in the list.
      const rows = sql`${list} JOIN entries e ON e.developer_id = ${developer} AND e.entry_id = new.id AND e.turn = new.turn`
      // Whoever removes turns of these sessions ends first, or waits, and then sees their vectors.
      yield* sql`SELECT 1 FROM session_turns WHERE developer_id = ${developer} AND session_id IN (
          SELECT session_id FROM entries WHERE developer_id = ${developer} AND entry_id = ANY(${vectors.map(({ id }) => id)}))
          ORDER BY session_id FOR NO KEY UPDATE`
      yield* setSpace(developer, space, sql`SELECT FROM ${rows} WHERE new.vector IS NOT NULL`)
      yield* sql`INSERT INTO turn_vectors (developer_id, turn, owner, vector, code)
          SELECT e.developer_id, e.turn, e.owner, new.vector, new.code FROM ${rows}
          WHERE new.vector IS NULL OR ${hasSpace(developer, space)} ORDER BY e.seq FOR SHARE OF e
          ON CONFLICT (developer_id, turn)
            DO UPDATE SET owner = excluded.owner, vector = excluded.vector, code = excluded.code`
    }, sql.withTransaction),
    turnCosines: (developer, owners, vector, newest, rowIds) => {
      const near = sql`SELECT turn FROM (${owners}) whose CROSS JOIN LATERAL (
          SELECT turn, code FROM turn_vectors WHERE developer_id = ${developer} AND owner = whose.owner
          ORDER BY turn DESC LIMIT ${newest}) v
        WHERE code IS NOT NULL ORDER BY ${distance(vector)}, turn DESC LIMIT ${NEAR_TURNS}`
      return cosinesOf(
        "turn_vectors.similarities",
        vector,
        sql`SELECT turn AS row_id, vector FROM turn_vectors
          WHERE developer_id = ${developer} AND owner IN (${owners}) AND turn = ANY(ARRAY(
            SELECT turn + beside FROM (${near}) near CROSS JOIN generate_series(${-NEIGHBOURS}::int, ${NEIGHBOURS}::int) beside
            UNION SELECT unnest(${rowIds}::bigint[])))`
      )
    },
    putMemories: (developer, space, vectors) => {
      const rows = sql`unnest(${rowIdsOf(vectors)}::bigint[], ${textsOf(vectors)}::halfvec[]) AS new(seq, vector)
        JOIN memories m ON m.developer_id = ${developer} AND m.seq = new.seq`
      return setSpace(developer, space, sql`SELECT FROM ${rows} WHERE new.vector IS NOT NULL`).pipe(
        Effect.zipRight(sql`INSERT INTO memory_vectors (developer_id, memory, vector)
          SELECT m.developer_id, m.seq, new.vector FROM ${rows}
          WHERE new.vector IS NULL OR ${hasSpace(developer, space)} ORDER BY m.seq FOR KEY SHARE OF m
          ON CONFLICT (developer_id, memory) DO UPDATE SET vector = excluded.vector`),
        sql.withTransaction,
        Effect.asVoid
      )
    },
    memoryCosines: (_developer, where, vector, newest) =>
      cosinesOf(
        "memory_vectors.similarities",
        vector,
        sql`SELECT v.memory AS row_id, v.vector
          FROM (SELECT developer_id, seq FROM memories WHERE ${where} ORDER BY seq DESC LIMIT ${newest}) m
          JOIN memory_vectors v ON v.developer_id = m.developer_id AND v.memory = m.seq`
      )
  }
}
