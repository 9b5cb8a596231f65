import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as IndexMerges from "../../../../src/engine/storage/sqlite/IndexMerges.js"
import { storeOn } from "../support/store.js"

it.effect(
  "the passage index is merged after the commit of every sixteenth doc, and no failure reaches the writer",
  () => {
    const logged: Array<unknown> = []
    return Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const docWritten = yield* IndexMerges.make
      // Without its index, each merge logs that it failed.
      yield* sql`DROP TABLE passages_fts`
      const write = (docs: number) => sql.withTransaction(Effect.replicateEffect(docWritten, docs))
      yield* Effect.flip(Effect.zipRight(write(16), Effect.fail("rolled back")).pipe(sql.withTransaction))
      yield* write(15)
      expect(logged).toHaveLength(0)
      yield* sql.withTransaction(Effect.tap(docWritten, () => expect(logged).toHaveLength(0)))
      expect(logged).toHaveLength(1)
      yield* write(31)
      expect(logged).toHaveLength(2)
    }).pipe(
      Effect.provide(
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => logged.push(message))
        )
      ),
      Effect.provide(storeOn())
    )
  }
)
