/** A run of one character has no length at which the engine fails, also where V8 leaves regular expressions unoptimized. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { startWith } from "./support/child.js"

describe("runs of one character, of 4 MB", () => {
  it.scopedLive(
    "are stored, answered, or refused as too long, in a process whose regular expressions are not optimized",
    () =>
      Effect.gen(function* () {
        const child = yield* startWith(["--no-regexp-optimization"], "megabytes")
        const lines = Chunk.toReadonlyArray(yield* Stream.runCollect(child.lines))
        expect(lines).toEqual([
          "letters: ok, UnprocessableRequest, ok",
          "spaces: ok, ok, ok",
          "ticks: ok, UnprocessableRequest, ok",
          "marks: ok, UnprocessableRequest, ok",
          "han: ok, UnprocessableRequest, ok"
        ])
      }),
    120_000
  )
})
