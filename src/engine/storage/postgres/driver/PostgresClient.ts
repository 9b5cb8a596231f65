import type * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { StorageOpenError } from "../../../../schema/StorageErrors.js"
import { cachingCompiler } from "../../CachingCompiler.js"
import type { Commits } from "../../Commits.js"
import { executed, makeClient, streamOf } from "../../SqlDriver.js"
import { compiler } from "./compiler.js"
import { type Listen, makeListen } from "./Listen.js"
import { type OpenOptions, openPool } from "./open.js"
import type { PipelinedStatement, Result } from "./Pipeline.js"
import { spanned, system } from "./spans.js"
import { sqlError } from "./sqlError.js"
import { makeTransactions, type Transactions } from "./transactions.js"
import { bind } from "./values.js"

export type { OpenOptions } from "./open.js"

/** A `SqlClient` on a pool of connections to a PostgreSQL server, with hooks that run after commits. */
export interface PostgresClient extends SqlClient.SqlClient {
  readonly commits: Commits.Service
  /**
   * In a transaction, sends a statement with the next one, or with `COMMIT`, which saves a round trip: for writes whose
   * rows are not read. If it fails, the transaction does, the outermost one too. Outside a transaction it runs at once.
   */
  readonly later: (statement: Statement.Statement<unknown>) => Effect.Effect<void, SqlError>
  /**
   * Runs a statement as a transaction of its own, without `BEGIN` and `COMMIT`: like a transaction, it runs again where it
   * loses to another one. In a transaction it is a part of that.
   */
  readonly alone: <A>(statement: Statement.Statement<A>) => Effect.Effect<ReadonlyArray<A>, SqlError>
  /**
   * Runs two effects at the same time, whose first statements go to the server in one round trip, that of the first effect
   * ahead; if one of the two fails, neither has done anything. The second sees what the first has written. Inside a
   * transaction, the effects run one after the other.
   */
  readonly together: Transactions["together"]
  /** Returns when the server sends the notifications, or cannot be reached for now. */
  readonly listen: Listen
  /** Notifies the listeners of all processes; inside a transaction, when it is committed. */
  readonly notify: (channel: string, payload: string) => Effect.Effect<void, SqlError>
}

/** Passes a statement on with its parameters as they are sent. */
const bound =
  <A>(run: (step: PipelinedStatement) => Effect.Effect<A, SqlError>) =>
  (
    text: string,
    params: ReadonlyArray<unknown>,
    form: PipelinedStatement["form"],
    once = false
  ): Effect.Effect<A, SqlError> =>
    Effect.suspend(() => {
      try {
        return run({ text, values: bind(params), form, once })
      } catch (cause) {
        return Effect.fail(sqlError(cause))
      }
    })

const makeConnection = (run: (step: PipelinedStatement) => Effect.Effect<Result, SqlError>): Connection => {
  const step = bound(run)
  const execute: Connection["execute"] = (sql, params, transformRows) =>
    Effect.map(step(sql, params, "rows"), ({ rows }) => (transformRows ? transformRows(rows) : rows))
  return {
    execute,
    executeRaw: (sql, params) => step(sql, params, "rows"),
    executeValues: (
      sql,
      params // The rows of this form are arrays.
    ) => Effect.map(step(sql, params, "values"), ({ rows }) => rows as ReadonlyArray<ReadonlyArray<unknown>>),
    executeUnprepared: (sql, params, transformRows) =>
      Effect.map(step(sql, params, params.length === 0 ? "script" : "rows", true), ({ rows }) =>
        transformRows ? transformRows(rows) : rows
      ),
    executeStream: streamOf(execute)
  }
}

/**
 * Connects to a PostgreSQL server as a `SqlClient`; the scope closes the connections. Statements run on any connection of
 * the pool, transactions (`READ COMMITTED`) on one, and nested ones are savepoints, which queue among themselves when they
 * run concurrently.
 *
 * - A transaction that loses to another one (a serialization failure, a deadlock, a row of a unique key that another
 *   transaction has just added, a parent row that it has added or removed) runs again from its beginning, up to five
 *   times: its effect must not do anything that may not be done twice. Its hooks are those of the run that was committed.
 * - After a failed statement a transaction fails, even if its effect goes on: PostgreSQL accepts nothing more in it. Where
 *   a failure is expected, put the statement into a nested transaction.
 * - Interrupting a statement cancels it at the server.
 * - A fiber inside a transaction must not wait for work on the same client outside it: the pool may be exhausted.
 * - One call is one statement; `sql.unsafe(script).unprepared` runs a script of several.
 * - `Date`, `undefined`, `NaN` and text with U+0000 are refused as parameters; a boolean is sent as 1 or 0, an array as an
 *   array. `bigint` and `numeric` are numbers, or a `bigint` where that would round them. JSON stays text.
 * - `SqlResolver` knows only the transactions of the stock clients: do not use it inside one of this client.
 *
 * Fails with `StorageOpenError` if the package `pg` is missing, or the server does not accept a connection.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const sql = yield* make({ url: Redacted.make("postgres://app:secret@localhost/app") })
 *     yield* sql`CREATE TABLE notes (id BIGSERIAL PRIMARY KEY, text TEXT NOT NULL)`
 *     yield* sql.withTransaction(sql`INSERT INTO notes ${sql.insert({ text: "hello" })}`)
 *     return yield* sql`SELECT * FROM notes`
 *   })
 * )
 * ```
 */
export const make: (options: OpenOptions) => Effect.Effect<PostgresClient, StorageOpenError, Scope.Scope> =
  Effect.fnUntraced(function* (options: OpenOptions) {
    const { pool, connect } = yield* openPool(options)
    const listen = yield* makeListen(connect)
    const transactions = makeTransactions(pool)
    const connection = makeConnection(transactions.run)
    const later = bound(transactions.later)
    return yield* makeClient({
      connection,
      compiler: cachingCompiler(compiler),
      system,
      spanned,
      withTransaction: transactions.withTransaction,
      reserve: Effect.map(transactions.reserve, makeConnection),
      more: {
        commits: transactions.commits,
        together: transactions.together,
        alone: transactions.alone,
        later: (statement: Statement.Statement<unknown>) =>
          executed(statement, spanned, (text, params) => later(text, params, "rows")),
        // A pooler gives the connection that listens to other clients.
        listen: options.prepared === false ? () => Effect.void : listen,
        notify: (channel: string, payload: string) =>
          Effect.asVoid(connection.execute("SELECT pg_notify($1, $2)", [channel, payload], undefined))
      }
    })
  })
