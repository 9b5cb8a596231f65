import type * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { StorageOpenError } from "../../../schema/StorageErrors.js"
import { cachingCompiler } from "../CachingCompiler.js"
import type { Commits } from "../Commits.js"
import { makeClient, streamOf } from "../SqlDriver.js"
import { watchFile } from "./FileWatch.js"
import { type OpenOptions, openNative } from "./open.js"
import { spanned, system } from "./spans.js"
import { Statements } from "./statements.js"
import { makeTransactions, type NativeWork } from "./transactions.js"

export type { OpenOptions } from "./open.js"

/** A `SqlClient` on one libSQL connection, with hooks that run after commits. */
export interface LibsqlClient extends SqlClient.SqlClient {
  readonly commits: Commits.Service
}

const makeConnection = (
  statements: Statements,
  run: <A>(work: NativeWork<A>) => Effect.Effect<A, SqlError>
): Connection => {
  const execute: Connection["execute"] = (sql, params, transformRows) =>
    run((safe) => {
      const rows = statements.rows(sql, params, safe)
      return transformRows ? transformRows(rows) : rows
    })
  return {
    execute,
    executeRaw: (sql, params) => run((safe) => statements.raw(sql, params, safe)),
    executeValues: (sql, params) => run((safe) => statements.values(sql, params, safe)),
    executeUnprepared: (sql, params, transformRows) =>
      run((safe) => {
        const rows = statements.unprepared(sql, params, safe)
        return transformRows ? transformRows(rows) : rows
      }),
    executeStream: streamOf(execute)
  }
}

/**
 * Opens a libSQL database as a `SqlClient`; the scope closes it. One connection serves all fibers: statements outside a
 * transaction queue while one is open, transactions are `BEGIN IMMEDIATE` and roll back on failure and interruption,
 * and nested ones are savepoints, which queue among themselves when they run concurrently.
 *
 * - A fiber inside a transaction must not wait for work on the same client that began outside it.
 * - One call is one statement; `sql.unsafe(script).unprepared` runs a script of several.
 * - `Date`, `undefined`, `NaN` and text with U+0000 are refused as parameters; a boolean is stored as 0 or 1.
 * - Two processes on one file need the lock: open files with `Registry.acquire`.
 * - `SqlResolver` knows only the transactions of the stock clients: do not use it inside one of this client.
 *
 * Fails with `StorageOpenError` if the native package is missing, or the file is not accessible, damaged or not a database.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const sql = yield* make({ filename: ":memory:" })
 *     yield* sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)`
 *     yield* sql.withTransaction(sql`INSERT INTO notes ${sql.insert({ text: "hello" })}`)
 *     return yield* sql`SELECT * FROM notes`
 *   })
 * )
 * ```
 */
export const make: (options: OpenOptions) => Effect.Effect<LibsqlClient, StorageOpenError, Scope.Scope> =
  Effect.fnUntraced(function* (options: OpenOptions) {
    const db = yield* openNative(options)
    const statements = new Statements(db)
    const transactions = makeTransactions(
      db,
      options.filename === ":memory:" ? () => undefined : watchFile(options.filename)
    )
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        transactions.close,
        Effect.sync(() => statements.clear())
      )
    )
    const connection = makeConnection(statements, transactions.run)
    return yield* makeClient({
      connection,
      compiler: cachingCompiler(Statement.makeCompilerSqlite()),
      system,
      spanned,
      withTransaction: transactions.withTransaction,
      reserve: Effect.map(transactions.reserve, (run) => makeConnection(statements, run)),
      more: { commits: transactions.commits }
    })
  })
