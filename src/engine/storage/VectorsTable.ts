import { createHash } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Space, Storage } from "../ports/Storage.js"
import { id, number, numbers, type Raw, reader, text } from "./Columns.js"
import { matchingDocs, ownersOf, titleOf } from "./DocsTable.js"
import { selectMany, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import * as Dialect from "./sqlite/Dialect.js"
import { hexOf } from "./sqlite/Dialect.js"
import { docExists } from "./sqlite/Purge.js"

const vectorsPerStatement = 100

const hashOf = (embedded: string): string => createHash("sha256").update(embedded).digest("base64")

const hash = text("hash")
const storedVector = numbers("vector")
const knownReader = {
  table: "vectors",
  key: "hash",
  decode: (raw: Raw) => [hash.read(raw), Float32Array.from(storedVector.read(raw))] as const
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
          sql<Raw>`SELECT hash, ${dialect.numbersOf("vector")} AS vector FROM vectors WHERE developer_id = ${developer}
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
        JSON.stringify([position, hashOf(embedded), hexOf(vector)])
      )
      // A doc may have been deleted since its vectors were computed, and its passages may not be deleted yet.
      // CROSS JOIN makes SQLite look up the passages of the batch: it would look through all those of the doc for each.
      const write = (chunk: ReadonlyArray<string>) =>
        sql`INSERT OR REPLACE INTO vectors (developer_id, doc_id, position, owner, hash, vector)
          SELECT p.developer_id, p.doc_id, p.position, d.owner,
            json_extract(v.value, '$[1]'), ${dialect.storedVector("json_extract(v.value, '$[2]')")}
          FROM docs d CROSS JOIN json_each(${`[${chunk.join(",")}]`}) v CROSS JOIN passages p
          WHERE d.developer_id = ${developer} AND d.doc_id = ${doc_id}
            AND p.developer_id = ${developer} AND p.doc_id = ${doc_id} AND p.position = json_extract(v.value, '$[0]')`
      return sql
        .withTransaction(
          Effect.zipRight(embedder, Effect.forEach(Arr.chunksOf(rows, vectorsPerStatement), write, { discard: true }))
        )
        .pipe(failsAs("vectors.put"))
    },
    nearestNeighbours: (developer, owners, vector, limit, filter = {}) => {
      const nearest = (matching: Fragment) =>
        selectMany(
          "vectors.nearestNeighbours",
          neighbourReader,
          sql<Raw>`SELECT p.seq AS row_id, score
            FROM (SELECT doc_id, position, ${dialect.similarity("vector", vector)} AS score FROM vectors
              WHERE developer_id = ${developer} AND owner IN (${ownersOf(sql, developer, owners)}) ${matching}
                AND ${docExists(sql, developer)}
              ORDER BY score DESC LIMIT ${limit}) v
            JOIN passages p ON p.developer_id = ${developer} AND p.doc_id = v.doc_id AND p.position = v.position
            ORDER BY score DESC, p.seq`
        )
      if (Object.keys(filter).length === 0) return nearest(sql``)
      return Effect.flatMap(matchingDocs(sql, dialect, developer, owners, filter), (docs) =>
        // The plus makes SQLite read the vectors by their owner, as without a filter.
        docs === undefined ? Effect.succeed([]) : nearest(sql`AND +doc_id IN (${docs})`)
      )
    },
    similarities: (developer, rowIds, vector) =>
      selectMany(
        "vectors.similarities",
        neighbourReader,
        sql<Raw>`SELECT p.seq AS row_id, ${dialect.similarity("v.vector", vector)} AS score
          FROM passages p JOIN vectors v
            ON v.developer_id = p.developer_id AND v.doc_id = p.doc_id AND v.position = p.position
          WHERE p.developer_id = ${developer} AND p.seq IN (SELECT value FROM json_each(${JSON.stringify(rowIds)}))`
      ),
    clear: sql
      .withTransaction(
        Effect.forEach(
          ["vectors", "turn_vectors", "memory_vectors", "embedders"],
          (table) => sql`DELETE FROM ${sql(table)}`,
          { discard: true }
        )
      )
      .pipe(Effect.asVoid, failsAs("vectors.clear")),
    docs: selectMany("vectors.docs", docReader, sql<Raw>`SELECT developer_id, doc_id FROM docs ORDER BY seq`)
  })
)
