/** A store keeps its rows while its database is closed. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage } from "../../../src/engine/ports/Storage.js"
import { BackDoor, type Database, dump } from "../../support/storage/database.js"
import { agentRow, alice, ids, page, rowsOf, seed } from "../../support/storage/rows.js"
import { passages } from "../../support/storage/search.js"

export const reopening = (database: Database) => {
  it.scoped("a reopened database has the same rows, indexes and order of insertion", () =>
    Effect.gen(function* () {
      const store = yield* database.durable
      const [seeded, before] = yield* Effect.provide(Effect.all([seed(alice), dump()]), store)
      yield* Effect.gen(function* () {
        expect(yield* dump()).toEqual(before)
        const store = yield* Storage
        expect(yield* passages(store)(alice, [seeded.ofAgent], "Saturn", 10)).toHaveLength(1)
        // The order of insertion goes on, also after the newest row was deleted.
        yield* store.agents.remove(alice, seeded.agent.id)
        const [one, two] = [agentRow(), agentRow()]
        yield* store.agents.insert(alice, one)
        yield* store.agents.insert(alice, two)
        expect(ids(yield* rowsOf(store.agents.list(alice, page({ order: "asc" }))))).toEqual([one.id, two.id])
        expect(yield* Effect.flatMap(BackDoor, ({ faults }) => faults)).toEqual([])
      }).pipe(Effect.provide(store))
    })
  )
}
