import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { stemmer } from "stemmer"
import { Embedder } from "../../../../src/engine/ports/Embedder.js"
import { ModelError } from "../../../../src/engine/ports/Model.js"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as EmbedQueue from "../../../../src/engine/usecases/recall/EmbedQueue.js"
import * as EmbedTexts from "../../../../src/engine/usecases/recall/EmbedTexts.js"
import * as Paraphrases from "../../../../src/engine/usecases/recall/Paraphrases.js"
import * as Recall from "../../../../src/engine/usecases/recall/Recall.js"
import { vectorOf } from "../../../support/wordVectors.js"
import { agentRow, alice, docRow, storeOn } from "../../storage/support/store.js"

const { TEXTS } = Paraphrases
const DIMENSIONS = 256

/** The vectors of an embedder that knows the first paraphrases, and only the words of all other texts. */
const knowing =
  (known: number) =>
  (texts: ReadonlyArray<string>): ReadonlyArray<Float32Array> =>
    texts.map((text) => {
      const index = TEXTS.indexOf(text)
      return vectorOf(index >= 0 && index < 2 * known ? `meaning${index >> 1}` : text, DIMENSIONS)
    })

const serviceOf = (embed: (texts: ReadonlyArray<string>) => ReadonlyArray<Float32Array>): Embedder.Service => ({
  name: "m",
  dimensions: DIMENSIONS,
  embed: (texts) => Effect.sync(() => embed(texts))
})

describe("the paraphrases that an embedder is asked for", () => {
  it("have no word in common, and no stem", () => {
    for (let index = 0; index < TEXTS.length; index += 2) {
      const [one, other] = TEXTS.slice(index, index + 2).map((text) =>
        (text.toLowerCase().match(/[a-z]+/g) ?? []).map(stemmer)
      )
      expect(one?.filter((stem) => other?.includes(stem))).toEqual([])
    }
    expect(TEXTS.length).toBeLessThanOrEqual(EmbedQueue.MAX_TEXTS)
  })

  it("are near for one that knows half of them, not for one that knows their words, and equal vectors show nothing", () => {
    const pairs = TEXTS.length / 2
    expect(Paraphrases.areNear(knowing(pairs)(TEXTS))).toBe(true)
    expect(Paraphrases.areNear(knowing(pairs / 2)(TEXTS))).toBe(true)
    expect(Paraphrases.areNear(knowing(2)(TEXTS))).toBe(false)
    expect(Paraphrases.areNear(knowing(0)(TEXTS))).toBe(false)
    expect(Paraphrases.areNear(TEXTS.map(() => Float32Array.of(1, 0)))).toBeUndefined()
  })

  it.scoped("are asked for once, and again only after the embedder failed", () =>
    Effect.gen(function* () {
      let [asked, fails] = [0, true]
      const queue: Pick<EmbedQueue.EmbedQueue, "embed"> = {
        embed: (_kind, texts) =>
          Effect.suspend(() => {
            asked++
            if (fails) return Effect.fail(new EmbedQueue.EmbedderUnavailable({ message: "down", retryAfter: 1 }))
            return Effect.succeed(knowing(0)(texts).map((vector) => ({ vector, refusal: undefined })))
          })
      }
      const isSemantic = yield* Paraphrases.makeProbe(queue)
      expect(yield* isSemantic).toBeUndefined()
      fails = false
      expect(yield* Effect.all([isSemantic, isSemantic], { concurrency: 2 })).toEqual([false, false])
      expect(asked).toBe(2)
    })
  )

  it.scoped("show nothing if the embedder refuses one, or reads only its beginning", () =>
    Effect.gen(function* () {
      for (const cut of [true, false]) {
        const isSemantic = yield* Paraphrases.makeProbe({
          embed: (_kind, texts) =>
            Effect.succeed(
              knowing(0)(texts).map((vector, index) =>
                index > 0 ? { vector, refusal: undefined } : { vector: cut ? vector : undefined, refusal: "too long" }
              )
            )
        })
        expect(yield* isSemantic).toBeUndefined()
      }
    })
  )
})

/** What a search of docs finds by words, and what it finds with an embedder, which embedded them; and its space. */
const search = (service: Embedder.Service, texts: ReadonlyArray<string>, question: string) =>
  Effect.gen(function* () {
    const store = yield* Storage
    const agent = agentRow()
    const owner: Owner = { kind: "agent", id: agent.id }
    yield* store.agents.insert(alice, agent)
    const { embedDoc } = yield* EmbedTexts.make(4)
    for (const text of texts) {
      const doc = docRow(owner, { title: "", content: text })
      yield* store.docs.insert(alice, doc, [text])
      yield* embedDoc(alice, doc.id, () => Effect.void)
    }
    const found = Effect.flatMap(Recall.search, ({ passages }) => passages(alice, [owner], question, 6)).pipe(
      Effect.map((passages) => passages.map(({ text }) => text))
    )
    const space = Option.getOrThrow(yield* store.vectors.space(alice))
    return { words: yield* Effect.provide(found, Embedder.none), both: yield* found, space }
  }).pipe(Effect.provideService(Embedder, Option.some(service)), Effect.provide(storeOn()))

describe("a search of docs", () => {
  // Words find the rare one of long texts first. Vectors, in which all words are equal, find the short one first.
  const texts = [
    "Saturn has many far cold bright old quiet rings",
    "moons",
    "moons orbit",
    "moons rise",
    "cups",
    "hats",
    "vans",
    "pens"
  ]
  const question = "Saturn moons"

  it.scoped("with an embedder that knows nothing but words keeps what words found, and appends what they did not", () =>
    Effect.gen(function* () {
      const { both, space, words } = yield* search(serviceOf(knowing(0)), texts, question)
      expect(space).toEqual({ name: "m", dimensions: DIMENSIONS, semantic: false })
      expect(words).toHaveLength(4)
      expect(both.slice(0, words.length)).toEqual(words)
      const car = yield* search(serviceOf(knowing(0)), ["an automobile", "planet moons"], "car")
      expect([car.words, car.both[0]]).toEqual([[], "an automobile"])
    })
  )

  it.scoped("with one that knows what texts mean counts both", () =>
    Effect.gen(function* () {
      const { both, space, words } = yield* search(serviceOf(knowing(TEXTS.length / 2)), texts, question)
      expect(space.semantic).toBe(true)
      expect(both.slice(0, words.length)).not.toEqual(words)
    })
  )

  it.scoped("with one that does not show it counts both, as before it was asked", () =>
    Effect.gen(function* () {
      const refusing: Embedder.Service = {
        ...serviceOf(knowing(0)),
        embed: (all) =>
          all.some((text) => TEXTS.includes(text))
            ? Effect.fail(new ModelError({ reason: "invalid_request", message: "no" }))
            : Effect.sync(() => knowing(0)(all))
      }
      const { both, space, words } = yield* search(refusing, texts, question)
      expect(space).toEqual({ name: "m", dimensions: DIMENSIONS })
      expect(both.slice(0, words.length)).not.toEqual(words)
    })
  )
})
