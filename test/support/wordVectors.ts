/** An embedder that needs no model: a text is the sum of the directions of its words, and synonyms share theirs. */
import * as Effect from "effect/Effect"
import { stemmer } from "stemmer"
import type { Embedder } from "../../src/engine/ports/Embedder.js"
import { ModelError } from "../../src/engine/ports/Model.js"
import { TEXTS } from "../../src/engine/usecases/recall/Paraphrases.js"

/** Words that mean the same. */
const meanings: Readonly<Record<string, string>> = { car: "automobil", physician: "doctor", illness: "diseas" }

const directions = new Map<string, Float32Array>()

/** The same direction for the same word, in every run. */
const directionOf = (word: string, dimensions: number): Float32Array => {
  const key = `${dimensions} ${word}`
  const known = directions.get(key)
  if (known !== undefined) return known
  let state = [...word].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) >>> 0, 7)
  const direction = Float32Array.from({ length: dimensions }, () => {
    state = (state * 1664525 + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
  directions.set(key, direction)
  return direction
}

const common = new Set(
  "a about an and are at by for from in is it my of on or that the this to was what with".split(" ")
)

/** The vector of a text. */
export const vectorOf = (text: string, dimensions: number): Float32Array => {
  const sum = new Float32Array(dimensions)
  for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) {
    if (common.has(word)) continue
    const root = stemmer(word)
    const direction = directionOf(meanings[root] ?? meanings[word] ?? root, dimensions)
    for (let index = 0; index < dimensions; index++) sum[index] = (sum[index] ?? 0) + (direction[index] ?? 0)
  }
  const length = Math.hypot(...sum) || 1
  return sum.map((value) => value / length)
}

/** The embedder, the texts it embedded but for the paraphrases of the probe, and whether it is down. */
export const wordVectors = (name = "words", dimensions = 256) => {
  const embedded: Array<string> = []
  const state = { down: false }
  const service: Embedder.Service = {
    name,
    dimensions,
    embed: (texts) =>
      Effect.suspend(() => {
        if (state.down) return Effect.fail(new ModelError({ reason: "unavailable", message: "no vectors today" }))
        embedded.push(...texts.filter((text) => !TEXTS.includes(text)))
        return Effect.succeed(texts.map((text) => vectorOf(text, dimensions)))
      })
  }
  return { embedded, service, state }
}
