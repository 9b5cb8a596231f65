import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Statement from "@effect/sql/Statement"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import { cachingCompiler } from "../../../src/engine/storage/CachingCompiler.js"
import * as LibsqlClient from "../../../src/engine/storage/libsql/LibsqlClient.js"
import { compiler as postgres } from "../../../src/engine/storage/postgres/driver/compiler.js"

const databases = [
  ["SQLite", Statement.makeCompilerSqlite()],
  ["PostgreSQL", postgres]
] as const

type Sql = SqlClient

/** Makes a fragment of a few parts, of which many are alike. */
const anyFragment: fc.Arbitrary<(sql: Sql) => Fragment> = fc
  .array(
    fc.oneof(
      fc.constantFrom("SELECT ", "a", "b", " AND ").map((text) => (sql: Sql) => sql.literal(text)),
      fc.constantFrom("a", "b").map((name) => (sql: Sql) => sql`${sql(name)}`),
      fc.oneof(fc.nat(3), fc.constantFrom("a", "b", null)).map((value) => (sql: Sql) => sql`${value}`),
      fc
        .array(fc.record({ a: fc.nat(3), b: fc.constantFrom("x", null) }), { minLength: 1, maxLength: 3 })
        .map((rows) => (sql: Sql) => sql`${sql.insert(rows)}`),
      fc.constantFrom(["a"], ["a", "b"]).map((values) => (sql: Sql) => sql`${sql.in(values)}`),
      fc.nat(3).map((value) => (sql: Sql) => sql`${sql.insert({ a: value }).returning("b")}`),
      fc.nat(3).map((value) => (sql: Sql) => sql`${sql.update({ a: value })}`)
    ),
    { maxLength: 6 }
  )
  .map((parts) => (sql: Sql) => sql`SELECT ${sql.join("", false)(parts.map((part) => part(sql)))}`)

const withClient = <A>(use: (sql: Sql) => A) =>
  Effect.scoped(Effect.map(LibsqlClient.make({ filename: ":memory:" }), use)).pipe(Effect.runPromise)

for (const [name, stock] of databases) {
  describe(`the compiler that keeps texts, of ${name}`, () => {
    it("compiles as the compiler does, whatever it compiled before", () =>
      withClient((sql) => {
        const caching = cachingCompiler(stock)
        fc.assert(
          fc.property(fc.array(anyFragment, { maxLength: 40 }), (fragments) => {
            for (const make of fragments)
              expect(caching.compile(make(sql), false)).toEqual(stock.compile(make(sql), false))
          }),
          { numRuns: 100 }
        )
      }))

    it("compiles statements of one shape once", () =>
      withClient((sql) => {
        const compiled: Array<Fragment> = []
        const caching = cachingCompiler({
          ...stock,
          compile: (fragment, plain) => {
            compiled.push(fragment)
            return stock.compile(fragment, plain)
          }
        })
        const statement = (id: number) => sql`SELECT * FROM ${sql("notes")} WHERE id = ${id}`
        const texts = [1, 2, 3].map((id) => caching.compile(statement(id), false))
        expect(texts.map(([, params]) => params)).toEqual([[1], [2], [3]])
        expect(new Set(texts.map(([text]) => text)).size).toBe(1)
        expect(compiled).toHaveLength(1)
        caching.compile(sql`SELECT * FROM ${sql("others")} WHERE id = ${1}`, false)
        expect(compiled).toHaveLength(2)
      }))
  })
}
