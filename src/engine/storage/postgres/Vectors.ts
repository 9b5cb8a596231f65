/** Vectors are not stored on PostgreSQL yet. */
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { StorageError } from "../../ports/Storage.js"
import type { Dialect } from "../Dialect.js"

const message = "This release stores no vectors on PostgreSQL. Leave out the embedder, or use a file."
const fails = () => Effect.fail(new StorageError({ message }))
const refuses = () => Effect.fail(new SqlError({ cause: new Error(message), message }))

export const vectors: Dialect.Vectors = {
  numbered: false,
  known: fails,
  putPassages: refuses,
  nearestPassages: fails,
  passageCosines: fails,
  putTurns: refuses,
  turnCosines: fails,
  putMemories: refuses,
  memoryCosines: fails
}
