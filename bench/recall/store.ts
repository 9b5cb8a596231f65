/** New stores: files, and databases of a PostgreSQL server. Each is deleted with the scope. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import pg from "pg"
import type { Embedded } from "../../src/embedded.js"
import { openPostgres } from "../stores/server.js"

/** A store without rows. */
export interface Store {
  readonly storage: Exclude<Embedded.StorageOption, "memory">
  /** The bytes that it takes on disk. */
  readonly size: Effect.Effect<number>
  /** Does what a database does by itself within minutes. */
  readonly settled: Effect.Effect<void>
}

/** A way to make stores. */
export interface Stores {
  readonly name: string
  /** Whether they have vectors of any number. */
  readonly hasVectors: boolean
  readonly make: Effect.Effect<Store, never, Scope.Scope>
}

export const files: Stores = {
  name: "libSQL",
  hasVectors: true,
  make: Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-recall-"))),
      (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
    ),
    (folder) => {
      const file = path.join(folder, "julep.db")
      return { storage: { file }, size: Effect.sync(() => fs.statSync(file).size), settled: Effect.void }
    }
  )
}

const query = (url: string, text: string) =>
  Effect.promise(async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query<{ readonly number: string }>(text)
    await client.end()
    return Number(rows[0]?.number ?? 0)
  })

/** Databases of the server that `BENCH_POSTGRES` names, or of one that is started. */
export const databases: Effect.Effect<Stores, never, Scope.Scope> = Effect.gen(function* () {
  const { url } = yield* Effect.acquireRelease(Effect.promise(openPostgres), ({ close }) => Effect.promise(close))
  const available = yield* query(url, "SELECT count(*) AS number FROM pg_available_extensions WHERE name = 'vector'")
  let made = 0
  const make = Effect.suspend(() => {
    const name = `effect_julep_recall_${process.pid}_${++made}`
    const own = new URL(url)
    own.pathname = name
    return Effect.as(
      Effect.acquireRelease(query(url, `CREATE DATABASE ${name} TEMPLATE template0`), () =>
        query(url, `DROP DATABASE ${name} WITH (FORCE)`)
      ),
      {
        storage: { url: own.href },
        size: query(own.href, "SELECT pg_database_size(current_database()) AS number"),
        settled: Effect.asVoid(query(own.href, "VACUUM (ANALYZE)"))
      }
    )
  })
  return { name: "PostgreSQL", hasVectors: available > 0, make }
})
