import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Storage } from "../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../src/engine/text/Words.js"
import { agentRow, alice, docRow, withStore } from "./support/store.js"

describe("a long doc", () => {
  it.effect("is written with pauses in which timers and sockets run", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Storage
        const agent = agentRow()
        yield* agents.insert(alice, agent)
        let turns = 0
        const tick = () => {
          turns++
          timer = setImmediate(tick)
        }
        let timer = setImmediate(tick)
        const passages = Array.from({ length: 1000 }, (_, index) => `passage ${index}`)
        yield* docs.insert(alice, docRow({ kind: "agent", id: agent.id }), passages)
        clearImmediate(timer)
        expect(turns).toBeGreaterThanOrEqual(9)
      })
    )
  )

  it.effect("is found by the first 100 words of a title, which each passage's index row repeats", () =>
    withStore(() =>
      Effect.gen(function* () {
        const { agents, docs } = yield* Storage
        const agent = agentRow()
        yield* agents.insert(alice, agent)
        const owner = { kind: "agent", id: agent.id } as const
        const word = (index: number) => `w${index}x`
        const title = Array.from({ length: 2000 }, (_, index) => word(index)).join(" ")
        yield* docs.insert(alice, docRow(owner, { title }), ["a passage"])
        const found = (index: number) => docs.best(alice, [owner], parseQuery(word(index)), 5)
        expect(yield* found(0)).toHaveLength(1)
        expect(yield* found(99)).toHaveLength(1)
        expect(yield* found(100)).toHaveLength(0)
      })
    )
  )
})
