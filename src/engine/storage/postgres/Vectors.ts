/** Vectors of the type that the tables have, which a process learns when it opens them. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { Commits } from "../Commits.js"
import type { Dialect } from "../Dialect.js"
import * as ByteVectors from "./ByteVectors.js"
import * as HalfVectors from "./HalfVectors.js"
import type { VectorType } from "./Schema.js"
import * as Types from "./VectorType.js"

interface Vectors {
  /** Learns the type of migrated tables. */
  readonly open: Effect.Effect<void, SqlError>
  readonly vectors: Dialect.Vectors
}

export const make: Effect.Effect<Vectors, never, SqlClient.SqlClient | Commits> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { afterCommit } = yield* Commits
  const kinds = { bytea: ByteVectors.make(sql), halfvec: HalfVectors.make(sql) }
  let kind = kinds.bytea
  const use = (type: VectorType) =>
    Effect.sync(() => {
      kind = kinds[type]
    })
  const onThis = Effect.provideService(SqlClient.SqlClient, sql)
  return {
    open: Effect.flatMap(Types.ofTables, use).pipe(onThis),
    vectors: {
      get numbered() {
        return kind.numbered
      },
      renew: Effect.suspend(() =>
        kind === kinds.bytea ? Effect.flatMap(Types.renew, (type) => afterCommit(use(type))) : Effect.void
      ).pipe(onThis),
      known: (...of) => kind.known(...of),
      putPassages: (...of) => kind.putPassages(...of),
      nearestPassages: (...of) => kind.nearestPassages(...of),
      passageCosines: (...of) => kind.passageCosines(...of),
      putTurns: (...of) => kind.putTurns(...of),
      turnCosines: (...of) => kind.turnCosines(...of),
      putMemories: (...of) => kind.putMemories(...of),
      memoryCosines: (...of) => kind.memoryCosines(...of)
    }
  }
})
