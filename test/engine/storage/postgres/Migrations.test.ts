import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as PostgresClient from "../../../../src/engine/storage/postgres/driver/PostgresClient.js"
import { type Migration, migrate, migrateBy } from "../../../../src/engine/storage/postgres/Migrations.js"
import { newSchema } from "../../../support/postgres/schemas.js"
import { onPostgres } from "../../../support/postgres.js"

const step = (script: string, compatibleFrom: number): Migration => ({ script: () => script, compatibleFrom })
const first = step("CREATE TABLE migrated (step BIGINT); INSERT INTO migrated VALUES (1)", 1)
const second = step("INSERT INTO migrated VALUES (2)", 1)
const third = step("INSERT INTO migrated VALUES (3)", 2)

onPostgres("migrations on PostgreSQL", (url) => {
  /** A client of its own for each process. */
  const onSchema = <A, E>(test: (process: Layer.Layer<SqlClient.SqlClient>) => Effect.Effect<A, E>) =>
    Effect.flatMap(newSchema(url), (schema) => {
      const client = PostgresClient.make({ url: Redacted.make(schema), poolSize: 1 })
      return test(Layer.orDie(Layer.scoped(SqlClient.SqlClient, client)))
    })
  const migratedBy = (steps: ReadonlyArray<Migration>) =>
    Effect.gen(function* () {
      yield* migrateBy(steps)
      const sql = yield* SqlClient.SqlClient
      return (yield* sql<{ readonly step: number }>`SELECT step FROM migrated ORDER BY step`).map(({ step }) => step)
    })

  it.scopedLive("eight processes that start at once take each step once", () =>
    onSchema((process) =>
      Effect.gen(function* () {
        const starts = Effect.replicateEffect(Effect.provide(migratedBy([first, second]), process), 8, {
          concurrency: "unbounded"
        })
        expect(yield* starts).toEqual(Array.from({ length: 8 }, () => [1, 2]))
      })
    )
  )

  it.scopedLive("an older release uses what a newer one wrote, from the version on that the newest step names", () =>
    onSchema((process) =>
      Effect.gen(function* () {
        expect(yield* migratedBy([first, second, third])).toEqual([1, 2, 3])
        expect(yield* migratedBy([first, second])).toEqual([1, 2, 3])
        const refused = yield* Effect.flip(migratedBy([first]))
        expect(refused.message).toContain("which needs a release of effect-julep that knows version 2")
      }).pipe(Effect.provide(process))
    )
  )

  it.scopedLive("a step that fails leaves nothing of the migration", () =>
    onSchema((process) =>
      Effect.gen(function* () {
        expect(yield* migratedBy([first])).toEqual([1])
        yield* Effect.flip(migratedBy([first, second, step("SELECT * FROM nowhere", 1)]))
        expect(yield* migratedBy([first])).toEqual([1])
      }).pipe(Effect.provide(process))
    )
  )

  it.scopedLive("of this release writes the tables of the store, once", () =>
    Effect.gen(function* () {
      const client = PostgresClient.make({ url: Redacted.make(yield* newSchema(url)), poolSize: 1 })
      const tables = Effect.gen(function* () {
        yield* migrate
        yield* migrate
        const sql = yield* SqlClient.SqlClient
        return yield* sql`SELECT to_regclass('recall_terms') IS NOT NULL AS terms, version FROM schema_versions`
      })
      const found = yield* Effect.provide(tables, Layer.scoped(SqlClient.SqlClient, client))
      expect(found).toEqual([{ terms: true, version: 1 }])
    })
  )
})
