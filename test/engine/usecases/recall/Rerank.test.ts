import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Embedder } from "../../../../src/engine/ports/Embedder.js"
import { ModelError } from "../../../../src/engine/ports/Model.js"
import { Reranker } from "../../../../src/engine/ports/Reranker.js"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as Recall from "../../../../src/engine/usecases/recall/Recall.js"
import { agentRow, alice, docRow, storeOn } from "../../storage/support/store.js"

type Score = Reranker.Service["score"]

/** Likes long texts. */
const byLength: Score = (_query, texts) => Effect.succeed(texts.map((text) => text.length))

/** The search of an agent with `count` passages about tea, the shortest of them first without a reranker. */
const scene = (reranker: Option.Option<Reranker.Service>, count = 5) =>
  Effect.gen(function* () {
    const store = yield* Storage
    const agent = agentRow()
    const owner: Owner = { kind: "agent", id: agent.id }
    yield* store.agents.insert(alice, agent)
    for (let index = 1; index <= count; index++) {
      const passage = `tea${" leaf".repeat(index)}`
      yield* store.docs.insert(alice, docRow(owner, { title: "", content: passage }), [passage])
    }
    const search = yield* Recall.search
    return (limit: number, question = "tea") => search.passages(alice, [owner], question, limit)
  }).pipe(Effect.provideService(Reranker, reranker), Effect.provideService(Embedder, Option.none()))

const leaves = (passages: ReadonlyArray<{ readonly text: string }>) =>
  passages.map(({ text }) => text.split(" ").length - 1)

describe("a reranker", () => {
  it.effect("orders what a search found, before the limit, and the scores keep the scale of the search", () =>
    Effect.gen(function* () {
      const asked: Array<readonly [string, ReadonlyArray<string>]> = []
      const score: Score = (query, texts) => {
        asked.push([query, texts])
        return byLength(query, texts)
      }
      const plain = yield* (yield* scene(Option.none()))(5)
      const reranked = yield* (yield* scene(Option.some({ score })))(3)
      expect(leaves(plain)).toEqual([1, 2, 3, 4, 5])
      expect(leaves(reranked)).toEqual([5, 4, 3])
      expect(reranked.map(({ score }) => score)).toEqual(plain.slice(0, 3).map(({ score }) => score))
      expect(asked).toEqual([["tea", plain.map(({ text }) => text)]])
    }).pipe(Effect.provide(storeOn()))
  )

  it.effect("reads the best 32 passages, and the others follow", () =>
    Effect.gen(function* () {
      const asked: Array<number> = []
      const score: Score = (query, texts) => {
        asked.push(texts.length)
        return byLength(query, texts)
      }
      const plain = leaves(yield* (yield* scene(Option.none(), 40))(50))
      const found = leaves(yield* (yield* scene(Option.some({ score }), 40))(50))
      expect(asked).toEqual([32])
      expect(found).toEqual([...plain.slice(0, 32).toSorted((one, other) => other - one), ...plain.slice(32)])
      expect(found).toHaveLength(40)
    }).pipe(Effect.provide(storeOn()))
  )

  it.effect("reads the first 6,000 characters of a question, without half of a surrogate pair", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const score: Score = (query, texts) => {
        asked.push(query)
        return byLength(query, texts)
      }
      const find = yield* scene(Option.some({ score }))
      yield* find(5, `${"tea ".repeat(1499)}tea😀 leaf`)
      expect(asked).toEqual([`${"tea ".repeat(1499)}tea`])
    }).pipe(Effect.provide(storeOn()))
  )

  it.effect("is not asked about fewer than two passages", () =>
    Effect.gen(function* () {
      const find = yield* scene(Option.some({ score: () => Effect.dieMessage("it was asked") }), 1)
      expect(yield* find(5)).toHaveLength(1)
    }).pipe(Effect.provide(storeOn()))
  )

  const failures: Readonly<Record<string, Score>> = {
    fails: () => Effect.fail(new ModelError({ reason: "unavailable", message: "no scores today" })),
    "returns too few scores": () => Effect.succeed([1, 2]),
    "returns NaN": (_query, texts) => Effect.succeed(texts.map(() => Number.NaN)),
    hangs: () => Effect.never,
    dies: () => Effect.die(new Error("no scores")),
    throws: () => {
      throw new Error("no scores")
    }
  }
  for (const [what, failure] of Object.entries(failures)) {
    it.effect(`that ${what} changes nothing, and is warned of once until it works again`, () =>
      Effect.gen(function* () {
        const warnings: Array<string> = []
        const logger = Logger.make(({ message }) => warnings.push(String(message)))
        let score = failure
        const find = yield* scene(Option.some({ score: (...of) => score(...of) }))
        const order = Effect.gen(function* () {
          const found = yield* Effect.fork(find(5))
          // A search waits for 3 seconds.
          if (what === "hangs") {
            yield* TestClock.adjust("2999 millis")
            expect(found.unsafePoll()).toBe(null)
            yield* TestClock.adjust("1 millis")
          }
          return leaves(yield* Fiber.join(found))
        }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
        expect(yield* order).toEqual([1, 2, 3, 4, 5])
        expect(yield* order).toEqual([1, 2, 3, 4, 5])
        expect(warnings).toEqual([expect.stringContaining("Recall keeps the order of the search")])
        score = byLength
        // One that hangs twice is left alone for as long.
        yield* TestClock.adjust("30 seconds")
        expect(leaves(yield* find(5))).toEqual([5, 4, 3, 2, 1])
        score = failure
        yield* order
        expect(warnings).toHaveLength(2)
      }).pipe(Effect.provide(storeOn()))
    )
  }

  it.effect("is waited for as long as it says", () =>
    Effect.gen(function* () {
      const find = yield* scene(Option.some({ score: () => Effect.never, timeout: Duration.millis(200) }))
      const found = yield* Effect.fork(find(5))
      yield* TestClock.adjust("200 millis")
      expect(leaves(yield* Fiber.join(found))).toEqual([1, 2, 3, 4, 5])
    }).pipe(Effect.provide(storeOn()))
  )
})
