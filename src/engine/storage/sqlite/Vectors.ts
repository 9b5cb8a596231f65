/** Vectors in the type of libSQL that has one byte a number. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment, Statement } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Cosines, Space, StorageError } from "../../ports/Storage.js"
import { BITS, binaryCode, NEAR_TURNS, NEIGHBOURS, nearPassages } from "../BinaryCode.js"
import { number, numbers, type Raw, reader, text } from "../Columns.js"
import { cosinesReader, PRECISION } from "../Cosines.js"
import type { Dialect, Neighbour } from "../Dialect.js"
import { selectMany } from "../Select.js"
import { noDeletedDocs } from "./Postings.js"

/** SQLite limits the size of a statement's parameters. */
const ROWS_PER_STATEMENT = 100

const hash = text("hash")
const storedVector = numbers("vector")
const knownReader = {
  table: "vectors",
  key: "hash",
  decode: (raw: Raw) => [hash.read(raw), Float32Array.from(storedVector.read(raw))] as const
}
const neighbourReader = reader<Neighbour>("vectors", "row_id", { rowId: number("row_id"), score: number("score") })

const bytesOf = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)

/**
 * The end of a vector of one bit a number in libSQL: a byte of padding, how many of the bits before the type are no numbers,
 * the type.
 */
const CODE_END = Uint8Array.of(0, 16, 3)

/** The code of a vector, as a vector of one bit a number, which libSQL can compare. */
const codeOf = (vector: Float32Array): Uint8Array => {
  const code = new Uint8Array(BITS / 8 + CODE_END.length)
  code.set(binaryCode(vector))
  code.set(CODE_END, BITS / 8)
  return code
}

/** Bytes as a hexadecimal text, for a list of rows in JSON. */
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

/** A vector with its code, for a list of rows in JSON. */
const withCode = (vector: Float32Array): ReadonlyArray<string> => [hexOf(bytesOf(vector)), hexOf(codeOf(vector))]

/** A row with the number of another, and its vector. */
interface Numbered {
  readonly rowId: number
  readonly id?: string
  readonly vector: Float32Array | null
}

/** The vectors of the dialect. */
export const make = (sql: SqlClient.SqlClient): Dialect.Vectors => {
  const json = (index: number) => `json_extract(v.value, '$[${index}]')`
  /**
   * The vector to store for a {@link hexOf} text, `NULL` for none: one byte a number, because to read four takes three times
   * as long. It changes a cosine by about .001 at most.
   */
  const stored = sql.literal(`iif(${json(2)} IS NULL, NULL, vector8(unhex(${json(2)})))`)
  const storedCode = sql.literal(`unhex(${json(3)})`)
  const first = sql.literal(json(0))
  const second = sql.literal(json(1))
  /** The cosine of a stored vector and this one. */
  const similarity = (column: string, vector: Float32Array) =>
    sql`1 - vector_distance_cos(${sql.literal(column)}, vector8(${bytesOf(vector)}))`
  /** In how many bits a stored code differs from that of a vector. */
  const distance = (vector: Float32Array) => sql`vector_distance_cos(code, ${codeOf(vector)})`
  /** The condition that a row with the id of a doc of a developer is not of a deleted one. */
  const docExists = (developer: string) =>
    sql`(${sql.literal(noDeletedDocs)} OR doc_id NOT IN (SELECT doc_id FROM deleted_docs WHERE developer_id = ${developer}))`
  /** Sets the vector space of a developer who has none, on a condition. */
  const setSpace = (developer: string, { dimensions, name }: Space, where: Fragment) =>
    sql`INSERT INTO vector_spaces (developer_id, name, dimensions)
      SELECT ${developer}, ${name}, ${dimensions} WHERE EXISTS (${where}) ON CONFLICT (developer_id) DO NOTHING`

  /**
   * Writes vectors whose rows have the numbers of others, by a statement that inserts those of the rows that exist, of a
   * JSON list `v` of row ids, ids and what a vector is written as. `key` is the table's.
   */
  const putNumbered = (
    table: string,
    key: string,
    developer: string,
    space: Space,
    vectors: ReadonlyArray<Numbered>,
    written: (vector: Float32Array) => ReadonlyArray<string>,
    insert: (list: string) => Statement<object>
  ): Effect.Effect<void, SqlError> => {
    const embedded = JSON.stringify(vectors.flatMap(({ rowId, vector }) => (vector === null ? [] : [rowId])))
    const rows = vectors.map(({ id = null, rowId, vector }) => [rowId, id, ...(vector === null ? [] : written(vector))])
    return Effect.forEach(Arr.chunksOf(rows, ROWS_PER_STATEMENT), (chunk) => insert(JSON.stringify(chunk)), {
      discard: true
    }).pipe(
      Effect.zipRight(
        setSpace(
          developer,
          space,
          sql`SELECT 1 FROM ${sql(table)} WHERE developer_id = ${developer}
            AND ${sql(key)} IN (SELECT value FROM json_each(${embedded}))`
        )
      ),
      sql.withTransaction,
      Effect.asVoid
    )
  }

  /** The cosines of the rows that meet a condition. */
  const cosinesOf = (
    table: string,
    key: Fragment,
    vector: Float32Array,
    condition: Fragment
  ): Effect.Effect<Cosines, StorageError> =>
    Effect.map(
      selectMany(
        `${table}.similarities`,
        cosinesReader,
        sql<Raw>`SELECT '[' || coalesce(group_concat(${key}), '') || ']' AS row_ids, '[' || coalesce(group_concat(
            CAST(round(${PRECISION} * coalesce(${similarity("vector", vector)}, 0)) AS INTEGER)), '') || ']' AS cosines
          FROM (SELECT ${key}, vector FROM ${sql(table)} WHERE ${condition} AND vector IS NOT NULL ORDER BY ${key})`
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
          sql<Raw>`SELECT hash, vector_extract(vector) AS vector FROM vectors WHERE developer_id = ${developer}
            AND hash IN (SELECT value FROM json_each(${JSON.stringify(hashes)}))`
        ),
        (rows) => new Map(rows)
      ),
    putPassages: (developer, doc_id, space, vectors) => {
      const rows = vectors.map(({ hash, position, vector }) => [position, hash, ...withCode(vector)])
      // A doc may have been deleted since its vectors were computed, and its passages may not be deleted yet.
      // CROSS JOIN makes SQLite look up the passages of the batch: it would look through all those of the doc for each.
      const write = (chunk: typeof rows) =>
        sql`INSERT OR REPLACE INTO vectors (developer_id, doc_id, position, owner, hash, vector, code)
          SELECT p.developer_id, p.doc_id, p.position, d.owner, ${second}, ${stored}, ${storedCode}
          FROM docs d CROSS JOIN json_each(${JSON.stringify(chunk)}) v CROSS JOIN passages p
          WHERE d.developer_id = ${developer} AND d.doc_id = ${doc_id}
            AND p.developer_id = ${developer} AND p.doc_id = ${doc_id} AND p.position = ${first}`
      return setSpace(
        developer,
        space,
        sql`SELECT 1 FROM docs WHERE developer_id = ${developer} AND doc_id = ${doc_id}`
      ).pipe(
        Effect.zipRight(Effect.forEach(Arr.chunksOf(rows, ROWS_PER_STATEMENT), write, { discard: true })),
        sql.withTransaction
      )
    },
    nearestPassages: (developer, owners, vector, limit, docs) =>
      selectMany(
        "vectors.nearestNeighbours",
        neighbourReader,
        // The plus makes SQLite read the codes by their owner, as without a filter, and CROSS JOIN makes it look up the
        // passages that are found: it would look through all those of the developer.
        sql<Raw>`SELECT p.seq AS row_id, score
          FROM (SELECT doc_id, position, ${similarity("vector", vector)} AS score FROM vectors WHERE seq IN (
              SELECT seq FROM vectors
              WHERE developer_id = ${developer} AND owner IN (${owners}) ${docs === undefined ? sql`` : sql`AND +doc_id IN (${docs})`}
                AND ${docExists(developer)}
              ORDER BY ${distance(vector)}, seq LIMIT ${nearPassages(limit)})
            ORDER BY score DESC LIMIT ${limit}) v
          CROSS JOIN passages p ON p.developer_id = ${developer} AND p.doc_id = v.doc_id AND p.position = v.position
          ORDER BY score DESC, p.seq`
      ),
    passageCosines: (developer, rowIds, vector) =>
      selectMany(
        "vectors.similarities",
        neighbourReader,
        // The plus makes SQLite look up the passages by their numbers.
        sql<Raw>`SELECT p.seq AS row_id, ${similarity("v.vector", vector)} AS score
          FROM passages p CROSS JOIN vectors v
            ON v.developer_id = p.developer_id AND v.doc_id = p.doc_id AND v.position = p.position
          WHERE +p.developer_id = ${developer} AND p.seq IN (SELECT value FROM json_each(${JSON.stringify(rowIds)}))`
      ),
    putTurns: (developer, space, vectors) =>
      putNumbered(
        "turn_vectors",
        "turn",
        developer,
        space,
        vectors,
        withCode,
        // A message whose number another one has now is not in the list.
        (list) => sql`INSERT OR REPLACE INTO turn_vectors (turn, developer_id, owner, vector, code)
          SELECT e.turn, e.developer_id, iif(e.shared, s.owner, 's' || s.seq), ${stored}, ${storedCode}
          FROM json_each(${list}) v CROSS JOIN entries e CROSS JOIN sessions s
          WHERE e.developer_id = ${developer} AND e.entry_id = ${second} AND e.turn = ${first}
            AND s.developer_id = ${developer} AND s.session_id = e.session_id`
      ),
    turnCosines: (developer, owners, vector, newest, rowIds) => {
      // The newest of each owner: to find those of all, SQLite would sort every turn that they have.
      const first = sql`coalesce((SELECT turn FROM turn_vectors WHERE developer_id = ${developer} AND owner = whose.owner
        ORDER BY turn DESC LIMIT 1 OFFSET ${newest - 1}), 0)`
      const near = sql`SELECT turn FROM (${owners}) whose CROSS JOIN turn_vectors v
        ON v.developer_id = ${developer} AND v.owner = whose.owner AND turn >= ${first}
        WHERE code IS NOT NULL ORDER BY ${distance(vector)}, turn DESC LIMIT ${NEAR_TURNS}`
      // The plus makes SQLite look up the turns by their numbers.
      return cosinesOf(
        "turn_vectors",
        sql`turn`,
        vector,
        sql`turn IN (
            SELECT turn + beside.value FROM (${near}) CROSS JOIN generate_series(${-NEIGHBOURS}, ${NEIGHBOURS}) beside
            UNION SELECT value FROM json_each(${JSON.stringify(rowIds)}))
          AND +developer_id = ${developer} AND owner IN (${owners})`
      )
    },
    putMemories: (developer, space, vectors) =>
      putNumbered(
        "memory_vectors",
        "memory",
        developer,
        space,
        vectors,
        (vector) => [hexOf(bytesOf(vector))],
        (list) => sql`INSERT OR REPLACE INTO memory_vectors (memory, developer_id, vector)
          SELECT m.seq, m.developer_id, ${stored} FROM json_each(${list}) v CROSS JOIN memories m
          WHERE m.seq = ${first} AND m.developer_id = ${developer}`
      ),
    memoryCosines: (_developer, where, vector, newest) =>
      cosinesOf(
        "memory_vectors",
        sql`memory`,
        vector,
        sql`memory IN (SELECT seq FROM memories WHERE ${where} ORDER BY seq DESC LIMIT ${newest})`
      )
  }
}
