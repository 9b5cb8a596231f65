/** The context window of an engine: by an option, by a variable, and refused where it is not a number of tokens. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as EngineWindow from "../../src/layers/EngineWindow.js"

const chosen = (option: number | undefined, variables: Record<string, string> = {}) =>
  Effect.withConfigProvider(
    EngineWindow.fromEnvironment(option),
    ConfigProvider.fromMap(new Map(Object.entries(variables)))
  )

describe("the context window of an engine", () => {
  it.effect("is that of the option, else of the variable, else the known one of the model", () =>
    Effect.gen(function* () {
      const variables = { MODEL_CONTEXT_WINDOW: "32768" }
      expect(yield* chosen(4096, variables)).toBe(4096)
      expect(yield* chosen(undefined, variables)).toBe(32_768)
      expect(yield* chosen(undefined)).toBeUndefined()
    })
  )

  it.effect("is refused where it is not a whole number from 1", () =>
    Effect.gen(function* () {
      const options = [0, -1, 1.5, Number.NaN].map((option) => chosen(option))
      const variables = ["0", "large"].map((value) => chosen(undefined, { MODEL_CONTEXT_WINDOW: value }))
      for (const each of [...options, ...variables]) {
        const error = yield* Effect.flip(each)
        expect(error).toMatchObject({
          _tag: "JulepConfigError",
          message: expect.stringContaining("MODEL_CONTEXT_WINDOW")
        })
      }
    })
  )
})
