import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type LeaseLost, Storage, type StorageError } from "../../../../src/engine/ports/Storage.js"
import { plansOf } from "../support/plans.js"
import { alice, storeOn } from "../support/store.js"

const BY_ID = "sqlite_autoindex_entries_1 (developer_id=? AND entry_id=?)"

type Entries = Storage.Service["entries"]

const ids = ["a", "b"]

/** Operations on entries by their ids, and how many searches by ids each has. */
const byId: ReadonlyArray<
  readonly [string, (entries: Entries) => Effect.Effect<unknown, StorageError | LeaseLost>, number]
> = [
  ["at", (entries) => entries.at(alice, "s", ids), 1],
  ["claim", (entries) => entries.claim(alice, "s", ids, 2, null), 2],
  ["refuse", (entries) => entries.refuse(alice, "s", ids), 1],
  ["moveToEnd", (entries) => entries.moveToEnd(alice, "s", ids), 6]
]

describe("entries of a long history", () => {
  // A store each: the driver does not end the plan of a statement that writes, so no transaction can follow it.
  it.effect.each(byId)("are found by their ids, whatever else their session has: %s", ([, operation, searches]) =>
    Effect.provide(
      Effect.gen(function* () {
        const plans = yield* plansOf(operation((yield* Storage).entries))
        const plan = plans.filter((line) => / entries\b/.test(line))
        expect(plan.filter((line) => line.includes(BY_ID))).toHaveLength(searches)
        // The others read one row at an end of the history, or of the table.
        expect(plan.filter((line) => !line.includes(BY_ID) && !/rowid<\?\)$|^SEARCH entries$/.test(line))).toEqual([])
      }),
      storeOn()
    )
  )

  it.effect("beside a call are read from the first call of its reply to the next reply", () =>
    Effect.provide(
      Effect.gen(function* () {
        const { entries } = yield* Storage
        const plan = yield* plansOf(entries.calls(alice, "s", "a"))
        const session = plan.filter((line) => line.includes("entries_session"))
        expect(session).toHaveLength(4)
        for (const line of session) expect(line).toMatch(/developer_id=\? AND session_id=\? AND rowid[<>]/)
        expect(plan.filter((line) => /SCAN entries|TEMP B-TREE/.test(line))).toEqual([])
      }),
      storeOn()
    )
  )

  it.effect("can be claimed without their content: it comes after the claim in a row", () =>
    Effect.provide(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const columns = yield* sql<{ readonly name: string }>`SELECT name FROM pragma_table_info('entries')`
        const names = columns.map(({ name }) => name)
        expect(names.indexOf("claimed_at")).toBeLessThan(names.indexOf("content"))
      }),
      storeOn()
    )
  )
})
