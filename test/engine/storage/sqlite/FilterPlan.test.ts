import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../../src/engine/text/Words.js"
import { agentRow, docRow } from "../../../support/storage/rows.js"
import { plansOf } from "../support/plans.js"
import { alice, storeOn } from "../support/store.js"

describe("a search of passages with a metadata filter", () => {
  it.effect("searches the index once for each term, and not once for each passage of the docs that match", () =>
    Effect.provide(
      Effect.gen(function* () {
        const { agents, docs } = yield* Storage
        const agent = agentRow()
        yield* agents.insert(alice, agent)
        const [terms, filter] = [parseQuery("bright лампы"), { shore: "north" }]
        const owners = [{ kind: "agent", id: agent.id }] as const
        yield* docs.insert(alice, docRow(owners[0], { metadata: filter }), ["A bright лампа."])
        const find = yield* plansOf(docs.find(alice, owners, terms, { rows: 10, perTerm: 10 }, filter))
        const ofIndex = find.filter((line) => line.includes("passages_fts"))
        // The rows of the owner, the rows of each term, and whether many rows have a word that is also searched by its beginning.
        expect(ofIndex).toHaveLength(3)
        // An equals sign in the plan of a full-text index is a search by row id.
        expect(ofIndex.filter((line) => line.includes("="))).toEqual([])
      }),
      storeOn()
    )
  )
})
