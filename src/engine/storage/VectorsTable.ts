import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Space, Storage } from "../ports/Storage.js"
import { boolean, id, nullable, number, type Raw, reader, text } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { sha256Base64 } from "./Digest.js"
import { matchingDocs, ownersOf, titleOf } from "./DocsTable.js"
import { run, selectMany, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"

const spaceReader = reader("vector_spaces", "name", {
  name: text("name"),
  dimensions: number("dimensions"),
  semantic: nullable(boolean("semantic"))
})
const docReader = reader("docs", "doc_id", { developer: id("developer_id"), doc_id: id("doc_id") })
const passageReader = reader("passages", "doc_id", {
  title: text("title"),
  position: number("position"),
  text: text("text"),
  last: number("last")
})

/** The table of the vectors of passages. */
export const make: Effect.Effect<Storage.Service["vectors"], never, SqlClient.SqlClient | Dialect> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, dialect]) => ({
    space: (developer) =>
      Effect.map(
        selectOne(
          "vectors.space",
          spaceReader,
          sql<Raw>`SELECT name, dimensions, semantic FROM vector_spaces WHERE developer_id = ${developer}`
        ),
        Option.map(({ semantic, ...space }): Space => (semantic === null ? space : { ...space, semantic }))
      ),
    setSemantic: (developer, { dimensions, name, semantic }) =>
      run(
        "vectors.setSemantic",
        sql`UPDATE vector_spaces SET semantic = ${semantic ? 1 : 0}
          WHERE developer_id = ${developer} AND name = ${name} AND dimensions = ${dimensions}`
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
      Effect.map(dialect.vectors.known(developer, texts.map(sha256Base64)), (vectors) =>
        texts.map((embedded) => vectors.get(sha256Base64(embedded)))
      ),
    put: (developer, doc_id, space, vectors) => {
      const rows = vectors.map(({ embedded, position, vector }) => ({ position, hash: sha256Base64(embedded), vector }))
      return failsAs("vectors.put")(dialect.vectors.putPassages(developer, doc_id, space, rows))
    },
    nearestNeighbours: (developer, owners, vector, limit, filter = {}) => {
      const all = ownersOf(sql, developer, owners)
      if (Object.keys(filter).length === 0) return dialect.vectors.nearestPassages(developer, all, vector, limit)
      return Effect.flatMap(matchingDocs(sql, dialect, developer, owners, filter), (docs) =>
        docs === undefined ? Effect.succeed([]) : dialect.vectors.nearestPassages(developer, all, vector, limit, docs)
      )
    },
    similarities: dialect.vectors.passageCosines,
    clear: sql
      .withTransaction(
        Effect.forEach(
          ["vectors", "turn_vectors", "memory_vectors", "vector_spaces"],
          (table) => sql`DELETE FROM ${sql(table)}`,
          { discard: true }
        ).pipe(Effect.zipRight(dialect.vectors.renew))
      )
      .pipe(Effect.asVoid, failsAs("vectors.clear")),
    docs: selectMany("vectors.docs", docReader, sql<Raw>`SELECT developer_id, doc_id FROM docs ORDER BY seq`)
  })
)
