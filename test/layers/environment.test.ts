/** How the engine's variables are read. */
import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { httpUrl, redacted, secret, text } from "../../src/layers/environment.js"

const under = (variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const layers = new URL("../../src/layers/", import.meta.url)

describe("the engine's variables", () => {
  it.effect("blank counts as absent, and a secret is redacted when it is read", () =>
    Effect.gen(function* () {
      for (const variables of [{}, { A: "" }, { A: " \t" }]) {
        expect(yield* under(variables)(text("A"))).toEqual(Option.none())
        expect(yield* under(variables)(secret("A"))).toEqual(Option.none())
      }
      expect(yield* under({ A: "b" })(text("A"))).toEqual(Option.some("b"))
      const key = yield* Effect.flatten(under({ A: "sk-1" })(secret("A")))
      expect([String(key), Redacted.value(key)]).toEqual(["<redacted>", "sk-1"])
      expect([redacted(undefined), redacted(key), String(redacted("sk-1"))]).toEqual([undefined, key, "<redacted>"])
    })
  )

  it("every key is read as a secret", () => {
    const found = fs
      .readdirSync(layers)
      .map((file) => fs.readFileSync(new URL(file, layers), "utf8"))
      .flatMap((source) => [...source.matchAll(/(\w+)\("([A-Z_]+_KEY)"\)/g)])
      .map(([, reader, variable]) => [variable, reader])
    expect(found.filter(([, reader]) => reader !== "secret" && reader !== "redacted")).toEqual([])
    expect(found.map(([variable]) => variable).sort()).toEqual([
      "EMBEDDING_API_KEY",
      "JULEP_API_KEY",
      "MODEL_API_KEY",
      "MY_KEY",
      "OPENAI_API_KEY",
      "RERANK_API_KEY"
    ])
  })

  it.effect("a URL that is not http or https is refused by the name of its option", () =>
    Effect.gen(function* () {
      expect(yield* httpUrl("the model", "http://host:1/v1")).toBe("http://host:1/v1")
      for (const url of ["", "host/v1", "ftp://host"]) {
        expect((yield* Effect.flip(httpUrl("the model", url))).message).toBe(
          `The URL of the model must be an http or https URL such as "https://host/v1", not "${url}".`
        )
      }
    })
  )
})
