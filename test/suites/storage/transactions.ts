/** Transactions, and effects that run after a commit. */
import { describe, expect, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type LeaseLost, StorageError } from "../../../src/engine/ports/Storage.js"
import { counts, type Database, dump, storesOf } from "../../support/storage/database.js"
import { agentRow, alice, page, rowsOf, seed } from "../../support/storage/rows.js"
import { passages } from "../../support/storage/search.js"

class Mine extends Data.TaggedError("Mine")<{ readonly n: number }> {}

export const transactions = (database: Database) => {
  const withStore = storesOf(database)

  describe("transactions", () => {
    it.effect("write all or nothing, index rows included, and pass on other errors", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { ofAgent } = yield* seed(alice)
          const before = [yield* dump(), yield* counts]
          const failing = store.transaction(Effect.zipRight(seed(alice), new Mine({ n: 1 })))
          const error: Mine | LeaseLost | StorageError = yield* Effect.flip(failing)
          expect(error).toEqual(new Mine({ n: 1 }))
          expect([yield* dump(), yield* counts]).toEqual(before)
          expect(yield* passages(store)(alice, [ofAgent], "Saturn", 10)).toHaveLength(1)
          yield* store.transaction(seed(alice))
          expect((yield* counts)["indexed_passages"]).toBe(6)
        })
      )
    )

    it.effect("continue after a nested transaction failed", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [kept, lost] = [agentRow(), agentRow()]
          yield* store.transaction(
            Effect.gen(function* () {
              yield* store.agents.insert(alice, kept)
              const nested = store.transaction(Effect.zipRight(store.agents.insert(alice, lost), new Mine({ n: 2 })))
              expect(Either.isLeft(yield* Effect.either(nested))).toBe(true)
            })
          )
          expect((yield* rowsOf(store.agents.list(alice, page()))).map((row) => row.id)).toEqual([kept.id])
        })
      )
    )

    it.effect("run afterCommit effects once the commit is done, and never after a rollback", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const log: Array<string> = []
          const say = (what: string) => Effect.sync(() => void log.push(what))
          yield* store.afterCommit(say("at once"))
          yield* store.transaction(Effect.zipRight(store.afterCommit(say("committed")), say("written")))
          yield* Effect.flip(store.transaction(Effect.zipRight(store.afterCommit(say("never")), new Mine({ n: 3 }))))
          expect(log).toEqual(["at once", "written", "committed"])
        })
      )
    )

    it.effect("map a failing statement of the caller to StorageError", () =>
      withStore((store, { unknownTable }) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(store.transaction(unknownTable.read))
          expect(error).toBeInstanceOf(StorageError)
          expect(error.message).toBe(`transaction: ${unknownTable.message}`)
        })
      )
    )
  })
}
