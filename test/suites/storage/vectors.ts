/** The vectors of passages, turns and memories: which are nearest, how near some are, and that none outlives its text. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import type { Owner, Storage } from "../../../src/engine/ports/Storage.js"
import { NEAR_TURNS, nearPassages } from "../../../src/engine/storage/BinaryCode.js"
import { type Database, storesOf } from "../../support/storage/database.js"
import { agentRow, alice, docRow, entryRow, memoryRow, sessionRow, userRow } from "../../support/storage/rows.js"
import { vectorOf } from "../../support/wordVectors.js"

const space = { name: "m", dimensions: 256 }

/** How far a cosine may be from the exact one: a store may round the numbers of a vector. */
const TOLERANCE = 0.002

const length = (vector: ReadonlyArray<number>) => Math.hypot(...vector)
const cosine = (one: ReadonlyArray<number>, other: ReadonlyArray<number>): number =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0) / (length(one) * length(other))

/** A direction, as an embedder returns it. */
const direction = fc
  .array(fc.constantFrom("comet", "orchid", "tractor", "violin", "harbour"), { minLength: 1, maxLength: 9 })
  .map((words) => [...vectorOf(words.join(" "), space.dimensions)])

export const vectors = (database: Database) => {
  const withStore = storesOf(database)

  describe("vectors of passages", () => {
    it.effect("have their cosines with a question, in order or of given passages; a passage without one has none", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const agent = agentRow()
          const owner: Owner = { kind: "agent", id: agent.id }
          yield* store.agents.insert(alice, agent)
          const cases = fc.sample(fc.tuple(fc.array(direction, { minLength: 1, maxLength: 8 }), direction), {
            numRuns: 12,
            seed: 7
          })
          for (const [all, question] of cases) {
            const doc = docRow(owner)
            const texts = [...all, []].map((_, index) => `${doc.id} ${index}`)
            yield* store.docs.insert(alice, doc, texts)
            const rows = all.map((vector, position) => ({
              position,
              embedded: texts[position] ?? "",
              vector: Float32Array.from(vector)
            }))
            yield* store.vectors.put(alice, doc.id, space, rows)
            const asked = Float32Array.from(question)
            const near = yield* store.vectors.nearestNeighbours(alice, [owner], asked, 100)
            expect(near).toHaveLength(all.length)
            const scores = near.map(({ score }) => score)
            expect(scores).toEqual(scores.toSorted((one, other) => other - one))
            const passages = yield* store.docs.at(
              alice,
              near.map(({ rowId }) => rowId)
            )
            for (const { index, rowId } of passages) {
              const score = near.find((row) => row.rowId === rowId)?.score ?? Number.NaN
              expect(Math.abs(score - cosine(all[index] ?? [], question))).toBeLessThan(TOLERANCE)
            }
            const some = near.slice(1).map(({ rowId }) => rowId)
            const [last = 0] = near.map(({ rowId }) => rowId).toSorted((a, b) => b - a)
            const given = yield* store.vectors.similarities(alice, [...some, last + 1, last + 7], asked)
            expect(new Map(given.map(({ rowId, score }) => [rowId, score]))).toEqual(
              new Map(near.slice(1).map(({ rowId, score }) => [rowId, score]))
            )
            const [known, unknown] = yield* store.vectors.known(alice, [texts[0] ?? "", "never embedded"])
            expect(unknown).toBeUndefined()
            expect(Math.abs(cosine([...(known ?? [])], all[0] ?? []) - 1)).toBeLessThan(TOLERANCE)
            yield* store.docs.remove(alice, owner, doc.id)
          }
        })
      )
    )
  })

  /** Vectors of many texts: most point away from the question, and a few in the middle are near it. */
  const far = (index: number) => Float32Array.from({ length: 16 }, (_, at) => (at === 0 ? -1 : ((index * at) % 7) / 10))
  const near = (index: number) => Float32Array.from({ length: 16 }, (_, at) => (at === 0 ? 1 : index / 100))
  const asked = Float32Array.from({ length: 16 }, (_, at) => (at === 0 ? 1 : 0))
  const wide = { name: "m", dimensions: 16 }

  describe("vectors of more passages than a search compares", () => {
    it.effect("have the nearest among those that are compared, wherever they are", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const agent = agentRow()
          const owner: Owner = { kind: "agent", id: agent.id }
          yield* store.agents.insert(alice, agent)
          const doc = docRow(owner)
          const texts = Array.from({ length: nearPassages(3) + 100 }, (_, index) => `passage ${index}`)
          yield* store.docs.insert(alice, doc, texts)
          const rows = texts.map((embedded, position) => {
            const place = position - 500
            return { position, embedded, vector: place >= 0 && place < 3 ? near(place) : far(position) }
          })
          yield* store.vectors.put(alice, doc.id, wide, rows)
          const found = yield* store.vectors.nearestNeighbours(alice, [owner], asked, 3)
          const passages = yield* store.docs.at(
            alice,
            found.map(({ rowId }) => rowId)
          )
          const indexes = new Map(passages.map(({ index, rowId }) => [rowId, index]))
          expect(found.map(({ rowId }) => indexes.get(rowId))).toEqual([500, 501, 502])
        })
      )
    )
  })

  const one = { name: "m", dimensions: 2 }
  const [same, other] = [Float32Array.of(1, 0), Float32Array.of(0.6, 0.8)]

  /** An agent with a user and a session, in which texts were said that are all embedded. */
  const conversation = (store: Storage.Service, ...texts: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const [agent, user] = [agentRow(), userRow()]
      const session = sessionRow({ agent_id: agent.id, user_id: user.id })
      yield* store.agents.insert(alice, agent)
      yield* store.users.insert(alice, user)
      yield* store.sessions.insert(alice, session)
      const said = (id: string, contents: ReadonlyArray<string>, shared = true) =>
        Effect.gen(function* () {
          const entries = contents.map((content) => entryRow({ content }))
          yield* store.entries.append(alice, id, entries, { shared })
          return entries
        })
      const embed = (id: string, vector: Float32Array | null = same) =>
        Effect.gen(function* () {
          const missing = yield* store.turnVectors.missing(alice, id, 100)
          yield* store.turnVectors.put(
            alice,
            one,
            missing.map((turn) => ({ ...turn, vector }))
          )
          return missing.map(({ text }) => text)
        })
      const entries = yield* said(session.id, texts)
      yield* embed(session.id)
      const cosines = (id: string, newest = 100, rowIds: ReadonlyArray<number> = []) =>
        Effect.map(store.turnVectors.similarities(alice, id, same, newest, rowIds), ({ cosines, rowIds }) =>
          rowIds.map((rowId, index): readonly [number, number] => [rowId, cosines[index] ?? 0])
        )
      return { agent, user, session, entries, said, embed, cosines }
    })

  if (!database.numbered) {
    it.effect("turns and memories have no vectors, and miss none", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, cosines, embed, session, user } = yield* conversation(store, "one", "two")
          const memory = memoryRow({ agent_id: agent.id, user_id: user.id })
          yield* store.memories.remember(alice, memory)
          expect(yield* embed(session.id)).toEqual([])
          expect(yield* cosines(session.id)).toEqual([])
          expect(yield* store.memoryVectors.missing(alice, agent.id, user.id, 10)).toEqual([])
        })
      )
    )
    return
  }

  describe("vectors of turns", () => {
    it.effect("are of users and assistants, are missing in order, and are written once for each turn", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { cosines, embed, said, session } = yield* conversation(store, "one", "two")
          yield* store.entries.append(alice, session.id, [entryRow({ role: "function", content: "a result" })])
          yield* said(session.id, ["three", "four"])
          expect((yield* store.turnVectors.missing(alice, session.id, 1)).map(({ text }) => text)).toEqual(["three"])
          expect(yield* embed(session.id, other)).toEqual(["three", "four"])
          expect(yield* embed(session.id)).toEqual([])
          const found = yield* cosines(session.id)
          const rowIds = found.map(([rowId]) => rowId)
          expect(rowIds).toEqual(rowIds.toSorted((one, other) => one - other))
          for (const [index, cosine] of [1, 1, 0.6, 0.6].entries()) {
            expect(Math.abs((found[index]?.[1] ?? 0) - cosine)).toBeLessThan(TOLERANCE)
          }
        })
      )
    )

    it.effect("are compared for the newest turns, and for older ones that are given", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { cosines, session } = yield* conversation(store, ..."one two three four five six seven".split(" "))
          const all = yield* cosines(session.id)
          expect(all).toHaveLength(7)
          // The two before the newest ones are beside them.
          expect(yield* cosines(session.id, 2)).toEqual(all.slice(3))
          const [first = [0, 0]] = all
          expect(yield* cosines(session.id, 2, [first[0], first[0] + 100])).toEqual([first, ...all.slice(3)])
        })
      )
    )

    it.effect("are compared for the nearest, with those beside them, if they are more than a search compares", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { said, session } = yield* conversation(store)
          const size = 2 * NEAR_TURNS
          yield* said(
            session.id,
            Array.from({ length: size }, (_, index) => `turn ${index}`)
          )
          const turns = yield* store.turnVectors.missing(alice, session.id, size)
          // The older half points away from the question, but for one; the newer one does so less.
          const vectors = turns.map((turn, index) => {
            if (index === 100) return { ...turn, vector: near(0) }
            return { ...turn, vector: index < NEAR_TURNS ? far(index) : near(index / 20) }
          })
          yield* store.turnVectors.put(alice, wide, vectors)
          const { cosines, rowIds } = yield* store.turnVectors.similarities(alice, session.id, asked, size, [])
          const [first = 0] = turns.map(({ rowId }) => rowId)
          expect(rowIds.slice(0, 5).map((rowId) => rowId - first)).toEqual([98, 99, 100, 101, 102])
          expect(cosines[2]).toBeGreaterThan(1 - TOLERANCE)
          expect(rowIds.length).toBeLessThan(NEAR_TURNS + 10)
        })
      )
    )

    it.effect("are found in the sessions of the same agent and user, unless they are of their own session alone", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, cosines, embed, said, session, user } = yield* conversation(store, "one")
          const next = sessionRow({ agent_id: agent.id, user_id: user.id })
          const strangers = sessionRow({ agent_id: agent.id, user_id: null })
          yield* store.sessions.insert(alice, next)
          yield* store.sessions.insert(alice, strangers)
          yield* said(session.id, ["a secret"], false)
          yield* embed(session.id)
          expect(yield* cosines(session.id)).toHaveLength(2)
          const [secret = [0, 0]] = (yield* cosines(session.id)).slice(-1)
          expect(yield* cosines(next.id, 100, [secret[0]])).toHaveLength(1)
          expect(yield* cosines(strangers.id, 100, [secret[0]])).toEqual([])
          expect((yield* conversation(store, "of others")).session.id).not.toBe(session.id)
          expect(yield* cosines(session.id)).toHaveLength(2)
        })
      )
    )

    it.effect("go with a turn that is cleared, refused or forgotten, and never become those of another text", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, cosines, embed, entries, said, session, user } = yield* conversation(
            store,
            "one",
            "two",
            "three"
          )
          const [first, second, third] = entries.map(({ id }) => id)
          yield* store.entries.refuse(alice, session.id, [third ?? ""])
          expect(yield* cosines(session.id)).toHaveLength(2)
          // The number of the last turn is used again.
          yield* said(session.id, ["four"])
          const [turn] = yield* store.turnVectors.missing(alice, session.id, 1)
          expect(turn?.text).toBe("four")
          yield* store.turnVectors.put(alice, one, [{ rowId: turn?.rowId ?? 0, id: third ?? "", vector: other }])
          expect(yield* cosines(session.id)).toHaveLength(2)
          expect(yield* embed(session.id)).toEqual(["four"])
          yield* store.entries.moveToEnd(alice, session.id, [third ?? ""])
          expect(yield* embed(session.id)).toEqual(["three"])
          const memory = memoryRow({ agent_id: agent.id, user_id: user.id, source_message_ids: [first ?? ""] })
          yield* store.memories.remember(alice, memory)
          yield* store.memories.remove(alice, agent.id, memory.id)
          expect(yield* cosines(session.id)).toHaveLength(3)
          expect(yield* embed(session.id)).toEqual([])
          expect(second).toBeDefined()
          yield* store.entries.clear(alice, session.id)
          expect(yield* cosines(session.id)).toEqual([])
        })
      )
    )

    it.effect("are empty for a text that has none, which is missing no more; the space is only set with a vector", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { cosines, embed, session } = yield* conversation(store)
          yield* store.entries.append(alice, session.id, [entryRow({ content: "" })])
          expect(yield* embed(session.id, null)).toEqual([""])
          expect(yield* embed(session.id)).toEqual([])
          expect(yield* cosines(session.id)).toEqual([])
          expect(yield* store.vectors.space(alice)).toEqual(Option.none())
          yield* store.entries.append(alice, session.id, [entryRow()])
          yield* embed(session.id)
          expect(yield* store.vectors.space(alice)).toEqual(Option.some(one))
          for (const semantic of [true, false]) {
            yield* store.vectors.setSemantic(alice, { ...one, semantic })
            expect(yield* store.vectors.space(alice)).toEqual(Option.some({ ...one, semantic }))
          }
          // Another embedder may have set the space meanwhile.
          yield* store.vectors.setSemantic(alice, { ...one, name: "other", semantic: true })
          yield* store.vectors.setSemantic(alice, { ...one, dimensions: 7, semantic: true })
          expect(yield* store.vectors.space(alice)).toEqual(Option.some({ ...one, semantic: false }))
          yield* store.vectors.clear
          expect(yield* store.vectors.space(alice)).toEqual(Option.none())
          yield* store.vectors.setSemantic(alice, { ...one, semantic: true })
          expect(yield* store.vectors.space(alice)).toEqual(Option.none())
          expect(yield* embed(session.id)).toEqual(["", "Hello"])
        })
      )
    )
  })

  describe("vectors of memories", () => {
    it.effect("are of an agent with one user or of all its users, newest first, and go with their memory", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { agent, user } = yield* conversation(store)
          const memories = [
            memoryRow({ agent_id: agent.id, user_id: user.id, content: "one" }),
            memoryRow({ agent_id: agent.id, user_id: user.id, content: "two" }),
            memoryRow({ agent_id: agent.id, user_id: user.id, content: "three" }),
            memoryRow({ agent_id: agent.id, content: "of nobody" })
          ]
          for (const memory of memories) yield* store.memories.remember(alice, memory)
          const embed = (user_id: string | null) =>
            Effect.gen(function* () {
              const missing = yield* store.memoryVectors.missing(alice, agent.id, user_id, 100)
              yield* store.memoryVectors.put(
                alice,
                one,
                missing.map(({ rowId }) => ({ rowId, vector: same }))
              )
              return missing.map(({ text }) => text)
            })
          const count = (user_id: string | undefined, newest = 100) =>
            Effect.map(
              store.memoryVectors.similarities(alice, agent.id, user_id, same, newest),
              ({ rowIds }) => rowIds.length
            )
          expect(yield* store.memoryVectors.owners).toEqual([
            { developer: alice, agent_id: agent.id, user_id: user.id },
            { developer: alice, agent_id: agent.id, user_id: null }
          ])
          expect(yield* embed(user.id)).toEqual(["one", "two", "three"])
          expect(yield* embed(user.id)).toEqual([])
          expect([yield* count(user.id), yield* count(undefined)]).toEqual([3, 3])
          expect(yield* embed(null)).toEqual(["of nobody"])
          expect([yield* count(user.id), yield* count(undefined), yield* count(undefined, 2)]).toEqual([3, 4, 2])
          yield* store.memories.remove(alice, agent.id, memories[0]?.id ?? "")
          yield* store.memories.supersede(alice, agent.id, memories[1]?.id ?? "")
          expect(yield* count(user.id)).toBe(1)
          yield* store.memories.expire(alice, agent.id, 100)
          expect(yield* count(undefined)).toBe(0)
        })
      )
    )
  })
}
