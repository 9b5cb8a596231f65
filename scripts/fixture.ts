/** Writes the database file of this release and its content to test/fixtures. Run it once for each release. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { Embedded } from "../src/embedded.js"
import * as Registry from "../src/engine/storage/libsql/Registry.js"
import { schemaVersion } from "../src/engine/storage/sqlite/Migrations.js"
import * as Scripted from "../src/layers/Scripted.js"
import { contents, fill, script } from "../test/support/storeFixture.js"

const folder = fileURLToPath(new URL("../test/fixtures", import.meta.url))
const file = path.join(folder, `store-v${schemaVersion}.db`)

const beside = ["-wal", "-shm", ".lock", ".lock.pid"].map((end) => `${file}${end}`)
const clear = (files: ReadonlyArray<string>) => {
  for (const each of files) fs.rmSync(each, { force: true })
}

const program = Effect.gen(function* () {
  fs.mkdirSync(folder, { recursive: true })
  clear([file, ...beside])
  const model = Scripted.layer(script)
  const found = yield* Effect.provide(Effect.zipRight(fill, contents), Embedded.layer({ storage: { file }, model }))
  yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`VACUUM`).pipe(
    Effect.provide(Registry.layer({ filename: file }))
  )
  clear(beside)
  fs.writeFileSync(file.replace(/db$/, "json"), `${JSON.stringify(found, null, 2)}\n`)
  console.log(`${path.relative(process.cwd(), file)}: ${Math.round(fs.statSync(file).size / 1000)} kB`)
})

Effect.runPromise(program)
