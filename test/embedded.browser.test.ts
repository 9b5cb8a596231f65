/** What the embedded entries are where the engine cannot run. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Embedded as Stub } from "../src/embedded.browser.js"
import { Embedded } from "../src/embedded.js"
import { JulepConfigError } from "../src/index.js"
import * as PromiseStub from "../src/promise/embedded.browser.js"
import * as PromiseEngine from "../src/promise/embedded.js"

describe("where the engine cannot run, its entry", () => {
  it("has the same names", () => {
    expect(Object.keys(Stub).toSorted()).toEqual(Object.keys(Embedded).toSorted())
    expect(Object.keys(PromiseStub).toSorted()).toEqual(Object.keys(PromiseEngine).toSorted())
  })

  it("has the same tags and error classes, so that shared code can name them", () => {
    expect(Stub.Model).toBe(Embedded.Model)
    expect(Stub.StorageError).toBe(Embedded.StorageError)
    expect(Stub.EngineApp.key).toBe(Embedded.EngineApp.key)
  })

  it.effect("fails with the reason, whatever is asked of it", () =>
    Effect.gen(function* () {
      const { backup, layer, layerApp, layerHttpClient, layerMemory, openApi, reindex } = Stub
      const failures = [
        ...[layer, layerApp, layerHttpClient, layerMemory].map((make) => Effect.provide(Effect.void, make())),
        reindex(),
        backup(),
        openApi
      ]
      for (const failure of failures) {
        const error = yield* Effect.flip(failure)
        expect(error).toBeInstanceOf(JulepConfigError)
        expect(error.message).toContain("Run the engine on a server")
      }
      expect(() => PromiseStub.layer()).toThrow("Run the engine on a server")
    })
  )
})
