import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Storage, StorageError } from "../ports/Storage.js"
import * as AgentsTable from "./AgentsTable.js"
import * as ArchiveTables from "./ArchiveTables.js"
import * as Cleanup from "./Cleanup.js"
import { Commits } from "./Commits.js"
import { Dialect } from "./Dialect.js"
import * as DocsTable from "./DocsTable.js"
import * as EntriesTable from "./EntriesTable.js"
import * as JobsTable from "./JobsTable.js"
import * as KeysTable from "./KeysTable.js"
import * as MemoriesTable from "./MemoriesTable.js"
import * as MemoryVectorsTable from "./MemoryVectorsTable.js"
import * as Purge from "./Purge.js"
import { run } from "./Select.js"
import * as SessionsTable from "./SessionsTable.js"
import { storageError } from "./SqlErrors.js"
import * as SuggestionsTable from "./SuggestionsTable.js"
import * as ToolsTable from "./ToolsTable.js"
import * as TurnsTable from "./TurnsTable.js"
import * as TurnVectorsTable from "./TurnVectorsTable.js"
import * as UsersTable from "./UsersTable.js"
import * as VectorsTable from "./VectorsTable.js"

/** The store on a SQL database. Migrates it to the schema of this release first, and fails if that is not possible. */
export const make: Effect.Effect<Storage.Service, StorageError, SqlClient.SqlClient | Commits | Dialect | Scope.Scope> =
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const commits = yield* Commits
    const dialect = yield* Dialect
    yield* dialect.open
    const purge = yield* Purge.make
    return {
      transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.mapError(sql.withTransaction(effect), (error: E | SqlError): E | StorageError =>
          error instanceof SqlError ? storageError("transaction", error) : error
        ),
      afterCommit: commits.afterCommit,
      together: dialect.together,
      ready: run("ready", sql`SELECT 1`),
      agents: yield* AgentsTable.make(purge),
      users: yield* UsersTable.make(purge),
      sessions: yield* SessionsTable.make,
      tools: yield* ToolsTable.make,
      docs: yield* DocsTable.make(purge),
      vectors: yield* VectorsTable.make,
      turnVectors: yield* TurnVectorsTable.make,
      memoryVectors: yield* MemoryVectorsTable.make,
      turns: yield* TurnsTable.make,
      entries: yield* EntriesTable.make,
      memories: yield* MemoriesTable.make,
      suggestions: yield* SuggestionsTable.make,
      replies: dialect.replies,
      keys: yield* KeysTable.make,
      jobs: yield* JobsTable.make,
      settings: dialect.settings,
      archive: yield* ArchiveTables.make,
      cleanup: yield* Cleanup.make
    }
  })
