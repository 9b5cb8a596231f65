/**
 * Vectors of a database without pgvector: their bytes, which are compared here. So few that a search reads them all, and of
 * passages alone: a search of turns or memories is in every turn of a session.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { number, type Raw, text } from "../Columns.js"
import type { Dialect, Neighbour } from "../Dialect.js"
import { selectMany } from "../Select.js"
import { ADVICE } from "./VectorType.js"

/** The most vectors of an owner: a search reads them in about 80 ms. */
const MAX_VECTORS = 2000

const bytesOf = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)

const vectorOf = (raw: Raw): Float32Array => {
  const bytes = raw["vector"]
  if (!(bytes instanceof Uint8Array)) throw new Error("vector is not bytes")
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

const cosine = (one: Float32Array, other: Float32Array): number => {
  let [product, first, second] = [0, 0, 0]
  for (const [index, left] of one.entries()) {
    const right = other[index] ?? 0
    product += left * right
    first += left * left
    second += right * right
  }
  return product === 0 ? 0 : product / Math.sqrt(first * second)
}

const rowId = number("row_id")
const neighbourTo = (vector: Float32Array) => ({
  table: "vectors",
  key: "row_id",
  decode: (raw: Raw): Neighbour => ({ rowId: rowId.read(raw), score: cosine(vectorOf(raw), vector) })
})
const hash = text("hash")
const knownReader = {
  table: "vectors",
  key: "hash",
  decode: (raw: Raw) => [hash.read(raw), vectorOf(raw)] as const
}

const tooMany = new SqlError({
  message:
    "An agent or a user has 2,000 passages with vectors, the most without the PostgreSQL extension pgvector. Its other " +
    `passages are found by their words alone. ${ADVICE}`,
  cause: undefined
})

export const make = (sql: SqlClient.SqlClient): Dialect.Vectors => {
  const passages = sql`vectors v JOIN passages p
      ON p.developer_id = v.developer_id AND p.doc_id = v.doc_id AND p.position = v.position`
  const exists = sql`NOT EXISTS (
      SELECT 1 FROM deleted_docs d WHERE d.developer_id = v.developer_id AND d.doc_id = v.doc_id)`
  const nothing = Effect.succeed({ rowIds: [], cosines: [] })
  return {
    numbered: false,
    renew: Effect.void,
    known: (developer, hashes) =>
      Effect.map(
        selectMany(
          "vectors.known",
          knownReader,
          sql<Raw>`SELECT hash, vector FROM vectors WHERE developer_id = ${developer} AND hash = ANY(${hashes})`
        ),
        (rows) => new Map(rows)
      ),
    putPassages: Effect.fnUntraced(function* (developer, doc_id, { dimensions, name }, vectors) {
      const [doc] = yield* sql<{ readonly owner: string; readonly vectors: number }>`
            SELECT owner, (SELECT count(*) FROM vectors v WHERE v.developer_id = d.developer_id AND v.owner = d.owner
              AND NOT (v.doc_id = d.doc_id AND v.position = ANY(${vectors.map(({ position }) => position)}))) AS vectors
            FROM docs d WHERE developer_id = ${developer} AND doc_id = ${doc_id} FOR KEY SHARE`
      if (doc === undefined) return
      if (doc.vectors + vectors.length > MAX_VECTORS) return yield* tooMany
      yield* sql`INSERT INTO vector_spaces ${sql.insert({ developer_id: developer, name, dimensions })}
            ON CONFLICT (developer_id) DO NOTHING`
      // Another process may have another embedder.
      yield* sql`INSERT INTO vectors (developer_id, doc_id, position, owner, hash, vector)
            SELECT p.developer_id, p.doc_id, p.position, ${doc.owner}::text, new.hash, new.vector
            FROM unnest(${vectors.map(({ position }) => position)}::bigint[], ${vectors.map(({ hash }) => hash)}::text[],
              ${vectors.map(({ vector }) => bytesOf(vector))}::bytea[]) AS new(position, hash, vector)
            JOIN passages p ON p.developer_id = ${developer} AND p.doc_id = ${doc_id} AND p.position = new.position
            JOIN vector_spaces e ON e.developer_id = p.developer_id AND e.name = ${name} AND e.dimensions = ${dimensions}
            ON CONFLICT (developer_id, doc_id, position) DO UPDATE SET hash = excluded.hash, vector = excluded.vector`
    }, sql.withTransaction),
    nearestPassages: (developer, owners, vector, limit, docs) =>
      Effect.map(
        selectMany(
          "vectors.nearestNeighbours",
          neighbourTo(vector),
          sql<Raw>`SELECT p.seq AS row_id, v.vector FROM ${passages}
              WHERE v.developer_id = ${developer} AND v.owner IN (${owners}) AND ${exists}
                ${docs === undefined ? sql`` : sql`AND v.doc_id IN (${docs})`}`
        ),
        (found) => found.toSorted((one, other) => other.score - one.score || one.rowId - other.rowId).slice(0, limit)
      ),
    passageCosines: (developer, rowIds, vector) =>
      selectMany(
        "vectors.similarities",
        neighbourTo(vector),
        sql<Raw>`SELECT p.seq AS row_id, v.vector FROM ${passages}
            WHERE p.developer_id = ${developer} AND p.seq = ANY(${rowIds})`
      ),
    putTurns: () => Effect.void,
    turnCosines: () => nothing,
    putMemories: () => Effect.void,
    memoryCosines: () => nothing
  }
}
