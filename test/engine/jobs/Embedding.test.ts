/** The jobs of docs with an embedder, on a real store. */
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { JobHandlers } from "../../../src/engine/jobs/JobHandlers.js"
import { JobRunner } from "../../../src/engine/jobs/JobRunner.js"
import { Embedder } from "../../../src/engine/ports/Embedder.js"
import { Ids } from "../../../src/engine/ports/Ids.js"
import { ModelError } from "../../../src/engine/ports/Model.js"
import { type Owner, Storage } from "../../../src/engine/ports/Storage.js"
import { JobQueue } from "../../../src/engine/usecases/JobQueue.js"
import { TEXTS } from "../../../src/engine/usecases/recall/Paraphrases.js"
import { agentRow, alice, docRow, some, storeOn, temporaryFolder } from "../storage/support/store.js"

type Embed = Embedder.Service["embed"]

const down = new ModelError({ reason: "unavailable", message: "it is down" })
const vectorsOf: Embed = (texts) => Effect.succeed(texts.map((text) => Float32Array.of(1, text.length)))

/** A store, a runner that indexes docs with an embedder, and the queue. */
const engineOn = (embed: Embed, store: ReturnType<typeof storeOn>) => {
  const embedder = Layer.succeed(Embedder, Option.some({ name: "m", dimensions: 2, embed }))
  return JobRunner.layerWith({ embeds: true }).pipe(
    Layer.provideMerge(Layer.provide(JobHandlers.layerIndexing, embedder)),
    Layer.provideMerge(JobQueue.layer),
    Layer.provideMerge(Ids.layer),
    Layer.provideMerge(store)
  )
}

/** Writes docs of these passages, each with its job; returns the ids of both. Incomplete ones have no passage yet. */
const write = (docs: ReadonlyArray<ReadonlyArray<string>>, { incomplete = false } = {}) =>
  Effect.gen(function* () {
    const store = yield* Storage
    const queue = yield* JobQueue
    const agent = agentRow()
    const owner: Owner = { kind: "agent", id: agent.id }
    yield* store.agents.insert(alice, agent)
    return yield* Effect.forEach(docs, (passages) =>
      Effect.gen(function* () {
        const doc = docRow(owner, { title: "", content: passages })
        yield* store.docs.insert(alice, doc, incomplete ? [] : passages)
        const payload = { doc_id: doc.id, ...(incomplete ? { incomplete } : {}) }
        return { doc: doc.id, job: yield* queue.add(alice, { name: "index_doc", payload }) }
      })
    ).pipe(store.transaction)
  })

const jobOf = (id: string) =>
  Effect.map(
    Effect.flatMap(Storage, ({ jobs }) => jobs.get(alice, id)),
    some
  )
const known = (texts: ReadonlyArray<string>) =>
  Effect.map(
    Effect.flatMap(Storage, ({ vectors }) => vectors.known(alice, texts)),
    (vectors) => vectors.map((vector) => vector !== undefined)
  )
const drain = Effect.flatMap(JobRunner, ({ drain }) => drain)

describe("the jobs of docs", () => {
  it.effect("share requests: those of 256 short docs are about as few as the texts allow", () =>
    Effect.gen(function* () {
      const requests: Array<number> = []
      let read = 0
      const go = yield* Deferred.make<void>()
      const embed: Embed = (texts) => {
        requests.push(texts.length)
        return Effect.zipRight(Deferred.await(go), vectorsOf(texts))
      }
      /** The embedder answers once the texts of all jobs are read. */
      const watched = Layer.map(storeOn(), (context) => {
        const store = Context.get(context, Storage)
        const known: typeof store.vectors.known = (...of) =>
          Effect.tap(store.vectors.known(...of), () => (++read === 256 ? Deferred.succeed(go, undefined) : Effect.void))
        return Context.add(context, Storage, { ...store, vectors: { ...store.vectors, known } })
      })
      yield* Effect.gen(function* () {
        const written = yield* write(Array.from({ length: 256 }, (_, index) => [`passage ${index}`]))
        yield* drain
        const jobs = yield* Effect.forEach(written, ({ job }) => jobOf(job))
        expect(new Set(jobs.map(({ progress, reason, state }) => `${state} ${progress} ${reason}`))).toEqual(
          new Set(["succeeded 100 The keyword index has the doc, and 1 text was embedded"])
        )
        expect(requests.reduce((sum, texts) => sum + texts, 0)).toBe(256 + TEXTS.length)
        // The first four took what was there.
        expect(requests.length).toBeLessThanOrEqual(4 + (252 + TEXTS.length) / 32 + 1)
      }).pipe(Effect.provide(engineOn(embed, watched)))
    })
  )

  it.scoped("hold the contents of four docs at a time, however many there are", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      let read = 0
      const watched = Layer.map(storeOn(), (context) => {
        const store = Context.get(context, Storage)
        const source: typeof store.docs.source = (...of) => {
          read++
          return store.docs.source(...of)
        }
        const append: typeof store.docs.append = (...of) =>
          Effect.zipRight(Deferred.await(go), store.docs.append(...of))
        return Context.add(context, Storage, { ...store, docs: { ...store.docs, append, source } })
      })
      yield* Effect.gen(function* () {
        const docs = Array.from({ length: 20 }, (_, index) => [`the first of ${index}`, `the second of ${index}`])
        const written = yield* write(docs, { incomplete: true })
        while (read < 4) yield* Effect.yieldNow()
        yield* Effect.forEach(Array.from({ length: 1000 }), () => Effect.yieldNow())
        expect(read).toBe(4)
        yield* Deferred.succeed(go, undefined)
        yield* drain
        const jobs = yield* Effect.forEach(written, ({ job }) => jobOf(job))
        expect(new Set(jobs.map(({ state }) => state))).toEqual(new Set(["succeeded"]))
        expect(new Set(yield* known(docs.flat()))).toEqual(new Set([true]))
      }).pipe(Effect.provide(engineOn(vectorsOf, watched)))
    })
  )

  it.effect("wait for an embedder that is down for an hour, and need no restart then", () =>
    Effect.gen(function* () {
      let asked = 0
      const embed: Embed = (texts) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          asked++
          return now < 3_600_000 ? Effect.fail(down) : vectorsOf(texts)
        })
      yield* Effect.gen(function* () {
        const written = yield* write(Array.from({ length: 20 }, (_, index) => [`passage ${index}`]))
        for (let round = 0; round < 10; round++) {
          yield* drain
          yield* TestClock.adjust("6 minutes")
        }
        const waiting = yield* Effect.forEach(written, ({ job }) => jobOf(job))
        expect(new Set(waiting.map(({ reason, state }) => `${state}: ${reason}`))).toEqual(
          new Set(["retrying: it is down"])
        )
        // Twenty jobs ask no more often than one.
        expect(asked).toBeLessThan(60)
        for (const minutes of [0, 6]) {
          yield* TestClock.adjust(Duration.minutes(minutes))
          yield* drain
        }
        const done = yield* Effect.forEach(written, ({ job }) => jobOf(job))
        expect(new Set(done.map(({ state }) => state))).toEqual(new Set(["succeeded"]))
        expect(yield* known(["passage 0", "passage 19"])).toEqual([true, true])
      }).pipe(Effect.provide(engineOn(embed, storeOn())))
    })
  )

  it.scoped("are tried again at the next start", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "docs.db")
      const [written] = yield* Effect.gen(function* () {
        const written = yield* write([["a passage"]])
        for (const minutes of [0, 1, 2, 3]) {
          yield* TestClock.adjust(Duration.minutes(minutes))
          yield* drain
        }
        return written
      }).pipe(Effect.provide(engineOn(() => Effect.fail(down), storeOn(file))))
      yield* Effect.gen(function* () {
        yield* drain
        expect(yield* jobOf(written?.job ?? "")).toMatchObject({ state: "succeeded" })
        expect(yield* known(["a passage"])).toEqual([true])
      }).pipe(Effect.provide(engineOn(vectorsOf, storeOn(file))))
    })
  )

  it.effect("leave out or cut what the embedder refuses, and say so", () => {
    const refusing = (message: string) => new ModelError({ reason: "invalid_request", message })
    const embed: Embed = (texts) =>
      texts.some((text) => text.length > 50)
        ? Effect.fail(refusing("at most 50 characters"))
        : texts.some((text) => "rude words".startsWith(text))
          ? Effect.fail(refusing("blocked by the content filter"))
          : vectorsOf(texts)
    return Effect.gen(function* () {
      const passages = ["one", "rude words", "l".repeat(80), "two"]
      const [written] = yield* write([passages, ["three"]])
      yield* drain
      expect(yield* jobOf(written?.job ?? "")).toMatchObject({
        state: "succeeded",
        progress: 100,
        reason:
          "The keyword index has the doc, and 3 texts were embedded. 1 text was embedded by the beginning only: " +
          "at most 50 characters. 1 text was left out: blocked by the content filter"
      })
      expect(yield* known([...passages, "three"])).toEqual([true, false, true, true, true])
    }).pipe(Effect.provide(engineOn(embed, storeOn())))
  })
})
