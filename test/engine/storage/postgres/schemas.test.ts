/** The schemas that other tests of PostgreSQL run in. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import pg from "pg"
import { emptySchema } from "../../../support/postgres/schemas.js"
import { onPostgres } from "../../../support/postgres.js"

const connect = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      return client
    }),
    (client) => Effect.promise(() => client.end())
  )

const fill = `
  CREATE TABLE IF NOT EXISTS parents (id INT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS children (parent INT NOT NULL REFERENCES parents);
  INSERT INTO parents VALUES (1); INSERT INTO children VALUES (1)`

onPostgres("a schema of tests", (url) => {
  it.live("is one test's alone, and empty again for the next", () => {
    const filled = Effect.gen(function* () {
      const client = yield* Effect.flatMap(emptySchema(url), connect)
      yield* Effect.promise(() => client.query(fill))
      const { rows } = yield* Effect.promise(() =>
        client.query("SELECT current_schema() AS schema, (SELECT count(*) FROM children) AS children")
      )
      return rows[0]
    })
    return Effect.gen(function* () {
      const [first, second] = yield* Effect.scoped(Effect.all([filled, filled]))
      const third = yield* Effect.scoped(filled)
      expect([first, second, third]).toMatchObject(Array(3).fill({ children: "1" }))
      expect(first.schema).not.toBe(second.schema)
      expect([first.schema, second.schema]).toContain(third.schema)
    })
  })
})
