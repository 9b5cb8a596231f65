import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { damagedTexts } from "../../../../src/engine/storage/sqlite/Damage.js"
import { agentRow, docRow } from "../../../support/storage/rows.js"
import { alice, storeOn } from "../support/store.js"

it.effect("texts that are not UTF-8 are found by table, column and row, in every batch, and no others", () =>
  Effect.provide(
    Effect.gen(function* () {
      const { agents, docs } = yield* Storage
      const sql = yield* SqlClient.SqlClient
      for (let index = 0; index < 40; index++) {
        yield* agents.insert(alice, agentRow({ name: `Zoë 🦜 ${index}`, model: null }))
      }
      const agent = agentRow()
      yield* agents.insert(alice, agent)
      yield* docs.insert(alice, docRow({ kind: "agent", id: agent.id }, { content: "é" }), ["é"])
      expect(yield* damagedTexts).toEqual([])
      // A byte that begins no character, a half of a character, and a surrogate.
      yield* sql`UPDATE agents SET name = CAST(x'45ff' AS TEXT) WHERE seq IN (1, 16, 17, 40)`
      yield* sql`UPDATE agents SET about = CAST(x'c3' AS TEXT) WHERE seq = 16`
      yield* sql`UPDATE docs SET content = CAST(x'22eda08022' AS TEXT)`
      const found = (yield* damagedTexts).map(({ column, rowid, table }) => `${table}.${column} ${rowid}`)
      expect(found).toEqual([
        "agents.name 1",
        "agents.name 16",
        "agents.about 16",
        "agents.name 17",
        "agents.name 40",
        "docs.content 1"
      ])
    }),
    storeOn()
  )
)
