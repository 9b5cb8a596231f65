import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Embedder } from "../../../../src/engine/ports/Embedder.js"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import type { RankedPassage } from "../../../../src/engine/usecases/recall/Rank.js"
import { docIdsOf, queryOf, search } from "../../../../src/engine/usecases/recall/Recall.js"
import { agentRow, alice, entryRow, sessionRow, storeOn, userRow } from "../../storage/support/store.js"

const passage = (doc_id: string, kind: "agent" | "user", index = 0): RankedPassage => ({
  rowId: index,
  doc_id,
  owner: { kind, id: "o" },
  title: "T",
  index,
  text: "x",
  score: 1
})

describe("docIdsOf", () => {
  it("has each doc once, best first, by the kind of its owner", () => {
    const passages = [passage("b", "agent", 1), passage("u", "user"), passage("a", "agent"), passage("b", "agent")]
    expect(docIdsOf({ passages })).toEqual({ agent_doc_ids: ["b", "a"], user_doc_ids: ["u"] })
    expect(docIdsOf({ passages: [] })).toEqual({ agent_doc_ids: [], user_doc_ids: [] })
  })
})

describe("queryOf", () => {
  it("is the text of the user's messages in this turn alone", () => {
    const image = { type: "image_url", image_url: { url: "https://x.test/" } } as const
    expect(
      queryOf([
        { role: "system", content: "system" },
        { role: "user", content: "one" },
        { role: "assistant", content: "assistant" },
        { role: "auto", content: [{ type: "text", text: "two" }, image] },
        { role: "function", content: "result" }
      ])
    ).toBe("one\ntwo")
    expect(queryOf([{ role: "user", content: [image] }])).toBe("")
  })
})

describe("the search of turns", () => {
  it.effect("puts the newest of equals first, whichever session began first", () =>
    Effect.gen(function* () {
      const store = yield* Storage
      const [agent, user] = [agentRow(), userRow()]
      yield* store.agents.insert(alice, agent)
      yield* store.users.insert(alice, user)
      const [first, second] = [0, 1].map(() => sessionRow({ agent_id: agent.id, user_id: user.id }))
      for (const session of [first!, second!]) yield* store.sessions.insert(alice, session)
      yield* store.entries.append(alice, second!.id, [entryRow({ content: "my code is 1111", created_at: 1 })])
      yield* store.entries.append(alice, first!.id, [entryRow({ content: "my code is 2222", created_at: 999 })])
      const find = yield* search
      for (const session of [first!, second!]) {
        const found = yield* find.said(alice, { session, agent, user }, "Which code?", { turns: 10, memories: 0 })
        expect(found.turns.map(({ entry }) => entry.content)).toEqual(["my code is 2222", "my code is 1111"])
      }
    }).pipe(Effect.provide(Layer.merge(storeOn(), Layer.succeed(Embedder, Option.none()))))
  )

  it.effect("puts the later of equals first, also within one millisecond", () =>
    Effect.gen(function* () {
      const store = yield* Storage
      const [agent, user] = [agentRow(), userRow()]
      yield* store.agents.insert(alice, agent)
      yield* store.users.insert(alice, user)
      const session = sessionRow({ agent_id: agent.id, user_id: user.id })
      yield* store.sessions.insert(alice, session)
      const codes = ["1111", "2222", "3333"]
      for (const code of codes) {
        const filler = Array.from({ length: 3 }, () => entryRow({ content: "ok", created_at: 1 }))
        yield* store.entries.append(alice, session.id, [
          entryRow({ content: `my code is ${code}`, created_at: 1 }),
          ...filler
        ])
      }
      const found = yield* (yield* search).said(alice, { session, agent, user }, "Which code?", {
        turns: 3,
        memories: 0
      })
      expect(found.turns.slice(0, 3).map(({ entry }) => entry.content)).toEqual(
        codes.toReversed().map((code) => `my code is ${code}`)
      )
    }).pipe(Effect.provide(Layer.merge(storeOn(), Layer.succeed(Embedder, Option.none()))))
  )
})
