import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Embedder } from "../../../../src/engine/ports/Embedder.js"
import type { EntryRow } from "../../../../src/engine/ports/Rows.js"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { MemoryLifetime } from "../../../../src/engine/usecases/recall/MemoryLifetime.js"
import type { RankedPassage } from "../../../../src/engine/usecases/recall/Rank.js"
import { docIdsOf, queryOf, search } from "../../../../src/engine/usecases/recall/Recall.js"
import { agentRow, alice, entryRow, memoryRow, sessionRow, storeOn, userRow } from "../../storage/support/store.js"

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

/** A store with an agent and a user. */
const pair = Effect.gen(function* () {
  const store = yield* Storage
  const [agent, user] = [agentRow(), userRow()]
  yield* store.agents.insert(alice, agent)
  yield* store.users.insert(alice, user)
  return { store, agent, user }
})

describe("the search of memories", () => {
  const scene = Effect.gen(function* () {
    const { agent, store, user } = yield* pair
    const session = sessionRow({ agent_id: agent.id, user_id: user.id })
    yield* store.sessions.insert(alice, session)
    for (let number = 0; number < 10; number++) {
      const said = entryRow({ content: `turn ${number}`, created_at: number })
      yield* store.entries.append(alice, session.id, [said])
      const content = number < 5 ? `The secret code is ${number}.` : `The code is ${number}.`
      const more = { content, created_at: 1000 * number, source_message_ids: [said.id] }
      yield* store.memories.remember(alice, memoryRow({ agent_id: agent.id, user_id: user.id, ...more }))
    }
    const read: Array<ReadonlyArray<number>> = []
    const at: typeof store.memories.at = (developer, rowIds) => {
      read.push(rowIds)
      return store.memories.at(developer, rowIds)
    }
    const find = yield* Effect.provideService(search, Storage, { ...store, memories: { ...store.memories, at } })
    const ask = find.said(alice, { session, agent, user }, "Which secret code?", { turns: 20, memories: 3 })
    return { ask, read }
  })

  it.effect("reads memories that only find turns once", () =>
    Effect.gen(function* () {
      const { ask, read } = yield* scene
      const first = yield* ask
      expect(read.map(({ length }) => length)).toEqual([10])
      expect(yield* ask).toEqual(first)
      expect(read.map(({ length }) => length)).toEqual([10, 3])
      expect(first.memories).toHaveLength(3)
      // Each is found by the fact that was made of it alone.
      expect(first.turns.map(({ entry }) => entry.content).toSorted()).toEqual(
        Array.from({ length: 10 }, (_, number) => `turn ${number}`)
      )
    }).pipe(Effect.provide(Layer.merge(storeOn(), Layer.succeed(Embedder, Option.none()))))
  )

  it.effect("reads them again where they take the place of memories whose lifetime has passed", () =>
    Effect.gen(function* () {
      const { ask, read } = yield* scene
      const contents = Effect.map(ask, ({ memories }) => memories.map(({ content }) => content))
      yield* TestClock.setTime(100_000)
      expect(yield* contents).toEqual([4, 3, 2].map((number) => `The secret code is ${number}.`))
      yield* TestClock.setTime(125_000)
      expect(yield* contents).toEqual([9, 8, 7].map((number) => `The code is ${number}.`))
      expect(read.map(({ length }) => length)).toEqual([10, 3, 10])
    }).pipe(
      Effect.provide(Layer.merge(storeOn(), Layer.succeed(Embedder, Option.none()))),
      Effect.provideService(MemoryLifetime, Duration.minutes(2))
    )
  )
})

describe("the search of turns", () => {
  it.effect("is not crowded by deleted turns that memories were made of", () =>
    Effect.gen(function* () {
      const { agent, store, user } = yield* pair
      const [first, second] = [0, 1].map(() => sessionRow({ agent_id: agent.id, user_id: user.id }))
      for (const session of [first!, second!]) yield* store.sessions.insert(alice, session)
      for (let number = 0; number < 18; number++) {
        const said = entryRow({ content: `turn ${number}` })
        yield* store.entries.append(alice, first!.id, [said, entryRow({ content: "ok" })])
        const fact = { content: `Pet ${number} eats hay.`, source_message_ids: [said.id] }
        yield* store.memories.remember(alice, memoryRow({ agent_id: agent.id, user_id: user.id, ...fact }))
      }
      yield* store.entries.append(alice, second!.id, [entryRow({ content: "The pet shop is closed." })])
      const ask = (yield* search).said(alice, { session: second!, agent, user }, "Which pet eats hay?", {
        turns: 1,
        memories: 0
      })
      expect((yield* ask).turns[0]?.entry.content).toMatch(/^turn/)
      yield* store.sessions.remove(alice, first!.id)
      expect((yield* ask).turns.map(({ entry }) => entry.content)).toEqual(["The pet shop is closed."])
    }).pipe(Effect.provide(Layer.merge(storeOn(), Layer.succeed(Embedder, Option.none()))))
  )

  /** Many turns that contain all of a question, and one of another speaker that lacks a word of it; the best turn. */
  const outnumbered = (question: string, others: Partial<EntryRow>, speaker: Partial<EntryRow>) =>
    Effect.gen(function* () {
      const { agent, store, user } = yield* pair
      const [session, other] = [0, 1].map(() => sessionRow({ agent_id: agent.id, user_id: user.id }))
      for (const row of [session!, other!]) yield* store.sessions.insert(alice, row)
      const rows = Array.from({ length: 20 }, () =>
        entryRow({ content: "A red boat, its white sail, the old harbour.", ...others })
      )
      yield* store.entries.append(alice, session!.id, rows)
      const own = entryRow({ content: "A red boat, its white sail, the harbour.", ...speaker })
      // Words that most turns contain would weigh nothing.
      const rest = Array.from({ length: 80 }, () => entryRow({ content: "Good morning." }))
      yield* store.entries.append(alice, other!.id, [own, ...rest])
      const find = yield* search
      const { turns } = yield* find.said(alice, { session: session!, agent, user }, question, { turns: 2, memories: 0 })
      return turns[0]?.entry
    }).pipe(Effect.provide(Layer.merge(storeOn(), Layer.succeed(Embedder, Option.none()))))

  it.effect("finds what the speaker said whom a question names, however many others said more", () =>
    Effect.gen(function* () {
      const about = "about the red boat, its white sail and the old harbour?"
      expect(yield* outnumbered(`What did the assistant say ${about}`, {}, { role: "assistant" })).toMatchObject({
        role: "assistant"
      })
      expect(yield* outnumbered(`What did Bob say ${about}`, { name: "Ann" }, { name: "Bob" })).toMatchObject({
        name: "Bob"
      })
    })
  )

  it.effect("puts the newest of equals first, whichever session began first", () =>
    Effect.gen(function* () {
      const { agent, store, user } = yield* pair
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
      const { agent, store, user } = yield* pair
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
