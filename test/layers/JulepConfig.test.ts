import { describe, expect, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { JulepConfig } from "../../src/layers/JulepConfig.js"
import type { JulepConfigError } from "../../src/schema/Errors.js"

type Environment = Readonly<Record<string, string>>

const given = { JULEP_API_KEY: "from-env", JULEP_API_URL: "https://env.test/api" }

const config = (environment: Environment, options?: JulepConfig.Options) =>
  Effect.provide(JulepConfig, JulepConfig.layer(options)).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )

const milliseconds = (total: Duration.Duration | undefined) =>
  total === undefined ? undefined : Duration.toMillis(total)

const failure = (environment: Environment, options?: JulepConfig.Options) =>
  Effect.map(Effect.flip(config(environment, options)), (error: JulepConfigError) => {
    expect(error._tag).toBe("JulepConfigError")
    return error.message
  })

describe("JulepConfig.layer", () => {
  it.effect("reads the environment", () =>
    Effect.gen(function* () {
      const read = yield* config({ ...given, JULEP_TIMEOUT: "30 seconds" })
      expect(Redacted.value(read.apiKey)).toBe("from-env")
      expect(read.baseUrl).toBe("https://env.test/api")
      expect(milliseconds(read.timeout.total)).toBe(30_000)
    })
  )

  it.effect("explicit options override each variable", () =>
    Effect.gen(function* () {
      const environment = { ...given, JULEP_TIMEOUT: "30 seconds" }
      const apiKey = Redacted.make("explicit")
      const read = yield* config(environment, { apiKey, baseUrl: new URL("http://explicit.test"), timeout: 1500 })
      expect(Redacted.value(read.apiKey)).toBe("explicit")
      expect(read.baseUrl).toBe("http://explicit.test")
      expect(milliseconds(read.timeout.total)).toBe(1500)
      const half = yield* config({ JULEP_API_URL: given.JULEP_API_URL }, { apiKey: " padded " })
      expect([Redacted.value(half.apiKey), half.baseUrl]).toEqual(["padded", given.JULEP_API_URL])
    })
  )

  it.effect("an explicit option needs no variable, not even a readable one", () =>
    Effect.gen(function* () {
      const read = yield* config({ ...given, JULEP_TIMEOUT: "soon" }, { timeout: "2 seconds" })
      expect(milliseconds(read.timeout.total)).toBe(2000)
    })
  )

  const urls = [
    ["https://host.test/api/", "https://host.test/api"],
    ["https://host.test/a/b///", "https://host.test/a/b"],
    ["https://host.test/", "https://host.test"],
    ["http://host.test:8080", "http://host.test:8080"],
    ["HTTPS://Host.Test/Api", "https://host.test/Api"]
  ] as const
  for (const [baseUrl, kept] of urls) {
    it.effect(`keeps the path and drops trailing slashes: ${baseUrl}`, () =>
      Effect.gen(function* () {
        expect((yield* config(given, { baseUrl })).baseUrl).toBe(kept)
      })
    )
  }

  const missing: ReadonlyArray<readonly [string, Environment, string, string]> = [
    ["key and URL", {}, "JULEP_API_KEY is not set", "JULEP_API_URL is not set"],
    ["the key", { JULEP_API_URL: "https://a.test" }, "JULEP_API_KEY is not set", "JULEP_API_URL is set"],
    ["the URL", { JULEP_API_KEY: "k" }, "JULEP_API_KEY is set", "JULEP_API_URL is not set"]
  ]
  for (const [what, environment, key, url] of missing) {
    it.effect(`missing ${what}: both variables, which is set, and three ways out`, () =>
      Effect.gen(function* () {
        const message = yield* failure(environment)
        for (const part of [
          key,
          url,
          "environment",
          "apiKey",
          "baseUrl",
          "effect-julep/embedded",
          "Client.embedded()"
        ]) {
          expect(message).toContain(part)
        }
        expect(message.match(/^ *\d\./gm)).toHaveLength(3)
      })
    )
  }

  for (const blank of ["", "   ", "\t\n"]) {
    it.effect(`a blank key ${JSON.stringify(blank)} is refused, from both sources`, () =>
      Effect.gen(function* () {
        expect(yield* failure({ ...given, JULEP_API_KEY: blank })).toContain("JULEP_API_KEY")
        expect(yield* failure(given, { apiKey: blank })).toContain("key is blank")
        expect(yield* failure(given, { apiKey: Redacted.make(blank) })).toContain("key is blank")
        expect(yield* failure(given, { baseUrl: blank })).toContain("URL is blank")
      })
    )
  }

  for (const key of ["two words", "line\nbreak", "clé"]) {
    it.effect(`a key that no header can carry is refused without being shown: ${JSON.stringify(key)}`, () =>
      Effect.gen(function* () {
        const message = yield* failure(given, { apiKey: key })
        expect(message).toContain("header")
        expect(message).not.toContain(key)
      })
    )
  }

  for (const baseUrl of [
    "ftp://host.test",
    "file:///etc",
    "localhost:8080",
    "host.test/api",
    "//host.test",
    "http://"
  ]) {
    it.effect(`a URL that is not http is refused: ${baseUrl}`, () =>
      Effect.gen(function* () {
        expect(yield* failure(given, { baseUrl })).toMatch(/^The base URL .*(must begin with http:|Write it as https:)/)
        // The error of a bad value from the environment names its variable.
        expect(yield* failure({ ...given, JULEP_API_URL: baseUrl })).toContain("JULEP_API_URL")
      })
    )
  }

  for (const baseUrl of ["https://sam:pw-123@host.test", "https://:pw-123@host.test", "https://host.test?a=pw-123"]) {
    it.effect(`a URL with credentials, a query or a fragment is refused: ${baseUrl}`, () =>
      Effect.gen(function* () {
        const message = yield* failure(given, { baseUrl })
        expect(message).toMatch(/^The base URL/)
        expect(message).not.toContain("pw-123")
      })
    )
  }

  for (const timeout of [-1, 0, "soon" as "1 second", Number.NaN]) {
    it.effect(`a timeout of ${timeout} is refused`, () =>
      Effect.gen(function* () {
        expect(yield* failure(given, { timeout })).toContain("timeout")
      })
    )
  }

  for (const JULEP_TIMEOUT of ["30", "soon", "-1 seconds"]) {
    it.effect(`JULEP_TIMEOUT=${JULEP_TIMEOUT} is refused by its name`, () =>
      Effect.gen(function* () {
        expect(yield* failure({ ...given, JULEP_TIMEOUT })).toMatch(/JULEP_TIMEOUT|timeout/)
      })
    )
  }

  for (const headers of [{ "x y": "1" }, { "x-a": "line\nbreak" }, { "": "1" }]) {
    it.effect(`headers that HTTP cannot carry are refused: ${JSON.stringify(headers)}`, () =>
      Effect.gen(function* () {
        expect(yield* failure(given, { headers })).toContain("header")
      })
    )
  }

  it.effect("a timeout in parts keeps them apart; a bare one is the total", () =>
    Effect.gen(function* () {
      const timeout = { total: "4 seconds", headers: 20, idle: [1, 0] } as const
      const { total, headers, idle } = (yield* config(given, { timeout })).timeout
      expect([total, headers, idle].map(milliseconds)).toEqual([4000, 20, 1000])
      const bare = (yield* config(given, { timeout: [2, 0] })).timeout
      expect([bare.total, bare.headers, bare.idle].map(milliseconds)).toEqual([2000, undefined, undefined])
    })
  )
})

describe("JulepConfig.layerConfig", () => {
  const mine = { apiKey: Config.redacted("MY_KEY"), baseUrl: Config.string("MY_URL") }
  const read = (environment: Environment) =>
    Effect.provide(JulepConfig, JulepConfig.layerConfig(mine)).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
    )

  it.effect("reads the given names, and no others", () =>
    Effect.gen(function* () {
      const own = yield* read({ ...given, MY_KEY: "mine", MY_URL: "https://mine.test/" })
      expect([Redacted.value(own.apiKey), own.baseUrl]).toEqual(["mine", "https://mine.test"])
    })
  )

  it.effect("names the missing value, and shows no key", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ ...given, MY_KEY: "mine-0123" }))
      expect(error._tag).toBe("JulepConfigError")
      expect(error.message).toContain("MY_URL")
      expect(error.message).not.toContain("mine-0123")
    })
  )
})
