/** Docs: their rows, their passages, and the search of these by words. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import { yieldToEventLoop } from "../../../src/engine/ports/EventLoop.js"
import type { Owner, Storage } from "../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../src/engine/text/Words.js"
import type { JsonObject } from "../../../src/schema/Field.js"
import { counts, type Database, storesOf } from "../../support/storage/database.js"
import { agentRow, alice, bob, docRow, ids, newId, page, rowsOf, userRow } from "../../support/storage/rows.js"
import { passages, rowIdsOf } from "../../support/storage/search.js"

const owners = (store: Storage.Service) =>
  Effect.gen(function* () {
    const [agent, user] = [agentRow(), userRow()]
    yield* store.agents.insert(alice, agent)
    yield* store.users.insert(alice, user)
    const owners: readonly [Owner, Owner] = [
      { kind: "agent", id: agent.id },
      { kind: "user", id: user.id }
    ]
    return owners
  })

/** The rows that are left once the store has deleted the passages of deleted docs, batch by batch. */
const purged = Effect.repeat(Effect.zipRight(yieldToEventLoop, counts), { until: (rows) => rows["passages"] === 0 })

const write = (store: Storage.Service, owner: Owner, title: string, ...passages: ReadonlyArray<string>) => {
  const doc = docRow(owner, { title, content: passages })
  return Effect.as(store.docs.insert(alice, doc, passages), doc)
}

export const docs = (database: Database) => {
  const withStore = storesOf(database)

  describe("docs", () => {
    it.effect("have keys that are unique for each owner, and are pruned by them, index rows included", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent, user] = yield* owners(store)
          const keyed = (owner: Owner, key: string | null) => docRow(owner, { key })
          for (const owner of [agent, user]) {
            for (const [index, key] of ["a", "b", "c", null, null].entries()) {
              yield* store.docs.insert(alice, keyed(owner, key), [`Saturn ${index}`])
            }
            const again = store.docs.insert(alice, keyed(owner, "a"), [])
            expect((yield* Effect.flip(again)).message).toContain("violates a constraint")
          }
          expect(Option.map(yield* store.docs.byKey(alice, agent, "a"), ({ key, owner }) => [key, owner])).toEqual(
            Option.some(["a", agent])
          )
          expect(yield* store.docs.byKey(alice, agent, "d")).toEqual(Option.none())
          const prune = (after: string, limit: number) =>
            store.docs.prune(alice, agent, new Set(["b", "other"]), after, limit)
          expect(yield* prune("", 1)).toEqual({ deleted: ["a"], last: Option.some("a") })
          expect(yield* prune("a", 1)).toEqual({ deleted: [], last: Option.some("b") })
          expect(yield* prune("b", 10)).toEqual({ deleted: ["c"], last: Option.none() })
          expect(yield* prune("", 10)).toEqual({ deleted: [], last: Option.none() })
          const keys = Effect.map(rowsOf(store.docs.list(alice, agent, page())), (rows) => rows.map(({ key }) => key))
          expect(yield* keys).toEqual([null, null, "b"])
          expect(yield* passages(store)(alice, [agent], "Saturn", 10)).toHaveLength(3)
          expect(yield* passages(store)(alice, [user], "Saturn", 10)).toHaveLength(5)
        })
      )
    )

    it.effect("inserts, lists by owner in order, and removes", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent, user] = yield* owners(store)
          const docs = [
            docRow(agent, { created_at: 2, content: ["one", "two"], metadata: { kind: "a" } }),
            docRow(agent, { created_at: 2, content: "verbatim \0 \ud800" }),
            docRow(agent, { created_at: 1 })
          ]
          const [first, second, third] = ids(docs)
          for (const doc of docs) yield* store.docs.insert(alice, doc, [])
          const other = docRow(user)
          yield* store.docs.insert(alice, other, ["text"])

          expect(yield* rowsOf(store.docs.list(alice, agent, page({ order: "asc" })))).toEqual([
            docs[2],
            docs[0],
            docs[1]
          ])
          expect(ids(yield* rowsOf(store.docs.list(alice, agent, page({ sort_by: "updated_at" }))))).toEqual([
            second,
            first,
            third
          ])
          expect(ids(yield* rowsOf(store.docs.list(alice, agent, page({ limit: 1, offset: 1 }))))).toEqual([first])
          expect(ids(yield* rowsOf(store.docs.list(alice, agent, page({ metadata_filter: { kind: "a" } }))))).toEqual([
            first
          ])
          expect(yield* rowsOf(store.docs.list(alice, user, page()))).toEqual([other])
          expect(yield* rowsOf(store.docs.list(alice, { kind: "agent", id: user.id }, page()))).toEqual([])

          expect(yield* store.docs.remove(alice, user, first!)).toBe(false)
          expect(yield* store.docs.remove(alice, agent, first!)).toBe(true)
          expect(yield* store.docs.remove(alice, agent, first!)).toBe(false)
          expect(ids(yield* rowsOf(store.docs.list(alice, agent, page())))).toEqual([second, third])
        })
      )
    )

    it.effect("writes more passages than one statement takes, in order, and removes them with the doc", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent] = yield* owners(store)
          const doc = yield* write(
            store,
            agent,
            "Numbers",
            ...Array.from({ length: 250 }, (_, n) => `common number${n}`)
          )
          const found = yield* passages(store)(alice, [agent], "number7 number249", 10)
          expect(found.map(({ index, text }) => [index, text]).sort()).toEqual([
            [249, "common number249"],
            [7, "common number7"]
          ])
          expect((yield* counts)["indexed_passages"]).toBe(250)
          yield* store.docs.remove(alice, agent, doc.id)
          expect(yield* purged).toMatchObject({ docs: 0, passages: 0, indexed_passages: 0 })
        })
      )
    )

    it.effect("appends passages to a doc once, as long as it exists", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent] = yield* owners(store)
          const doc = yield* write(store, agent, "Numbers", "number0", "number1")
          const source = { id: doc.id, title: "Numbers", content: doc.content }
          expect(yield* store.docs.source(alice, doc.id)).toEqual(Option.some({ ...source, passages: 2 }))
          const rest = Array.from({ length: 200 }, (_, n) => `number${n + 1}`)
          // The first of these is written already.
          expect(yield* store.docs.append(alice, doc, 1, rest.slice(0, 120))).toBe(true)
          expect(yield* store.docs.append(alice, doc, 1, rest.slice(0, 120))).toBe(true)
          expect(yield* store.docs.append(alice, doc, 0, ["number0"])).toBe(true)
          expect(yield* store.docs.append(alice, doc, 121, rest.slice(120))).toBe(true)
          expect(yield* store.docs.append(alice, doc, 201, [])).toBe(true)
          expect(yield* store.docs.source(alice, doc.id)).toEqual(Option.some({ ...source, passages: 201 }))
          for (const n of [0, 1, 2, 120, 121, 200]) {
            const found = yield* passages(store)(alice, [agent], `number${n}`, 10)
            expect(found.map(({ index, text }) => [index, text])).toEqual([[n, `number${n}`]])
          }
          // The title finds all of them.
          expect(yield* rowIdsOf(store)(alice, [agent], "numbers")).toHaveLength(201)
          expect((yield* counts)["indexed_passages"]).toBe(201)
          yield* store.docs.remove(alice, agent, doc.id)
          expect(yield* store.docs.append(alice, doc, 201, ["late"])).toBe(false)
          expect(yield* store.docs.source(alice, doc.id)).toEqual(Option.none())
          expect(yield* purged).toMatchObject({ docs: 0, passages: 0, indexed_passages: 0 })
        })
      )
    )

    it.effect("writes nothing of a doc whose insert fails halfway", () =>
      withStore((store, { refusePassage }) =>
        Effect.gen(function* () {
          const [agent] = yield* owners(store)
          const doc = yield* write(store, agent, "Twice", "some text")
          const error = yield* Effect.flip(store.docs.insert(alice, doc, ["other text"]))
          expect(error._tag).toBe("StorageError")
          expect(error.message).toContain("docs.insert")
          yield* refusePassage(150)
          yield* Effect.flip(write(store, agent, "Long", ...Array.from({ length: 200 }, () => "other text")))
          yield* Effect.flip(store.docs.insert(alice, docRow({ kind: "agent", id: newId() }), ["other text"]))
          expect(yield* counts).toMatchObject({ docs: 1, passages: 1, indexed_passages: 1 })
          expect(yield* passages(store)(alice, [agent], "other", 10)).toEqual([])
        })
      )
    )
  })

  describe("docs.find and docs.at", () => {
    it.effect("finds passages of the given owners only, best first", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent, user] = yield* owners(store)
          const planets = yield* write(store, agent, "Planets", "Saturn has rings of ice", "Mars is red")
          const gardens = yield* write(store, user, "Gardens", "Roses and rings of stones")
          const agents = yield* passages(store)(alice, [agent], "the rings of Saturn?", 10)
          expect(agents).toEqual([
            {
              rowId: expect.any(Number),
              doc_id: planets.id,
              owner: agent,
              title: "Planets",
              index: 0,
              text: "Saturn has rings of ice"
            }
          ])
          const both = yield* passages(store)(alice, [user, agent], "the rings of Saturn?", 10)
          expect(both.map((passage) => passage.doc_id)).toEqual([planets.id, gardens.id])
          expect(both[1]!.owner).toEqual(user)
          expect(yield* passages(store)(alice, [agent, user], "the rings of Saturn?", 1)).toEqual([both[0]])
          expect(yield* passages(store)(alice, [], "rings", 10)).toEqual([])
        })
      )
    )

    it.effect("with a metadata filter, searches the passages of the docs that match it, and counts no others", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent, user] = yield* owners(store)
          const chapter = { book: "stars", chapter: 1 }
          for (let index = 0; index < 30; index++) yield* write(store, agent, "Rings", "rings rings rings")
          const [ofAgent, ofUser] = [docRow(agent, { metadata: chapter }), docRow(user, { metadata: chapter })]
          yield* store.docs.insert(alice, ofAgent, ["There are rings here", "and none here", "and rings at the end"])
          yield* store.docs.insert(alice, ofUser, ["Somebody has rings, too"])
          const [terms, both] = [parseQuery("rings"), [agent, user]]
          const tight = { rows: 100, perTerm: 3 }
          const docsOf = (rowIds: ReadonlyArray<number>) =>
            Effect.map(store.docs.at(alice, rowIds), (found) => found.map(({ doc_id }) => doc_id).sort())
          const three = [ofAgent.id, ofAgent.id, ofUser.id].sort()
          const find = (filter: JsonObject) => store.docs.find(alice, both, terms, tight, filter)

          const found = yield* find({ book: "stars" })
          expect(found.rows).toBe(4)
          expect(yield* docsOf(found.postings.flat())).toEqual(three)
          expect((yield* find({})).rows).toBe(34)
          for (const none of [{ book: "moons" }, { book: "stars", chapter: 2 }, { book: null }]) {
            expect(yield* find(none)).toEqual({ rows: 0, postings: [[]] })
          }
          expect(yield* store.docs.find(bob, both, terms, tight, chapter)).toEqual({ rows: 0, postings: [[]] })

          const space = { name: "m", dimensions: 2 }
          const near = (filter?: JsonObject) =>
            store.vectors.nearestNeighbours(alice, both, Float32Array.of(1, 0), 1, filter)
          const put = (id: string, ...vector: ReadonlyArray<number>) =>
            store.vectors.put(alice, id, space, [{ position: 0, embedded: id, vector: Float32Array.of(...vector) }])
          const [first] = yield* rowsOf(store.docs.list(alice, agent, page({ order: "asc" })))
          yield* put(first?.id ?? "", 1, 0)
          yield* put(ofUser.id, 0, 1)
          const nearest = (rows: ReadonlyArray<{ readonly rowId: number }>) => docsOf(rows.map(({ rowId }) => rowId))
          expect(yield* nearest(yield* near())).toEqual([first?.id])
          expect(yield* nearest(yield* near(chapter))).toEqual([ofUser.id])
          expect(yield* near({ book: null })).toEqual([])
        })
      )
    )

    it.effect("matches the forms of a word, ignoring case and accents", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent] = yield* owners(store)
          yield* write(store, agent, "Food", "She was eating crème brûlée")
          for (const words of ["EATS", "creme", "BRULEE", "bru\u0302le\u0301e"]) {
            expect(yield* passages(store)(alice, [agent], words, 10)).toHaveLength(1)
          }
        })
      )
    )

    it.effect("ranks a title above a body, and passages of equal rank in order of insertion", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent] = yield* owners(store)
          const body = yield* write(store, agent, "A note", "about comets today")
          const title = yield* write(store, agent, "A comets", "about note today")
          const same = yield* write(store, agent, "A note", "about comets tonight")
          const found = yield* passages(store)(alice, [agent], "comets", 10)
          expect(found.map((passage) => passage.doc_id)).toEqual([title.id, body.id, same.id])
        })
      )
    )

    it.effect("finds Japanese, Chinese and Korean words inside longer text", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent] = yield* owners(store)
          const japanese = yield* write(
            store,
            agent,
            "来年の旅行計画",
            "来年の春に京都で桜を見る予定です。予算は２０万円。"
          )
          const chinese = yield* write(store, agent, "健康", "医生建议我每天早上跑步三十分钟")
          const korean = yield* write(store, agent, "음식", "저는 김치찌개를 좋아합니다")
          yield* write(store, agent, "Other", "nothing of the kind")
          const best = (words: string) =>
            Effect.map(passages(store)(alice, [agent], words, 10), (found) => found[0]?.doc_id)
          expect(yield* best("京都の桜はいつ見ますか")).toBe(japanese.id)
          expect(yield* best("桜")).toBe(japanese.id)
          expect(yield* best("旅行")).toBe(japanese.id)
          expect(yield* best("20")).toBe(japanese.id)
          expect(yield* best("我应该几点跑步")).toBe(chinese.id)
          expect(yield* best("김치")).toBe(korean.id)
          expect(yield* best("大阪")).toBeUndefined()
        })
      )
    )

    it.effect("accepts any query text, and finds no passage of another owner", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent, user] = yield* owners(store)
          const mine = yield* write(store, agent, "Mine", "alpha beta")
          yield* write(store, user, "Theirs", "alpha gamma")
          const token = Buffer.from(`${alice}:user:${user.id}`).toString("hex")
          const hostile = [
            `alpha" OR owner : "${token}`,
            `alpha) OR owner : (${token}`,
            `alpha OR ${token}`,
            "alpha NEAR(beta gamma, 10)",
            "alpha* ^alpha -alpha +alpha NOT beta AND gamma",
            "{body} : alpha",
            "body:alpha 'alpha' \"alpha",
            "alpha\0gamma",
            "alpha \ud800 \udc00 💥 ; DROP TABLE docs; --"
          ]
          for (const words of hostile) {
            const found = yield* passages(store)(alice, [agent], words, 10)
            expect(found.map((passage) => passage.doc_id)).toEqual([mine.id])
          }
          const own = Buffer.from(`${alice}:agent:${agent.id}`).toString("hex")
          for (const words of [own, "", " ", "\0", '"', "***", "()", "💥", "\ud800", "-:^", "NEAR(", "\u0301"]) {
            expect(yield* passages(store)(alice, [agent], words, 10)).toEqual([])
          }
          expect(yield* passages(store)(alice, [agent], "alpha ".repeat(50_000), 10)).toHaveLength(1)
          yield* Effect.promise(() =>
            fc.assert(
              fc.asyncProperty(
                fc.oneof(
                  fc.string(),
                  fc.string16bits(),
                  fc.fullUnicodeString(),
                  fc.stringOf(fc.constantFrom(...'"*^-:(){}+ NEARO\0\u0301京'))
                ),
                async (words) => {
                  const found = await Effect.runPromise(passages(store)(alice, [agent], words, 10))
                  expect(found.every((passage) => passage.doc_id === mine.id)).toBe(true)
                }
              ),
              { numRuns: 500 }
            )
          )
        })
      )
    )

    it.effect("searches for stop words if a query has no others", () =>
      withStore((store) =>
        Effect.gen(function* () {
          const [agent] = yield* owners(store)
          const quote = yield* write(store, agent, "Hamlet", "to be or not to be")
          yield* write(store, agent, "Other", "nothing here")
          const found = yield* passages(store)(alice, [agent], "To be, or not to be?", 10)
          expect(found.map((passage) => passage.doc_id)).toEqual([quote.id])
        })
      )
    )
  })
}
