import { createHash } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Space, Storage } from "../ports/Storage.js"
import { columnOf, id, number, type Raw, reader, text } from "./Columns.js"
import { matchingDocs, ownersOf, titleOf } from "./DocsTable.js"
import { selectMany, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import * as Dialect from "./sqlite/Dialect.js"
import { docExists } from "./sqlite/Purge.js"

const vectorsPerStatement = 100

const bytesOf = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)

const vectorOf = columnOf<Float32Array>(bytesOf, (value, name) => {
  if (!(value instanceof Uint8Array) || value.byteLength % 4 !== 0)
    throw new Error(`${name} is not a blob of 32-bit floats`)
  // A copy, because a Float32Array must begin at a multiple of four bytes.
  return new Float32Array(value.slice().buffer)
})

const hashOf = (embedded: string): string => createHash("sha256").update(embedded).digest("base64")

const hash = text("hash")
const storedVector = vectorOf("vector")
const knownReader = {
  table: "vectors",
  key: "hash",
  decode: (raw: Raw) => [hash.read(raw), storedVector.read(raw)] as const
}
const spaceReader = reader<Space>("embedders", "name", { name: text("name"), dimensions: number("dimensions") })
const docReader = reader("docs", "doc_id", { developer: id("developer_id"), doc_id: id("doc_id") })
const neighbourReader = reader("vectors", "row_id", { rowId: number("row_id"), score: number("score") })
const passageReader = reader("passages", "doc_id", {
  title: text("title"),
  position: number("position"),
  text: text("text"),
  last: number("last")
})

/** The table of the vectors of passages. */
export const make: Effect.Effect<Storage.Service["vectors"], never, SqlClient.SqlClient> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect.make]),
  ([sql, dialect]) => ({
    space: (developer) =>
      selectOne(
        "vectors.space",
        spaceReader,
        sql<Raw>`SELECT name, dimensions FROM embedders WHERE developer_id = ${developer}`
      ),
    passages: (developer, doc_id, position, limit) =>
      selectMany(
        "vectors.passages",
        passageReader,
        sql<Raw>`SELECT ${titleOf(sql)}, p.position, p.text, (
            SELECT max(position) FROM passages WHERE developer_id = ${developer} AND doc_id = ${doc_id}) AS last
          FROM passages p JOIN docs d ON d.developer_id = p.developer_id AND d.doc_id = p.doc_id
          WHERE p.developer_id = ${developer} AND p.doc_id = ${doc_id} AND p.position >= ${position}
          ORDER BY p.position LIMIT ${limit}`
      ),
    known: (developer, texts) =>
      Effect.map(
        selectMany(
          "vectors.known",
          knownReader,
          sql<Raw>`SELECT hash, vector FROM vectors WHERE developer_id = ${developer}
            AND hash IN (SELECT value FROM json_each(${JSON.stringify(texts.map(hashOf))}))`
        ),
        (rows) => {
          const vectors = new Map(rows)
          return texts.map((embedded) => vectors.get(hashOf(embedded)))
        }
      ),
    put: (developer, doc_id, space, vectors) => {
      const embedder = sql`INSERT INTO embedders (developer_id, name, dimensions)
        SELECT ${developer}, ${space.name}, ${space.dimensions} WHERE EXISTS (
          SELECT 1 FROM docs WHERE developer_id = ${developer} AND doc_id = ${doc_id})
        ON CONFLICT (developer_id) DO NOTHING`
      const rows = vectors.map(({ embedded, position, vector }) =>
        JSON.stringify([position, hashOf(embedded), Buffer.from(bytesOf(vector)).toString("hex")])
      )
      // A doc may have been deleted since its vectors were computed, and its passages may not be deleted yet.
      // CROSS JOIN makes SQLite look up the passages of the batch: it would look through all those of the doc for each.
      const write = (chunk: ReadonlyArray<string>) =>
        sql`INSERT OR REPLACE INTO vectors (developer_id, doc_id, position, owner, hash, vector)
          SELECT p.developer_id, p.doc_id, p.position, d.owner,
            json_extract(v.value, '$[1]'), unhex(json_extract(v.value, '$[2]'))
          FROM docs d CROSS JOIN json_each(${`[${chunk.join(",")}]`}) v CROSS JOIN passages p
          WHERE d.developer_id = ${developer} AND d.doc_id = ${doc_id}
            AND p.developer_id = ${developer} AND p.doc_id = ${doc_id} AND p.position = json_extract(v.value, '$[0]')`
      return sql
        .withTransaction(
          Effect.zipRight(embedder, Effect.forEach(Arr.chunksOf(rows, vectorsPerStatement), write, { discard: true }))
        )
        .pipe(failsAs("vectors.put"))
    },
    nearestNeighbours: (developer, owners, vector, maxDistance, limit, filter = {}) => {
      const nearest = (matching: Fragment) =>
        selectMany(
          "vectors.nearestNeighbours",
          neighbourReader,
          sql<Raw>`SELECT p.seq AS row_id, 1 - distance AS score
            FROM (SELECT doc_id, position, vector_distance_cos(vector, ${bytesOf(vector)}) AS distance FROM vectors
              WHERE developer_id = ${developer} AND owner IN (${ownersOf(sql, developer, owners)}) ${matching}
                AND distance <= ${maxDistance} AND ${docExists(sql, developer)}
              ORDER BY distance LIMIT ${limit}) v
            JOIN passages p ON p.developer_id = ${developer} AND p.doc_id = v.doc_id AND p.position = v.position
            ORDER BY distance, p.seq`
        )
      if (Object.keys(filter).length === 0) return nearest(sql``)
      return Effect.flatMap(matchingDocs(sql, dialect, developer, owners, filter), (docs) =>
        // The plus makes SQLite read the vectors by their owner, as without a filter.
        docs === undefined ? Effect.succeed([]) : nearest(sql`AND +doc_id IN (${docs})`)
      )
    },
    clear: sql
      .withTransaction(Effect.zipRight(sql`DELETE FROM vectors`, sql`DELETE FROM embedders`))
      .pipe(Effect.asVoid, failsAs("vectors.clear")),
    docs: selectMany("vectors.docs", docReader, sql<Raw>`SELECT developer_id, doc_id FROM docs ORDER BY seq`)
  })
)
