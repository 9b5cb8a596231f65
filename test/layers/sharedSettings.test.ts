import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { Embedder } from "../../src/engine/ports/Embedder.js"
import { type Setting, Storage } from "../../src/engine/ports/Storage.js"
import { Summarization } from "../../src/engine/usecases/learn/Summarize.js"
import { ModelName } from "../../src/engine/usecases/ModelName.js"
import * as SharedSettings from "../../src/layers/SharedSettings.js"

/** The warnings of a process, in a store that another one has opened with other settings. */
const warningsAfter = (others: ReadonlyArray<Setting>) =>
  Effect.gen(function* () {
    const warnings: Array<string> = []
    const given: Array<Setting> = []
    const logger = Logger.make(({ message }) => warnings.push(String(message)))
    const parts: Pick<Storage.Service, "settings"> = {
      settings: {
        put: (settings) => {
          given.push(...settings)
          return Effect.succeed(others)
        }
      }
    }
    const embedder = { name: "bge-m3", dimensions: 1024, embed: () => Effect.succeed([]) }
    yield* SharedSettings.check.pipe(
      Effect.provide([
        // The part of the store that the check uses.
        Layer.succeed(Storage, parts as Storage.Service),
        Layer.succeed(Embedder, Option.some(embedder)),
        ModelName.layer("gpt-4o"),
        Layer.succeed(Summarization, { threshold: 2048, model: undefined }),
        Logger.replace(Logger.defaultLogger, logger)
      ])
    )
    return { warnings, given }
  })

it.effect("a process whose settings are those of the others warns of nothing", () =>
  Effect.gen(function* () {
    const { given, warnings } = yield* warningsAfter([])
    expect(given).toEqual([
      { name: "embedder", value: "bge-m3 of 1024 dimensions" },
      { name: "model", value: "gpt-4o" },
      { name: "summarization", value: "from 2048 tokens, by the agent's model" }
    ])
    expect(warnings).toEqual([])
  })
)

it.effect("a process with other settings names what differs", () =>
  Effect.gen(function* () {
    const { warnings } = yield* warningsAfter([{ name: "embedder", value: "none" }])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('embedder is "bge-m3 of 1024 dimensions" here and was "none" there')
    expect(warnings[0]).not.toContain("summarization")
  })
)
