import * as Effect from "effect/Effect"

/** The vector of a text, which no other text has. */
const vectorOf = (text: string): Float32Array => {
  const vector = new Float32Array(8).fill(1)
  for (let index = 0; index < text.length; index++) {
    const place = index % vector.length
    vector[place] = ((vector[place] ?? 0) * 31 + text.charCodeAt(index)) % 1009
  }
  return vector
}

/** An embedder that always answers the same. */
export const embedding = {
  name: "m",
  dimensions: 8,
  embed: (texts: ReadonlyArray<string>) => Effect.succeed(texts.map(vectorOf))
}
