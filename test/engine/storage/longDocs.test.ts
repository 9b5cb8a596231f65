import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Storage } from "../../../src/engine/ports/Storage.js"
import { rowIdsOf } from "../../support/storage/search.js"
import { agentRow, alice, docRow, withStore } from "./support/store.js"

describe("a doc with a long title", () => {
  it.effect(
    "is found by the first 100 words, which each passage's index row repeats, and has 1,000 characters of it",
    () =>
      withStore(() =>
        Effect.gen(function* () {
          const store = yield* Storage
          const { agents, docs } = store
          const agent = agentRow()
          yield* agents.insert(alice, agent)
          const owner = { kind: "agent", id: agent.id } as const
          const word = (index: number) => `w${index}x`
          const title = Array.from({ length: 2000 }, (_, index) => word(index)).join(" ")
          yield* docs.insert(alice, docRow(owner, { title }), ["a passage"])
          const found = (index: number) => rowIdsOf(store)(alice, [owner], word(index))
          expect(yield* found(0)).toHaveLength(1)
          expect(yield* found(99)).toHaveLength(1)
          expect(yield* found(100)).toHaveLength(0)
          const [passage] = yield* docs.at(alice, yield* found(0))
          expect(passage?.title).toBe(title.slice(0, 1000))
          const { rows } = yield* docs.list(alice, owner, {
            limit: 1,
            offset: 0,
            order: "asc",
            sort_by: "created_at",
            metadata_filter: {}
          })
          expect(rows).toMatchObject([{ title }])
        })
      )
  )

  it.effect("of one word repeats none of what is beyond 1,000 characters", () =>
    withStore(() =>
      Effect.gen(function* () {
        const store = yield* Storage
        const { agents, docs } = store
        const agent = agentRow()
        yield* agents.insert(alice, agent)
        const owner = { kind: "agent", id: agent.id } as const
        yield* docs.insert(alice, docRow(owner, { title: `${"x".repeat(1000)}y` }), ["a passage"])
        expect(yield* rowIdsOf(store)(alice, [owner], "x".repeat(1000))).toHaveLength(1)
      })
    )
  )
})

describe("a deleted doc whose passages are not deleted yet", () => {
  it.effect("gets no vectors, and leaves no vector space to a developer without docs", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { agents, docs, vectors } = yield* Storage
        const agent = agentRow()
        yield* agents.insert(alice, agent)
        const owner = { kind: "agent", id: agent.id } as const
        const doc = docRow(owner)
        yield* docs.insert(
          alice,
          doc,
          Array.from({ length: 600 }, (_, index) => `passage ${index}`)
        )
        expect(yield* docs.remove(alice, owner, doc.id)).toBe(true)
        const vector = { position: 599, embedded: "passage 599", vector: Float32Array.of(1, 0) }
        yield* vectors.put(alice, doc.id, { name: "e", dimensions: 2 }, [vector])
        expect(yield* vectors.known(alice, ["passage 599"])).toEqual([undefined])
        expect(yield* vectors.space(alice)).toEqual(Option.none())
      })
    )
  )
})
