/** The keys of a server. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ApiKeyRow } from "../../../src/engine/ports/Storage.js"
import { type Database, storesOf } from "../../support/storage/database.js"
import { alice, bob } from "../../support/storage/rows.js"

const keyRow = (row: Partial<ApiKeyRow> = {}): ApiKeyRow => ({
  id: crypto.randomUUID(),
  hash: crypto.randomUUID(),
  developer_id: alice,
  name: "A key",
  created_at: 1,
  used_at: null,
  expires_at: null,
  revoked_at: null,
  ...row
})

export const keys = (database: Database) => {
  const withStore = storesOf(database)

  describe("keys", () => {
    it.effect("are found by their hash, whoever's they are, and listed newest first", () =>
      withStore(({ keys }) =>
        Effect.gen(function* () {
          const first = keyRow({ expires_at: 9 })
          const second = keyRow({ developer_id: bob })
          yield* keys.insert(first)
          yield* keys.insert(second)
          expect(yield* keys.byHash(first.hash)).toEqual(Option.some(first))
          expect(yield* keys.byHash(second.hash)).toEqual(Option.some(second))
          expect(yield* keys.byHash("another")).toEqual(Option.none())
          expect(yield* keys.list).toEqual([second, first])
        })
      )
    )

    it.effect("have a hash of their own", () =>
      withStore(({ keys }) =>
        Effect.gen(function* () {
          const { hash } = yield* Effect.tap(Effect.succeed(keyRow()), keys.insert)
          expect(Either.isLeft(yield* Effect.either(keys.insert(keyRow({ hash }))))).toBe(true)
          expect(yield* keys.list).toHaveLength(1)
        })
      )
    )

    it.effect("note their use, and are revoked once", () =>
      withStore(({ keys }) =>
        Effect.gen(function* () {
          const [used, other] = [keyRow(), keyRow()]
          yield* keys.insert(used)
          yield* keys.insert(other)
          yield* keys.use(used.id, 5)
          expect(yield* keys.revoke(used.id, 7)).toBe(true)
          expect(yield* keys.revoke(used.id, 8)).toBe(false)
          expect(yield* keys.revoke(crypto.randomUUID(), 8)).toBe(false)
          expect(yield* keys.list).toEqual([other, { ...used, used_at: 5, revoked_at: 7 }])
        })
      )
    )
  })
}
