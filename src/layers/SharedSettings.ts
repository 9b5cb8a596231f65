/** The settings that all processes with one store need alike. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Embedder } from "../engine/ports/Embedder.js"
import { type Setting, Storage } from "../engine/ports/Storage.js"
import { Summarization } from "../engine/usecases/learn/Summarize.js"
import { ModelName } from "../engine/usecases/ModelName.js"
import { DEFAULT_MODEL } from "../schema/Settings.js"

/** The settings of this process that the jobs of every process go by, as texts. */
const settings = Effect.gen(function* () {
  const embedder = Option.match(yield* Embedder, {
    onNone: () => "none",
    onSome: ({ dimensions, name }) => (dimensions === undefined ? name : `${name} of ${dimensions} dimensions`)
  })
  const { resolve } = yield* ModelName
  const { model, threshold } = yield* Summarization
  const found: ReadonlyArray<Setting> = [
    { name: "embedder", value: embedder },
    { name: "model", value: resolve(DEFAULT_MODEL) },
    { name: "summarization", value: `from ${threshold} tokens, by ${model ?? "the agent's model"}` }
  ]
  return found
})

/**
 * Logs a warning if the process that opened the store before this one has other settings: jobs run in any process, and would
 * not all do the same.
 */
export const check = Effect.gen(function* () {
  const storage = yield* Storage
  const mine = yield* settings
  const others = yield* storage.settings.put(mine)
  if (others.length === 0) return
  const differences = others.map(({ name, value }) => {
    const own = mine.find((setting) => setting.name === name)?.value ?? ""
    return `${name} is "${own}" here and was "${value}" there`
  })
  yield* Effect.logWarning(
    `Another process opened the store with other settings: ${differences.join("; ")}. Jobs run in any process that uses the store, so all need the same settings.`
  )
})
