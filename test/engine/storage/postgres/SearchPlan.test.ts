import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import * as Store from "../../../../src/engine/storage/postgres/Store.js"
import { parseQuery } from "../../../../src/engine/text/Words.js"
import { plansOf } from "../../../support/postgres/plans.js"
import { emptySchema } from "../../../support/postgres/schemas.js"
import { onPostgres } from "../../../support/postgres.js"
import { agentRow, alice, newId, sessionRow } from "../../../support/storage/rows.js"
import { limits } from "../../../support/storage/search.js"

onPostgres("a search on PostgreSQL", (url) => {
  it.scoped("reads the postings of each word from the index alone, the highest first", () =>
    Effect.gen(function* () {
      const options = {
        url: Redacted.make(yield* emptySchema(url)),
        poolSize: 1,
        prepared: undefined,
        displayUrl: "a schema"
      }
      const sql = yield* Store.connect(options)
      yield* Effect.gen(function* () {
        const store = yield* Storage
        const agent = agentRow()
        const session = sessionRow({ agent_id: agent.id })
        yield* store.agents.insert(alice, agent)
        yield* store.sessions.insert(alice, session)
        for (const table of ["recall_terms", "passage_terms"]) {
          // Most are of another developer.
          yield* sql`INSERT INTO ${sql(table)} SELECT CASE n % 10 WHEN 0 THEN ${alice}::uuid ELSE ${newId()}::uuid END,
            'a1.word' || n % 700, n FROM generate_series(1, 20000) AS n`
          yield* sql.unsafe(`VACUUM ANALYZE ${table}`)
        }
        const terms = parseQuery("word1 word2")
        const scans = (plan: ReadonlyArray<string>) =>
          plan.filter((line) => /Scan/.test(line) && /_terms/.test(line)).map((line) => line.replace(/ on .*$/, ""))
        const found = yield* plansOf(sql)(store.entries.find(alice, session.id, terms, limits))
        const ofDocs = yield* plansOf(sql)(store.docs.find(alice, [{ kind: "agent", id: agent.id }], terms, limits))
        // For the number of rows, and for the words: of turns and of memories.
        expect(scans(found)).toEqual(Array(4).fill("Index Only Scan Backward using recall_terms_pkey"))
        expect(scans(ofDocs)).toEqual(Array(2).fill("Index Only Scan Backward using passage_terms_pkey"))
      }).pipe(Effect.provide(Store.layer(options)))
    })
  )
})
