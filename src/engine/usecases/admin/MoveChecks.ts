/** What a move checks: before it, that the target has nothing of another store; after it, that both have as many rows. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiKeyRow, MovedKind, MovedRows, Storage, StorageError } from "../../ports/Storage.js"
import { exportedOf, kinds } from "./Archive.js"
import { isSameRow } from "./ImportRows.js"
import { pagesOf } from "./Pages.js"

/** Why a move does not begin, or what is wrong at its end. `message` says what to do. */
export class MoveRefused extends Data.TaggedError("MoveRefused")<{ readonly message: string }> {}

/** The kinds of rows that both stores must have alike. Jobs come and go. */
export const COMPARED = [...kinds, "suggestion"] as const satisfies ReadonlyArray<MovedKind>

const ADVICE =
  "Move into a new store, or into that of an interrupted move from the same store, which nothing has used since."

/** A row without what each store makes for itself. */
const exported = (row: MovedRows[MovedKind]): object => ("nonce" in row ? exportedOf("session", row) : row)

/** What the target has of a developer, and the source has not. */
const ofOthers = (source: Storage.Service, target: Storage.Service, developer: string, kind: MovedKind) =>
  Effect.gen(function* () {
    const through = yield* target.archive.last(kind)
    yield* Stream.runForEach(pagesOf(target, kind, developer, through), (rows) =>
      Effect.gen(function* () {
        if (rows.length === 0) return
        const ids = rows.map(({ id }) => id)
        const found = yield* source.archive.find(kind, developer, ids)
        const known = new Map(found.map((row) => [row.id, exported(row)]))
        for (const row of rows) {
          const of = known.get(row.id)
          if (of !== undefined && isSameRow(of, exported(row))) continue
          const problem = of === undefined ? "does not have" : "has another version of"
          const message = `The target has the ${kind} ${row.id}, which the source ${problem}. ${ADVICE}`
          return yield* new MoveRefused({ message })
        }
      })
    )
  })

/** Fails unless everything that the target has of a developer is of the source. */
export const checkTarget = (
  source: Storage.Service,
  target: Storage.Service,
  developer: string
): Effect.Effect<void, MoveRefused | StorageError> =>
  Effect.forEach(COMPARED, (kind) => ofOthers(source, target, developer, kind), { discard: true })

/** Fails unless the source has each key of the target. */
export const checkKeys = (
  from: ReadonlyArray<ApiKeyRow>,
  to: ReadonlyArray<ApiKeyRow>
): Effect.Effect<void, MoveRefused> => {
  const known = new Set(from.map(({ hash }) => hash))
  const other = to.find(({ hash }) => !known.has(hash))
  if (other === undefined) return Effect.void
  const message = `The target has the key ${other.id}, which the source does not have. ${ADVICE}`
  return Effect.fail(new MoveRefused({ message }))
}

/** Fails unless both stores have as many rows of each kind of a developer. */
export const checkCounts = (
  source: Storage.Service,
  target: Storage.Service,
  developer: string
): Effect.Effect<void, MoveRefused | StorageError> =>
  Effect.forEach(
    COMPARED,
    (kind) =>
      Effect.gen(function* () {
        const [from, to] = [yield* source.archive.count(kind, developer), yield* target.archive.count(kind, developer)]
        if (from === to) return
        const message = `The source has ${from} rows of the kind ${kind}, and the target ${to}: something used one of the stores meanwhile. Stop it, and move again.`
        return yield* new MoveRefused({ message })
      }),
    { discard: true }
  )
