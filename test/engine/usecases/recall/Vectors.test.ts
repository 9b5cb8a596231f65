import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Embedder } from "../../../../src/engine/ports/Embedder.js"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as EmbedTexts from "../../../../src/engine/usecases/recall/EmbedTexts.js"
import * as QueryVector from "../../../../src/engine/usecases/recall/QueryVector.js"
import * as Recall from "../../../../src/engine/usecases/recall/Recall.js"
import { vectorOf, wordVectors } from "../../../support/wordVectors.js"
import { agentRow, alice, bob, docRow, entryRow, sessionRow, storeOn } from "../../storage/support/store.js"

const silent = () => Effect.void

/** An agent with docs, on a new store. */
const scene = Effect.gen(function* () {
  const store = yield* Storage
  const agent = agentRow()
  const owner: Owner = { kind: "agent", id: agent.id }
  yield* store.agents.insert(alice, agent)
  const write = (title: string, ...passages: ReadonlyArray<string>) => {
    const doc = docRow(owner, { title, content: passages })
    return Effect.as(store.docs.insert(alice, doc, passages), doc)
  }
  return { store, agent, owner, session: sessionRow({ agent_id: agent.id }), write }
})

const embeddedBy = ({ service }: ReturnType<typeof wordVectors>) =>
  Effect.provideService(Embedder, Option.some(service))

const run = <A, E>(
  effect: Effect.Effect<A, E, Scope.Scope | Storage | Layer.Layer.Success<ReturnType<typeof storeOn>>>
) => Effect.provide(Effect.scoped(effect), storeOn())

describe("vectors of docs", () => {
  it.effect("find passages that say the same in other words, of these owners only", () =>
    run(
      Effect.gen(function* () {
        const { agent, owner, session, write } = yield* scene
        const words = wordVectors()
        const doc = yield* write("", "automobiles for sale", "trains to Lisbon")
        const find = Effect.gen(function* () {
          const texts = yield* EmbedTexts.make(4)
          const search = yield* Recall.search
          yield* texts.embedDoc(alice, doc.id, silent)
          const found = (developer: string, owners: ReadonlyArray<Owner>, question: string, threshold = 0) =>
            Effect.map(search.passages(developer, owners, question, 6, { threshold }), (passages) =>
              passages.map(({ text }) => text)
            )
          const owners = Recall.ownersOf(session)
          expect((yield* found(alice, owners, "car"))[0]).toBe("automobiles for sale")
          expect(yield* found(alice, owners, "car", 0.2)).toEqual(["automobiles for sale"])
          expect(yield* found(alice, owners, "comets", 0.2)).toEqual([])
          expect(yield* found(alice, [{ kind: "user", id: agent.id }], "car")).toEqual([])
          expect(yield* found(bob, [owner], "car")).toEqual([])
        })
        yield* embeddedBy(words)(find)
      })
    )
  )

  it.effect("are computed for four long docs at a time, because their passages take memory", () =>
    run(
      Effect.gen(function* () {
        const { store, write } = yield* scene
        const docs = yield* Effect.forEach(["a", "b", "c", "d", "e", "f"], (title) =>
          write(title, ...Array.from({ length: 9 }, (_, index) => `${title} ${index}`))
        )
        let begun = 0
        const rest = yield* Deferred.make<void>()
        const [started, ended] = [new Set<string>(), new Set<string>()]
        let most = 0
        /** A doc is begun by its first eight passages, and goes on with larger batches once all are begun. */
        const passages: typeof store.vectors.passages = (developer, doc_id, position, limit) =>
          Effect.gen(function* () {
            if (limit > 8) {
              started.add(doc_id)
              most = Math.max(most, started.size - ended.size)
              yield* Deferred.await(rest)
            } else if (++begun === docs.length) {
              // Whoever need not wait for a place is there before the store has answered this.
              yield* Effect.forkDaemon(Effect.zipRight(store.vectors.docs, Deferred.succeed(rest, undefined)))
            }
            return yield* store.vectors.passages(developer, doc_id, position, limit)
          })
        const embed = Effect.gen(function* () {
          const texts = yield* EmbedTexts.make(1)
          yield* Effect.forEach(
            docs,
            ({ id }) => Effect.tap(texts.embedDoc(alice, id, silent), () => Effect.sync(() => ended.add(id))),
            { concurrency: "unbounded", discard: true }
          )
        })
        const watched = { ...store, vectors: { ...store.vectors, passages } }
        yield* embeddedBy(wordVectors())(Effect.provideService(embed, Storage, watched))
        expect(ended.size).toBe(6)
        expect(most).toBe(4)
      })
    )
  )

  it.effect("are computed once for each text, in batches, and deleted with their doc", () =>
    run(
      Effect.gen(function* () {
        const { owner, store, write } = yield* scene
        const words = wordVectors()
        const passages = Array.from({ length: 300 }, (_, index) => `text ${index}`)
        const doc = yield* write("T", ...passages)
        const again = yield* write("T", "text 7", "text new")
        const progress: Array<number> = []
        const embed = Effect.gen(function* () {
          const texts = yield* EmbedTexts.make(4)
          const { embed: query } = yield* QueryVector.make
          const report = (percent: number) => Effect.sync(() => void progress.push(percent))
          expect(yield* texts.embedDoc(alice, doc.id, report)).toMatchObject({ embedded: 300 })
          expect(progress).toEqual([42, 85])
          expect(yield* texts.embedDoc(alice, doc.id, silent)).toMatchObject({ embedded: 0 })
          expect(yield* texts.embedDoc(alice, again.id, silent)).toMatchObject({ embedded: 1 })
          expect(words.embedded).toHaveLength(301)
          expect(words.embedded[0]).toBe("T\n\ntext 0")
          yield* store.docs.remove(alice, owner, doc.id)
          const vector = (yield* query(alice, "T text 7"))?.vector ?? new Float32Array()
          const left = yield* store.vectors.nearestNeighbours(alice, [owner], vector, 50)
          const found = yield* store.docs.at(
            alice,
            left.map(({ rowId }) => rowId)
          )
          expect(found).toHaveLength(left.length)
          expect(new Set(found.map(({ doc_id }) => doc_id))).toEqual(new Set([again.id]))
          // A doc that is deleted before its job ends leaves no vectors.
          expect(yield* texts.embedDoc(alice, doc.id, silent)).toMatchObject({ embedded: 0 })
        })
        yield* embeddedBy(words)(embed)
      })
    )
  )

  it.effect("of two embedders that are asked at the same time are of the first that answers; the other fails", () =>
    run(
      Effect.gen(function* () {
        const { owner, session, store, write } = yield* scene
        const [doc, another] = [yield* write("", "automobiles"), yield* write("", "trains")]
        yield* store.sessions.insert(alice, session)
        yield* store.entries.append(alice, session.id, [entryRow({ role: "user", content: "trams" })])
        const answer = yield* Deferred.make<void>()
        const [first, second] = [wordVectors("first", 8), wordVectors("second", 4)]
        const late = {
          ...second.service,
          embed: (texts: ReadonlyArray<string>) => Effect.zipRight(Deferred.await(answer), second.service.embed(texts))
        }
        const texts = yield* Effect.provideService(EmbedTexts.make(4), Embedder, Option.some(late))
        const failing = yield* Effect.forEach(
          [texts.embedDoc(alice, another.id, silent), texts.embedSession(alice, session.id)],
          (embed) => Effect.fork(Effect.flip(embed))
        )
        yield* Effect.repeatN(Effect.yieldNow(), 20)
        yield* embeddedBy(first)(Effect.flatMap(EmbedTexts.make(4), (texts) => texts.embedDoc(alice, doc.id, silent)))
        yield* Deferred.succeed(answer, undefined)
        for (const { message } of yield* Effect.forEach(failing, Fiber.join))
          expect(message).toContain("Embedded.reindex")
        expect(yield* store.vectors.nearestNeighbours(alice, [owner], vectorOf("automobiles", 8), 50)).toHaveLength(1)
        expect((yield* store.turnVectors.similarities(alice, session.id, vectorOf("trams", 8), 50, [])).rowIds).toEqual(
          []
        )
      })
    )
  )

  for (const [what, other] of [
    ["another model", wordVectors("others")],
    ["another length", wordVectors("words", 64)]
  ] as const) {
    it.effect(
      `of ${what} are an error that names both embedders and the command that reindexes, never an empty result`,
      () =>
        run(
          Effect.gen(function* () {
            const { session, store, write } = yield* scene
            const doc = yield* write("", "automobiles for sale")
            const embed = Effect.flatMap(EmbedTexts.make(4), (texts) => texts.embedDoc(alice, doc.id, silent))
            const find = Effect.flatMap(Recall.search, (search) =>
              search.passages(alice, Recall.ownersOf(session), "automobiles", 6)
            )
            yield* embeddedBy(wordVectors())(embed)
            const errors = [
              yield* Effect.flip(embeddedBy(other)(find)),
              yield* Effect.flip(embeddedBy(other)(embed)),
              // An embedder of unknown dimensions.
              yield* Effect.flip(embeddedBy({ ...other, service: { ...other.service, dimensions: undefined } })(find))
            ]
            for (const error of errors) {
              expect(error.message).toContain('"words" (256 dimensions)')
              expect(error.message).toContain(`"${other.service.name}"`)
              expect(error.message).toContain("effect-julep reindex")
              expect(error.message).toContain("Embedded.reindex")
            }
            if (what === "another length") expect(errors[2]?.message).toContain("(64 dimensions)")
            yield* store.vectors.clear
            yield* embeddedBy(other)(embed)
            expect(yield* embeddedBy(other)(find)).toHaveLength(1)
          })
        )
    )
  }

  it.effect("of another model are the same error in a store without docs, whose messages are embedded", () =>
    run(
      Effect.gen(function* () {
        const { agent, session, store } = yield* scene
        yield* store.sessions.insert(alice, session)
        yield* store.entries.append(alice, session.id, [entryRow({ role: "user", content: "trams" })])
        yield* embeddedBy(wordVectors())(
          Effect.flatMap(EmbedTexts.make(4), (texts) => texts.embedSession(alice, session.id))
        )
        const find = Effect.flatMap(Recall.search, ({ said }) =>
          said(alice, { session, agent, user: undefined }, "trams", { memories: 6, turns: 6 })
        )
        const { message } = yield* Effect.flip(embeddedBy(wordVectors("others"))(find))
        expect(message).toContain('The stored vectors are those of the embedder "words" (256 dimensions), but')
      })
    )
  )

  it.effect("are optional: without an embedder, or when it is down, the search uses words alone", () =>
    run(
      Effect.gen(function* () {
        const { session, write } = yield* scene
        const words = wordVectors()
        const doc = yield* write("", "automobiles for sale")
        const embed = Effect.flatMap(EmbedTexts.make(4), (texts) => texts.embedDoc(alice, doc.id, silent))
        const find = Effect.flatMap(Recall.search, (search) =>
          search.passages(alice, Recall.ownersOf(session), "automobiles", 6)
        )
        expect(yield* Effect.provideService(embed, Embedder, Option.none())).toBe(undefined)
        expect(yield* Effect.provideService(find, Embedder, Option.none())).toHaveLength(1)
        // Without vectors, the query is not embedded.
        expect(yield* embeddedBy(words)(find)).toHaveLength(1)
        expect(words.embedded).toEqual([])
        yield* embeddedBy(words)(embed)
        words.state.down = true
        expect(yield* embeddedBy(words)(find)).toHaveLength(1)
        expect(
          (yield* Effect.flip(
            embeddedBy(words)(
              Effect.zipRight(
                Effect.flatMap(Storage, (store) => store.vectors.clear),
                embed
              )
            )
          )).message
        ).toBe("no vectors today")
      })
    )
  )

  it.effect("are waited for 3 seconds, or as long as the embedder says; one warning until it answers again", () =>
    run(
      Effect.gen(function* () {
        const { session, write } = yield* scene
        const words = wordVectors()
        const doc = yield* write("", "automobiles for sale")
        yield* embeddedBy(words)(Effect.flatMap(EmbedTexts.make(4), (texts) => texts.embedDoc(alice, doc.id, silent)))
        let hangs = true
        const slow = {
          ...words.service,
          embed: (texts: ReadonlyArray<string>) => (hangs ? Effect.never : words.service.embed(texts))
        }
        const warnings: Array<unknown> = []
        const logger = Logger.make(({ message }) => warnings.push(message))
        for (const [service, wait] of [
          [slow, 3000],
          [{ ...slow, queryTimeout: Duration.millis(200) }, 200]
        ] as const) {
          warnings.length = 0
          hangs = true
          yield* Effect.gen(function* () {
            const search = yield* Recall.search
            const find = search.passages(alice, Recall.ownersOf(session), "automobiles", 6)
            for (const expected of [1, 1]) {
              const fiber = yield* Effect.fork(find)
              yield* TestClock.adjust(Duration.millis(wait - 1))
              expect(yield* Fiber.poll(fiber)).toEqual(Option.none())
              yield* TestClock.adjust("1 millis")
              expect(yield* Fiber.join(fiber)).toHaveLength(1)
              expect(warnings).toHaveLength(expected)
            }
            hangs = false
            // One that is slow to fail twice is left alone for as long.
            yield* TestClock.adjust("30 seconds")
            yield* find
            hangs = true
            const fiber = yield* Effect.fork(find)
            yield* TestClock.adjust("3 seconds")
            yield* Fiber.join(fiber)
            expect(warnings).toHaveLength(2)
          }).pipe(
            Effect.provideService(Embedder, Option.some(service)),
            Effect.provide(Logger.replace(Logger.defaultLogger, logger))
          )
        }
      })
    )
  )

  it.effect("never make recall worse: passages that words rank first stay among the best", () =>
    run(
      Effect.gen(function* () {
        const { session, write } = yield* scene
        const words = wordVectors()
        const topics = ["comet", "orchid", "tractor", "violin", "harbour", "glacier", "pepper", "saddle"]
        const embed = Effect.gen(function* () {
          const texts = yield* EmbedTexts.make(4)
          for (const topic of topics) {
            const doc = yield* write(topic, `All about the ${topic}.`, `Where a ${topic} is found, and its price.`)
            yield* texts.embedDoc(alice, doc.id, silent)
          }
        })
        const found = (question: string) =>
          Effect.map(
            Effect.flatMap(Recall.search, (search) => search.passages(alice, Recall.ownersOf(session), question, 2)),
            (passages) => passages.map(({ title }) => title)
          )
        yield* embeddedBy(words)(embed)
        for (const topic of topics) {
          const question = `What is the price of the ${topic}?`
          const lexical = yield* Effect.provideService(found(question), Embedder, Option.none())
          const hybrid = yield* embeddedBy(words)(found(question))
          const hits = (titles: ReadonlyArray<string>) => titles.filter((title) => title === topic).length
          expect(hits(hybrid), topic).toBeGreaterThanOrEqual(hits(lexical))
          expect(hybrid[0], topic).toBe(topic)
        }
      })
    )
  )
})
