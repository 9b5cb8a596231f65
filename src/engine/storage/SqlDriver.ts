/** What the drivers have in common: a `SqlClient` from a connection that serves all fibers. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import { useSpan } from "../telemetry/Spans.js"

/** Runs a statement or a transaction in a span of its own, when a tracer is installed. */
export type Spanned = <A, E, R>(
  name: string,
  work: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
) => Effect.Effect<A, E, R>

/** The spans of a driver, by the name that OpenTelemetry has for its database. */
export const spansOf = (system: string): Spanned => {
  const options: Tracer.SpanOptions = { kind: "client", attributes: { "db.system.name": system } }
  return (name, work) => useSpan(name, options, work)
}

/** Reads all rows first: a cursor that a slow consumer keeps open would hold its connection. */
export const streamOf =
  (execute: Connection["execute"]): Connection["executeStream"] =>
  (sql, params, transformRows) =>
    Stream.unwrap(Effect.map(execute(sql, params, transformRows), Stream.fromIterable))

/** A call of the constructor makes a statement or, of a name, an identifier, which is not a fragment. */
const isStatement = (made: unknown): made is Statement.Statement<unknown> => Statement.isFragment(made)

/** Runs the text of a statement in a span of its own. */
export const executed = <A>(
  statement: Statement.Statement<unknown>,
  spanned: Spanned,
  run: (text: string, params: ReadonlyArray<unknown>) => Effect.Effect<A, SqlError>
): Effect.Effect<A, SqlError> =>
  spanned("sql.execute", (span) => {
    const [text, params] = statement.compile()
    span?.attribute("db.operation.name", "execute")
    span?.attribute("db.query.text", text)
    return run(text, params)
  })

/**
 * A statement that runs without a scope. The stock statement opens a scope for each run, to give its connection back,
 * which costs more than most queries. Statement transformers are not applied.
 */
const direct = <A>(statement: Statement.Statement<A>, connection: Connection, spanned: Spanned) =>
  Object.assign(statement, {
    commit: () => executed(statement, spanned, (text, params) => connection.execute(text, params, undefined))
  })

/** What a driver has of its own. */
export interface Parts<More> {
  readonly connection: Connection
  readonly compiler: Statement.Compiler
  readonly system: string
  readonly spanned: Spanned
  readonly withTransaction: SqlClient.SqlClient["withTransaction"]
  readonly reserve: SqlClient.SqlClient["reserve"]
  readonly more: More
}

/** Assembles a client whose statements all run on one connection, which finds the transaction of the fiber by itself. */
export const makeClient = <More>(parts: Parts<More>): Effect.Effect<SqlClient.SqlClient & More> =>
  Effect.map(Reactivity.make, (reactivity) => {
    const { compiler, connection, more, reserve, spanned, system, withTransaction } = parts
    const attributes = [["db.system.name", system] as const]
    const stock = Statement.make(Effect.succeed(connection), compiler, attributes, undefined)
    // What is assigned to a proxy is assigned to its target.
    const { unsafe } = stock
    const client = Object.assign(
      new Proxy(stock, {
        apply: (target, self, given) => {
          const made: unknown = Reflect.apply(target, self, given)
          return isStatement(made) ? direct(made, connection, spanned) : made
        }
      }),
      {
        [SqlClient.TypeId]: SqlClient.TypeId,
        unsafe: <A extends object>(text: string, params?: ReadonlyArray<unknown>) =>
          direct(unsafe<A>(text, params), connection, spanned),
        withTransaction,
        reserve,
        withoutTransforms: (): SqlClient.SqlClient => self,
        reactive: reactivity.stream,
        reactiveMailbox: reactivity.query
      },
      more
    )
    // `safe` is the client itself, and an object cannot name itself while it is being built.
    const self = Object.assign(client, { safe: client }) as SqlClient.SqlClient & More
    return self
  })
