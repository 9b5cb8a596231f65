/** Inspects a database file without changing its schema. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Inspection } from "../../ports/Inspection.js"
import type { Space, StorageError } from "../../ports/Storage.js"
import { failsAs } from "../SqlErrors.js"
import { damagedTexts } from "./Damage.js"

/** How many faults SQLite reports. */
const FAULTS = 5

const none = { version: 0, compatible_from: 0 }

/** Reads the whole file. */
export const inspect: Effect.Effect<Inspection, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql<{ readonly quick_check: string }>`PRAGMA quick_check(${sql.literal(String(FAULTS))})`
  const faults = found.map(({ quick_check }) => quick_check).filter((each) => each !== "ok")
  // In a damaged file, other statements may fail.
  if (faults.length > 0) return { ...none, faults, spaces: [], damaged: [] }
  const tables = yield* sql`SELECT name FROM sqlite_schema WHERE name IN ('schema_versions', 'vector_spaces')`
  if (tables.length < 2) return { ...none, faults, spaces: [], damaged: yield* damagedTexts }
  const [last] = yield* sql<typeof none>`
    SELECT version, compatible_from FROM schema_versions ORDER BY version DESC LIMIT 1`
  const damaged = yield* damagedTexts
  // A damaged text must not be read.
  const spaces = damaged.length > 0 ? [] : yield* sql<Space>`SELECT DISTINCT name, dimensions FROM vector_spaces`
  return { ...(last ?? none), faults, spaces, damaged }
}).pipe(failsAs("inspect"))
