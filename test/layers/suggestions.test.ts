/** When suggestions are on: by the option, by variables, and through the client of promises. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type { ModelRequest } from "../../src/engine/ports/Model.js"
import * as EngineSuggestions from "../../src/layers/EngineSuggestions.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { Client } from "../../src/promise/index.js"
import { systemOf } from "../support/turns.js"

const chosen = (option: Parameters<typeof EngineSuggestions.choose>[0], variables: Record<string, string> = {}) =>
  Effect.withConfigProvider(
    EngineSuggestions.fromEnvironment(option),
    ConfigProvider.fromMap(new Map(Object.entries(variables)))
  )

const off = { turns: 0, model: undefined }
const variables = { SUGGESTIONS_TURNS: "5", SUGGESTIONS_MODEL_NAME: "small" }

describe("suggestions of an engine", () => {
  it.effect("are off without an option and a variable, and a model alone does not turn them on", () =>
    Effect.gen(function* () {
      expect(yield* chosen(undefined)).toEqual(off)
      expect(yield* chosen(undefined, { SUGGESTIONS_MODEL_NAME: "small" })).toEqual(off)
      expect(yield* chosen(true)).toEqual({ turns: 1, model: undefined })
    })
  )

  it.effect("are turned on by a variable, and the option wins", () =>
    Effect.gen(function* () {
      expect(yield* chosen(undefined, variables)).toEqual({ turns: 5, model: "small" })
      expect(yield* chosen(true, variables)).toEqual({ turns: 5, model: "small" })
      expect(yield* chosen({ turns: 2 }, variables)).toEqual({ turns: 2, model: "small" })
      expect(yield* chosen(false, variables)).toEqual(off)
    })
  )

  it.effect("are refused with a number of turns that is none", () =>
    Effect.gen(function* () {
      for (const SUGGESTIONS_TURNS of ["0", "often"]) {
        const error = yield* Effect.flip(chosen(undefined, { SUGGESTIONS_TURNS }))
        expect(error).toMatchObject({ _tag: "JulepConfigError", message: expect.stringContaining("SUGGESTIONS_TURNS") })
      }
    })
  )
})

const isSuggesting = (request: ModelRequest) => systemOf(request).includes("You suggest next steps")
const suggested = JSON.stringify({ suggestions: [{ target: "user", content: "How do I return the kettle?" }] })

describe("suggestions of the client of promises", () => {
  for (const [name, suggestions, expected] of [
    ["are listed with the option", true, ["How do I return the kettle?"]],
    ["are none without it", undefined, []]
  ] as const) {
    it(name, async () => {
      const model = Scripted.layer((request) => Scripted.reply(isSuggesting(request) ? suggested : "ok"), {
        instructable: true
      })
      const client = Client.embedded({ storage: "memory", model, suggestions })
      try {
        const agent = await client.agents.create({ name: "Ada" })
        const session = await client.sessions.create({ agent_id: agent.id })
        const { jobs } = await client.sessions.chat(session.id, {
          messages: [{ role: "user", content: "My kettle is broken." }],
          remember: false
        })
        await Promise.all(jobs.map((job) => client.jobs.await(job)))
        const listed = await client.sessions.suggestions(session.id)
        expect(listed.map(({ content }) => content)).toEqual(expected)
      } finally {
        await client.close()
      }
    })
  }
})
