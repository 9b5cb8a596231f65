/** The invariants of a database file, however its writers ended. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Registry from "../../../src/engine/storage/libsql/Registry.js"
import { MEMORIES } from "../../../src/engine/storage/sqlite/SearchIndexes.js"

/** The path of a database that does not exist yet, in a folder that is removed with the scope. */
export const temporaryFile = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "julep-soak-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => path.join(folder, "julep.db")
)

/** Each index, and the rows that it has, by their numbers in it. */
const indexes = [
  { index: "passages_fts", rows: "SELECT seq AS row FROM passages" },
  {
    index: "recall_fts",
    rows: `SELECT turn AS row FROM entries WHERE turn IS NOT NULL UNION ALL SELECT seq + ${MEMORIES} FROM memories`
  }
]

/** The faults of a file: damage, rows without their parent, index rows without their row. */
export const faultsOf = (filename: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const faults: Array<unknown> = []
    const [integrity] = yield* sql<{ readonly integrity_check: string }>`PRAGMA integrity_check`
    if (integrity?.integrity_check !== "ok") faults.push(integrity)
    faults.push(...(yield* sql`PRAGMA foreign_key_check`))
    // Messages that were refused are in no index; forgetting takes others out of it, and nothing is forgotten here.
    faults.push(
      ...(yield* sql`SELECT seq AS no_turn FROM entries WHERE refused = 0 AND (role IN ('user', 'assistant')) <> (turn IS NOT NULL)`)
    )
    // The passages of a doc that was deleted may wait for their deletion.
    faults.push(
      ...(yield* sql`SELECT seq AS no_doc FROM passages p
        WHERE NOT EXISTS (SELECT 1 FROM docs d WHERE d.developer_id = p.developer_id AND d.doc_id = p.doc_id)
          AND NOT EXISTS (SELECT 1 FROM deleted_docs d WHERE d.developer_id = p.developer_id AND d.doc_id = p.doc_id)`)
    )
    for (const { index, rows } of indexes) {
      yield* sql`INSERT INTO ${sql(index)} (${sql(index)}) VALUES ('integrity-check')`
      faults.push(
        ...(yield* sql`SELECT rowid AS missing FROM ${sql(index)} WHERE rowid NOT IN (${sql.literal(rows)})`),
        ...(yield* sql`SELECT row AS unindexed FROM (${sql.literal(rows)}) WHERE row NOT IN (SELECT rowid FROM ${sql(index)})`)
      )
    }
    return faults
  }).pipe(Effect.provide(Registry.layer({ filename })))
