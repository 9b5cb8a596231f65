import { describe, expect, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { Embedder } from "../../../../src/engine/ports/Embedder.js"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import * as EmbedTexts from "../../../../src/engine/usecases/recall/EmbedTexts.js"
import * as QueryVector from "../../../../src/engine/usecases/recall/QueryVector.js"
import { wordVectors } from "../../../support/wordVectors.js"
import { agentRow, alice, docRow, storeOn } from "../../storage/support/store.js"

/** A store with one embedded doc, and a search whose embedder may answer oddly. */
const scene = (options: { readonly dimensions?: number | undefined } = {}) =>
  Effect.gen(function* () {
    const store = yield* Storage
    const agent = agentRow()
    const owner: Owner = { kind: "agent", id: agent.id }
    yield* store.agents.insert(alice, agent)
    const doc = docRow(owner, { title: "", content: "automobiles" })
    yield* store.docs.insert(alice, doc, ["automobiles"])
    const words = wordVectors()
    const state: { answer: ((texts: ReadonlyArray<string>) => ReadonlyArray<Float32Array>) | undefined } = {
      answer: undefined
    }
    const warnings: Array<unknown> = []
    const service: Embedder.Service = {
      ...words.service,
      dimensions: "dimensions" in options ? options.dimensions : words.service.dimensions,
      embed: (texts) =>
        Effect.suspend(() =>
          state.answer === undefined ? words.service.embed(texts) : Effect.succeed(state.answer(texts))
        )
    }
    const { embedDoc, find } = yield* Effect.gen(function* () {
      const { embedDoc } = yield* EmbedTexts.make(4)
      const { embed: query } = yield* QueryVector.make
      return { embedDoc, find: (text: string) => Effect.map(query(alice, text), Arr.fromNullable) }
    }).pipe(Effect.provideService(Embedder, Option.some(service)))
    yield* embedDoc(alice, doc.id, () => Effect.void)
    const logger = Logger.make(({ message }) => warnings.push(message))
    return {
      embedded: words.embedded,
      find: (text: string) => Effect.provide(find(text), Logger.replace(Logger.defaultLogger, logger)),
      state,
      store,
      warnings
    }
  })

const odd: Readonly<Record<string, ReadonlyArray<Float32Array>>> = {
  "no vector at all": [],
  "two vectors for one text": [new Float32Array(256).fill(1), new Float32Array(256).fill(1)],
  "an empty vector": [new Float32Array(0)],
  "a vector of another length": [Float32Array.of(1, 0, 0)],
  "a vector with NaN": [new Float32Array(256).fill(1).fill(Number.NaN, 7, 8)],
  "a vector with Infinity": [new Float32Array(256).fill(1).fill(Number.POSITIVE_INFINITY, 7, 8)],
  "a vector of zeros": [new Float32Array(256)]
}

describe("the vector of a question", () => {
  it.scoped("is left out where the embedder throws: recall uses words alone, and warns once", () =>
    Effect.gen(function* () {
      const { find, state, warnings } = yield* scene({ dimensions: 256 })
      state.answer = () => {
        throw new Error("no vectors")
      }
      expect(yield* find("car")).toEqual([])
      expect(yield* find("car")).toEqual([])
      expect(warnings.map(String)).toEqual([
        "Recall uses words alone, because the embedder failed: it has a bug: Error: no vectors"
      ])
      state.answer = undefined
      expect(yield* find("car")).toHaveLength(1)
    }).pipe(Effect.provide(storeOn()))
  )

  for (const [what, answer] of Object.entries(odd)) {
    it.scoped(`is not ${what}: recall uses words alone, warns once, and goes on with the next good vector`, () =>
      Effect.gen(function* () {
        for (const dimensions of [256, undefined]) {
          const { find, state, store, warnings } = yield* scene({ dimensions })
          expect(yield* find("car")).toHaveLength(1)
          state.answer = () => answer
          expect(yield* find("car")).toEqual([])
          expect(yield* find("car")).toEqual([])
          expect(warnings).toHaveLength(1)
          expect(String(warnings[0])).toContain("Recall uses words alone, because the embedder failed: ")
          state.answer = undefined
          expect(yield* find("car")).toHaveLength(1)
          expect(yield* store.vectors.space(alice)).toEqual(
            Option.some({ name: "words", dimensions: 256, semantic: false })
          )
        }
      }).pipe(Effect.provide(storeOn()))
    )
  }

  it.scoped("is asked for once more where the first answer after a start has another length than the space", () =>
    Effect.gen(function* () {
      const { find, state, warnings } = yield* scene({ dimensions: undefined })
      state.answer = () => {
        state.answer = undefined
        return [Float32Array.of(1, 0, 0)]
      }
      expect(yield* find("car")).toHaveLength(1)
      expect(warnings).toEqual([])
    }).pipe(Effect.provide(storeOn()))
  )

  it.scoped("is that of its first 6,000 characters, without half of a surrogate pair", () =>
    Effect.gen(function* () {
      const { embedded, find } = yield* scene()
      yield* find(`${"car ".repeat(1499)}car😀 train`)
      expect(embedded.at(-1)).toBe(`${"car ".repeat(1499)}car`)
    }).pipe(Effect.provide(storeOn()))
  )
})
