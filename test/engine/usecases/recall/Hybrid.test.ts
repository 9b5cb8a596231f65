import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Embedder } from "../../../../src/engine/ports/Embedder.js"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as Recall from "../../../../src/engine/usecases/recall/Recall.js"
import { agentRow, alice, docRow, memoryRow, sessionRow, storeOn, userRow } from "../../storage/support/store.js"

const space = { name: "m", dimensions: 2 }
/** Every text has the same vector. */
const embedder = { ...space, embed: (texts: ReadonlyArray<string>) => Effect.succeed(texts.map(() => vector)) }
const vector = Float32Array.of(1, 0)

describe("recall by words and vectors", () => {
  it.effect("compares the passages that words found, also those that are not among the nearest", () =>
    Effect.gen(function* () {
      const store = yield* Storage
      const agent = agentRow()
      const owner: Owner = { kind: "agent", id: agent.id }
      yield* store.agents.insert(alice, agent)
      yield* store.docs.insert(alice, docRow(owner, { title: "" }), ["tea one", "tea two"])
      const search = (service: Option.Option<Embedder.Service>, storage: Storage.Service) =>
        Effect.flatMap(Recall.search, ({ passages }) => passages(alice, [owner], "tea", 6)).pipe(
          Effect.provideService(Embedder, service),
          Effect.provideService(Storage, storage)
        )
      const [one, two] = yield* search(Option.none(), store)
      expect([one?.text, two?.text]).toEqual(["tea one", "tea two"])
      const vectors: Storage.Service["vectors"] = {
        ...store.vectors,
        space: () => Effect.succeedSome(space),
        nearestNeighbours: () => Effect.succeed([]),
        similarities: (_developer, rowIds) =>
          Effect.succeed(rowIds.map((rowId) => ({ rowId, score: rowId === two?.rowId ? 0.8 : 0.2 })))
      }
      const found = yield* search(Option.some(embedder), { ...store, vectors })
      expect(found.map(({ text }) => text)).toEqual(["tea two", "tea one"])
      // The mean of its score by words and its cosine.
      expect(found[0]?.score).toBeCloseTo(((two?.score ?? 0) + 0.8) / 2, 10)
    }).pipe(Effect.provide(storeOn()))
  )

  it.effect("a text that hundreds of docs repeat hides nothing else that is near, and names them all", () =>
    Effect.gen(function* () {
      const store = yield* Storage
      const agent = agentRow()
      const owner: Owner = { kind: "agent", id: agent.id }
      yield* store.agents.insert(alice, agent)
      const write = (title: string, text: string, vector: Float32Array) =>
        Effect.gen(function* () {
          const doc = docRow(owner, { title })
          yield* store.docs.insert(alice, doc, [text])
          yield* store.vectors.put(alice, doc.id, space, [{ position: 0, embedded: title + text, vector }])
          return doc.id
        })
      const ids = yield* Effect.forEach(Array.from({ length: 300 }), () => write("Notice", "tea for all", vector))
      yield* write("Near", "a hot drink", Float32Array.of(0.8, 0.6))
      yield* write("Far", "a cold plate", Float32Array.of(0.6, 0.8))
      const search = Effect.provideService(Recall.search, Embedder, Option.some(embedder))
      for (const [question, others] of [
        ["tea", ["Near", "Far"]],
        ["beverages", ["Near", "Far"]],
        ["drink", ["Far"]]
      ] as const) {
        const found = yield* Effect.flatMap(search, ({ passages }) => passages(alice, [owner], question, 6))
        expect(found.map(({ title }) => title).toSorted(), question).toEqual(["Far", "Near", "Notice"])
        expect(found.map(({ title }) => title).slice(-others.length), question).toEqual(others)
        const notice = found.find(({ title }) => title === "Notice")
        expect(new Set([notice, ...(notice?.copies ?? [])].map((each) => each?.doc_id)), question).toEqual(new Set(ids))
      }
      // As many are compared as without copies.
      yield* Effect.forEach(
        Array.from({ length: 60 }, (_, n) => n),
        (n) => write("Other", `plate ${n}`, Float32Array.of(0.1 + n / 1000, 0.9))
      )
      const found = yield* Effect.flatMap(search, ({ passages }) => passages(alice, [owner], "beverages", 100))
      expect(found).toHaveLength(50)
    }).pipe(Effect.provide(storeOn()))
  )

  it.effect("finds memories of the session's user by their vectors, and none of another user", () =>
    Effect.gen(function* () {
      const store = yield* Storage
      const [agent, user, other] = [agentRow(), userRow(), userRow()]
      const session = sessionRow({ agent_id: agent.id, user_id: user.id })
      yield* store.agents.insert(alice, agent)
      yield* store.users.insert(alice, user)
      yield* store.users.insert(alice, other)
      yield* store.sessions.insert(alice, session)
      for (const owner of [user, other]) {
        const content = `Likes tea, says ${owner.id}`
        yield* store.memories.remember(alice, memoryRow({ agent_id: agent.id, user_id: owner.id, content }))
        const missing = yield* store.memoryVectors.missing(alice, agent.id, owner.id, 10)
        yield* store.memoryVectors.put(
          alice,
          space,
          missing.map(({ rowId }) => ({ rowId, vector }))
        )
      }
      const find = yield* Effect.provideService(Recall.search, Embedder, Option.some(embedder))
      const { memories } = yield* find.said(alice, { session, agent, user }, "coffee", { memories: 6, turns: 0 })
      expect(memories.map(({ user_id }) => user_id)).toEqual([user.id])
      // The mean of no word and a cosine of 1, which the store rounds.
      expect(memories[0]?.score).toBeCloseTo(0.5, 2)
    }).pipe(Effect.provide(storeOn()))
  )

  it.effect("orders memories by both, and by words first if the embedder knows nothing but words", () =>
    Effect.gen(function* () {
      const store = yield* Storage
      const [agent, user] = [agentRow(), userRow()]
      const session = sessionRow({ agent_id: agent.id, user_id: user.id })
      yield* store.agents.insert(alice, agent)
      yield* store.users.insert(alice, user)
      yield* store.sessions.insert(alice, session)
      for (const content of ["Drinks tea", "Drank tea in Lisbon", "Has a cup"]) {
        yield* store.memories.remember(alice, memoryRow({ agent_id: agent.id, user_id: user.id, content }))
      }
      const missing = yield* store.memoryVectors.missing(alice, agent.id, user.id, 10)
      yield* store.memoryVectors.put(
        alice,
        space,
        missing.map(({ rowId, text }) => ({ rowId, vector: Float32Array.of(text.includes("Lisbon") ? 0 : 1, 0.1) }))
      )
      const found = Effect.gen(function* () {
        const find = yield* Effect.provideService(Recall.search, Embedder, Option.some(embedder))
        const limits = { memories: 6, turns: 0 }
        const { memories } = yield* find.said(alice, { session, agent, user }, "Lisbon tea", limits)
        return memories.map(({ content }) => content)
      })
      expect((yield* found)[0]).toBe("Drinks tea")
      yield* store.vectors.setSemantic(alice, { ...space, semantic: false })
      expect(yield* found).toEqual(["Drank tea in Lisbon", "Drinks tea", "Has a cup"])
    }).pipe(Effect.provide(storeOn()))
  )
})
