/** Kept replies to requests with an idempotency key. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Database, storesOf } from "../../support/storage/database.js"
import { alice } from "../../support/storage/rows.js"

const reply = (created_at: number, body = "{}") => ({ status: 201, body, fingerprint: "f", created_at })

export const replies = (database: Database) => {
  const withStore = storesOf(database)

  it.effect(
    "a reply is kept per developer, route and key, replaced by a later one, and dropped when it has expired",
    () =>
      withStore(({ replies }) =>
        Effect.gen(function* () {
          yield* replies.put(alice, "POST /a", "k", reply(1), 0)
          yield* replies.put(alice, "POST /b", "k", reply(2, '{"b":1}'), 0)
          expect(yield* replies.get(alice, "POST /a", "k")).toEqual(Option.some(reply(1)))
          expect(yield* replies.get(alice, "POST /a", "other")).toEqual(Option.none())
          yield* replies.put(alice, "POST /b", "k", reply(3), 1)
          expect(yield* replies.get(alice, "POST /a", "k")).toEqual(Option.none())
          expect(yield* replies.get(alice, "POST /b", "k")).toEqual(Option.some(reply(3)))
        })
      )
  )
}
