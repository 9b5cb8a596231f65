import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage, StorageError } from "../../../../src/engine/ports/Storage.js"
import { dump } from "../../../support/storage/database.js"
import { agentRow, alice, docRow, page, rowsOf, storeOn, temporaryFolder } from "../support/store.js"

/** A store whose file may not grow any more, as on a full disk. */
const full = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [pages] = yield* sql<{ readonly page_count: number }>`PRAGMA page_count`
  yield* sql.unsafe(`PRAGMA max_page_count = ${pages?.page_count ?? 0}`)
  return sql.unsafe("PRAGMA max_page_count = 1000000")
})

describe("a full disk", () => {
  it.scoped("fails writes with advice, keeps existing rows, and recovers when there is space", () =>
    Effect.gen(function* () {
      const file = `${yield* temporaryFolder}/store.db`
      yield* Effect.gen(function* () {
        const store = yield* Storage
        const agent = agentRow()
        yield* store.agents.insert(alice, agent)
        const before = yield* dump()
        const freed = yield* full
        const owner = { kind: "agent", id: agent.id } as const
        const text = "a lighthouse ".repeat(10_000)
        const large = store.docs.insert(alice, docRow(owner, { content: text }), [text])

        const error = yield* Effect.flip(large)
        expect(error).toBeInstanceOf(StorageError)
        expect(error.message).toContain("docs.insert: the disk or the quota of the database is full; free some space")
        // The database rolls a transaction back for a write without triggers: later writes must not run alone.
        const hopeless = store.agents.insert(alice, agentRow({ about: text }))
        const both = store.transaction(Effect.zipRight(Effect.ignore(hopeless), store.agents.insert(alice, agentRow())))
        expect(yield* Effect.flip(both)).toBeInstanceOf(StorageError)
        expect(yield* dump()).toEqual(before)
        expect(yield* rowsOf(store.agents.list(alice, page()))).toEqual([agent])

        yield* freed
        yield* large
        expect(yield* rowsOf(store.docs.list(alice, owner, page()))).toHaveLength(1)
        const sql = yield* SqlClient.SqlClient
        expect(yield* sql`PRAGMA integrity_check`).toEqual([{ integrity_check: "ok" }])
      }).pipe(Effect.provide(storeOn(file)))
    })
  )
})
