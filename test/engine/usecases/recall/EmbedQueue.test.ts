import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import type { Embedder } from "../../../../src/engine/ports/Embedder.js"
import { ModelError } from "../../../../src/engine/ports/Model.js"
import * as EmbedQueue from "../../../../src/engine/usecases/recall/EmbedQueue.js"

const refusing = (message: string) => new ModelError({ reason: "invalid_request", message })
const down = (retryAfter?: number) => new ModelError({ reason: "unavailable", message: "it is down", retryAfter })

/** The vector of a text says how long it is. */
const vectorOf = (text: string) => Float32Array.of(1, text.length)

/** An embedder that answers as it is made to, and the texts of its requests. */
const embedder = (options: { readonly dimensions?: number | undefined } = { dimensions: 2 }) => {
  const requests: Array<ReadonlyArray<string>> = []
  const state: { answer: (texts: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Float32Array>, ModelError> } = {
    answer: (texts) => Effect.succeed(texts.map(vectorOf))
  }
  const service: Embedder.Service = {
    name: "m",
    dimensions: options.dimensions,
    embed: (texts) =>
      Effect.suspend(() => {
        requests.push(texts)
        return state.answer(texts)
      })
  }
  return { requests, service, state }
}

/** Refuses requests with a text that is not to its taste. */
const refuses =
  (bad: (text: string) => boolean, message = "the text is refused") =>
  (texts: ReadonlyArray<string>) =>
    texts.some(bad) ? Effect.fail(refusing(message)) : Effect.succeed(texts.map(vectorOf))

const words = (count: number) => Array.from({ length: count }, (_, index) => `word ${index}`)

describe("a queue of texts", () => {
  it.scoped("embeds 2,000 docs of one passage in less than 4 seconds where a request takes 200 ms", () =>
    Effect.gen(function* () {
      const { requests, service, state } = embedder()
      let running = 0
      let most = 0
      state.answer = (texts) =>
        Effect.suspend(() => {
          most = Math.max(most, ++running)
          return Effect.as(Effect.sleep("200 millis"), texts.map(vectorOf))
        }).pipe(Effect.ensuring(Effect.sync(() => running--)))
      const queue = yield* EmbedQueue.make(service, 4)
      // As many jobs as a runner has at a time.
      const jobs = yield* Effect.forEach(words(2000), (text) => queue.embed("passages", [text]), {
        concurrency: 256
      }).pipe(Effect.fork)
      let rounds = 0
      while (jobs.unsafePoll() === null && rounds < 1000) {
        rounds++
        yield* TestClock.adjust("200 millis")
      }
      const made = yield* Fiber.join(jobs)
      expect(made.flat().map(({ vector }) => vector)).toEqual(words(2000).map(vectorOf))
      expect(most).toBe(4)
      expect(Math.max(...requests.map((texts) => texts.length))).toBe(32)
      expect(requests.length).toBeLessThan(70)
      expect(rounds * 0.2).toBeLessThan(4)
    })
  )

  it.effect("fails for the texts that wait when it is closed, so that no job waits for them forever", () =>
    Effect.gen(function* () {
      const { service } = embedder()
      const scope = yield* Scope.make()
      const queue = yield* Scope.extend(EmbedQueue.make({ ...service, embed: () => Effect.never }, 1), scope)
      const waiting = yield* Effect.fork(Effect.flip(queue.embed("passages", words(40))))
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      expect((yield* Fiber.join(waiting)).message).toContain("closed")
    })
  )

  it.scoped("leaves out a text that is refused alone, with the reason, and no other", () =>
    Effect.gen(function* () {
      const { requests, service, state } = embedder()
      const texts = words(32)
      const bad = new Set(["word 13", "wor", "w"])
      state.answer = refuses((text) => bad.has(text), "a bad word")
      const queue = yield* EmbedQueue.make(service, 1)
      const made = yield* queue.embed("passages", texts)
      expect(made.flatMap(({ vector }, index) => (vector === undefined ? [texts[index]] : []))).toEqual(["word 13"])
      expect(made[13]).toEqual({ vector: undefined, refusal: "a bad word" })
      expect(made.filter(({ refusal }) => refusal !== undefined)).toHaveLength(1)
      // Two for each division, two cuts, and two to see that the embedder works.
      expect(requests).toHaveLength(1 + 2 * 5 + 2 + 2)
    })
  )

  it.scoped("embeds half of a text that is refused because of its length, or a quarter", () =>
    Effect.gen(function* () {
      const { service, state } = embedder()
      state.answer = refuses((text) => text.length > 100, "too long")
      const queue = yield* EmbedQueue.make(service, 1)
      expect(yield* queue.embed("passages", ["a".repeat(150), "b", "c".repeat(400), "d".repeat(401 * 2)])).toEqual([
        { vector: vectorOf("a".repeat(75)), refusal: "too long" },
        { vector: vectorOf("b"), refusal: undefined },
        { vector: vectorOf("c".repeat(100)), refusal: "too long" },
        { vector: undefined, refusal: "too long" }
      ])
    })
  )

  for (const [what, odd] of [
    ["of zeros", Float32Array.of(0, 0)],
    ["with NaN", Float32Array.of(1, Number.NaN)],
    ["of another length", Float32Array.of(1)]
  ] as const) {
    it.scoped(`leaves out a text whose vector is ${what}, and no other`, () =>
      Effect.gen(function* () {
        const { service, state } = embedder()
        state.answer = (texts) => Effect.succeed(texts.map((text) => (text.includes("o") ? odd : vectorOf(text))))
        const queue = yield* EmbedQueue.make(service, 1)
        const made = yield* queue.embed("passages", ["a", "oooo", "b"])
        expect(made.map(({ vector }) => vector)).toEqual([vectorOf("a"), undefined, vectorOf("b")])
        expect(made[1]?.refusal).toContain('The embedder "m" must return one vector for each text')
      })
    )
  }

  it.scoped("sends fewer texts at once to an embedder that takes no more", () =>
    Effect.gen(function* () {
      const { requests, service, state } = embedder()
      state.answer = (texts) =>
        texts.length > 10 ? Effect.fail(refusing("at most 10 texts")) : Effect.succeed(texts.map(vectorOf))
      const queue = yield* EmbedQueue.make(service, 1)
      const made = yield* queue.embed("passages", words(200))
      expect(made.every(({ refusal, vector }) => refusal === undefined && vector !== undefined)).toBe(true)
      expect(requests.slice(-10).every(({ length }) => length === 8)).toBe(true)
    })
  )

  it.scoped("sends as many as before once the embedder takes them again", () =>
    Effect.gen(function* () {
      const { requests, service, state } = embedder()
      const queue = yield* EmbedQueue.make(service, 1)
      const most = (texts: ReadonlyArray<ReadonlyArray<string>>) => Math.max(...texts.map(({ length }) => length))
      state.answer = (texts) =>
        texts.length > 10 ? Effect.fail(refusing("at most 10 texts")) : Effect.succeed(texts.map(vectorOf))
      yield* queue.embed("passages", words(50))
      // Small requests say nothing of large ones.
      yield* Effect.forEach(words(200), (text) => queue.embed("passages", [text]))
      requests.length = 0
      yield* queue.embed("passages", words(16))
      expect(requests.map(({ length }) => length)).toEqual([8, 8])
      // It asks whether more are taken, and ever more seldom.
      requests.length = 0
      yield* queue.embed("passages", words(8 * 400))
      expect(requests.filter(({ length }) => length === 16)).toHaveLength(2)
      expect(requests.length).toBeLessThan(400 + 10)
      state.answer = (texts) => Effect.succeed(texts.map(vectorOf))
      yield* queue.embed("passages", words(256 * (8 + 16 + 32)))
      expect(most(requests.slice(-10))).toBe(32)
      // It is as patient as at first.
      state.answer = (texts) =>
        texts.length > 16 ? Effect.fail(refusing("at most 16 texts")) : Effect.succeed(texts.map(vectorOf))
      yield* queue.embed("passages", words(32))
      state.answer = (texts) => Effect.succeed(texts.map(vectorOf))
      yield* queue.embed("passages", words(16 * 64))
      requests.length = 0
      yield* queue.embed("passages", words(64))
      expect(requests.map(({ length }) => length)).toEqual([32, 32])
    })
  )

  it.scoped("learns nothing from the refusal of a request that was sent before a smaller one was refused", () =>
    Effect.gen(function* () {
      const { requests, service, state } = embedder()
      const late = yield* Deferred.make<void>()
      state.answer = (texts) => {
        const made = texts.length > 10 ? Effect.fail(refusing("at most 10 texts")) : Effect.succeed(texts.map(vectorOf))
        return texts.includes("late 0") && texts.length === 32 ? Effect.zipRight(Deferred.await(late), made) : made
      }
      const queue = yield* EmbedQueue.make(service, 2)
      const first = yield* Effect.fork(
        queue.embed(
          "passages",
          words(32).map((_, index) => `late ${index}`)
        )
      )
      while (requests.length === 0) yield* Effect.yieldNow()
      yield* queue.embed("passages", words(64))
      yield* Deferred.succeed(late, undefined)
      yield* Fiber.join(first)
      requests.length = 0
      yield* queue.embed("passages", words(32))
      expect(requests.map(({ length }) => length)).toEqual([8, 8, 8, 8])
    })
  )

  it.scoped("gives passages and what was said half of each request, and the rest to the one that has more", () =>
    Effect.gen(function* () {
      const { requests, service } = embedder()
      const queue = yield* EmbedQueue.make(service, 1)
      const kinds = ["passages", "said"] as const
      const embed = (counts: Readonly<Record<EmbedQueue.Kind, number>>) =>
        Effect.forEach(
          kinds,
          (kind) =>
            queue.embed(
              kind,
              words(counts[kind]).map((word) => `${kind} ${word}`)
            ),
          { concurrency: 2 }
        )
      yield* embed({ passages: 100, said: 40 })
      yield* embed({ passages: 20, said: 40 })
      const shares = requests.map((texts) => kinds.map((kind) => texts.filter((text) => text.startsWith(kind)).length))
      expect(shares).toEqual([
        [16, 16],
        [16, 16],
        [24, 8],
        [32, 0],
        [12, 0],
        [16, 16],
        [4, 24]
      ])
    })
  )

  it.scoped("gives each of both the next text of an embedder that takes one at a time", () =>
    Effect.gen(function* () {
      const { requests, service, state } = embedder()
      state.answer = (texts) =>
        texts.length > 1 ? Effect.fail(refusing("one text")) : Effect.succeed(texts.map(vectorOf))
      const queue = yield* EmbedQueue.make(service, 1)
      yield* queue.embed("passages", words(62))
      requests.length = 0
      yield* Effect.all([queue.embed("passages", words(10)), queue.embed("said", ["a", "b", "c"])], { concurrency: 2 })
      const first = requests.slice(0, 4).flat()
      expect(first.filter((text) => text.length === 1)).toEqual(["a", "b"])
    })
  )

  it.scoped("fails as a whole where the embedder fails whatever the text, also in the midst of a division", () =>
    Effect.gen(function* () {
      const { requests, service, state } = embedder()
      const queue = yield* EmbedQueue.make(service, 1)
      let left = 4
      state.answer = (texts) =>
        left-- <= 0
          ? Effect.fail(down())
          : texts.includes("word 1")
            ? Effect.fail(refusing("a bad word"))
            : Effect.succeed(texts.map(vectorOf))
      const error = yield* Effect.flip(queue.embed("passages", words(32)))
      expect(error).toMatchObject({ _tag: "EmbedderUnavailable", message: "it is down", retryAfter: 1 })
      state.answer = () => Effect.fail(refusing("no such parameter: dimensions"))
      yield* TestClock.adjust("1 second")
      requests.length = 0
      expect((yield* Effect.flip(queue.embed("passages", words(32)))).message).toBe("no such parameter: dimensions")
      // The request, and the one that shows that no text is to blame.
      expect(requests).toHaveLength(2)
    })
  )

  it.scoped("leaves an embedder that fails alone, longer each time, at most 5 minutes, and warns once", () =>
    Effect.gen(function* () {
      const { requests, service, state } = embedder()
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ message }) => warnings.push(message))
      yield* Effect.gen(function* () {
        const queue = yield* EmbedQueue.make(service, 4)
        state.answer = () => Effect.fail(down())
        const pauses: Array<number> = []
        for (let round = 0; round < 10; round++) {
          const { retryAfter } = yield* Effect.flip(queue.embed("passages", ["a"]))
          pauses.push(retryAfter)
          requests.length = 0
          yield* TestClock.adjust(retryAfter * 1000 - 1)
          expect(Either.isLeft(yield* Effect.either(queue.ready))).toBe(true)
          expect(Either.isLeft(yield* Effect.either(queue.embed("passages", words(100))))).toBe(true)
          expect(requests).toEqual([])
          yield* TestClock.adjust("1 millis")
          yield* queue.ready
        }
        expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
        expect(warnings).toEqual([["Texts wait for their vectors, because the embedder fails: it is down"]])
        // What it asks for counts, up to an hour.
        state.answer = () => Effect.fail(down(1000))
        expect((yield* Effect.flip(queue.embed("passages", ["a"]))).retryAfter).toBe(1000)
        yield* TestClock.adjust("1000 seconds")
        state.answer = () => Effect.fail(down(1e9))
        expect((yield* Effect.flip(queue.embed("passages", ["a"]))).retryAfter).toBe(3600)
        yield* TestClock.adjust("1 hour")
        state.answer = (texts) => Effect.succeed(texts.map(vectorOf))
        expect(yield* queue.embed("passages", ["a"])).toHaveLength(1)
        // It works again, so the next failure is a first one.
        state.answer = () => Effect.fail(down())
        expect((yield* Effect.flip(queue.embed("passages", ["a"]))).retryAfter).toBe(1)
        expect(warnings).toHaveLength(2)
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
    })
  )

  it.scoped("takes the length of all vectors from two answers that agree: one odd answer does not set it", () =>
    Effect.gen(function* () {
      for (const oddAt of [1, 2]) {
        const { requests, service, state } = embedder({ dimensions: undefined })
        state.answer = (texts) =>
          Effect.succeed(texts.map((text) => (requests.length === oddAt ? Float32Array.of(1, 2, 3) : vectorOf(text))))
        const queue = yield* EmbedQueue.make(service, 1)
        const made = yield* queue.embed("passages", ["a", "b"])
        expect(made.map(({ vector }) => vector)).toEqual([vectorOf("a"), vectorOf("b")])
      }
    })
  )

  it.scoped("survives an embedder with a bug: the texts of that request fail, and the next ones do not", () =>
    Effect.gen(function* () {
      const { service, state } = embedder()
      const queue = yield* EmbedQueue.make(service, 1)
      state.answer = () => Effect.dieMessage("a bug")
      expect((yield* Effect.exit(queue.embed("passages", ["a"])))._tag).toBe("Failure")
      state.answer = (texts) => Effect.succeed(texts.map(vectorOf))
      expect(yield* queue.embed("passages", ["a"])).toHaveLength(1)
    })
  )
})
