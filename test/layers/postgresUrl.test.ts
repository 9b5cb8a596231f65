/** What options and `JULEP_DATABASE_URL` say of a PostgreSQL database, before one is opened. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Embedded } from "../../src/embedded.js"
import { postgresStore } from "../../src/layers/storeUrl.js"
import { Client } from "../../src/promise/index.js"

const store = (url: string, options: Partial<Embedded.PostgresOptions> = {}) =>
  Either.map(postgresStore({ url, ...options }, "storage.url"), ({ url, ...others }) => ({
    ...others,
    url: Redacted.value(url)
  }))

const errorOf = (storage: unknown, env: Record<string, string> = {}) =>
  // What a program in JavaScript may give.
  Layer.build(Embedded.layer({ storage: storage as Embedded.StorageOption, model: "offline" })).pipe(
    Effect.scoped,
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)))),
    Effect.flip
  )

describe("the URL of a database", () => {
  it("has parameters for the pool and for prepared statements, which options overrule and the driver does not see", () => {
    const url = "postgres://julep:pa%23ss@db.example.com:6543/app?sslmode=verify-full&pool_size=3&prepared=false"
    const known = {
      url: "postgres://julep:pa%23ss@db.example.com:6543/app?sslmode=verify-full",
      displayUrl: "postgres://julep@db.example.com:6543/app"
    }
    expect(store(url)).toEqual(Either.right({ ...known, poolSize: 3, prepared: false }))
    expect(store(url, { poolSize: 9, prepared: true })).toEqual(Either.right({ ...known, poolSize: 9, prepared: true }))
    expect(store("postgresql://localhost/app")).toEqual(
      Either.right({
        url: "postgresql://localhost/app",
        displayUrl: "postgresql://localhost/app",
        poolSize: undefined,
        prepared: undefined
      })
    )
    expect(store("postgres://me:pw@/app?host=/var/run/postgresql&pool_size=2")).toMatchObject({
      right: { url: "postgres://me:pw@/app?host=%2Fvar%2Frun%2Fpostgresql", displayUrl: "postgres://me@localhost/app" }
    })
    expect(store("postgres://localhost/app?options=-c%20search_path%3Done")).toMatchObject({
      right: { url: "postgres://localhost/app?options=-c%20search_path%3Done" }
    })
    expect(store("postgres://localhost/app?pgbouncer=true")).toMatchObject({ right: { prepared: false } })
    expect(store("postgres://localhost/app?pgbouncer=true&prepared=true")).toMatchObject({ right: { prepared: true } })
  })

  it("is shown without its password, wherever that stands", () => {
    for (const url of [
      "postgres://me:secret@host/app",
      "postgres://host/app?user=me&password=secret",
      "postgres:///app?host=/var/run/postgresql&password=secret"
    ]) {
      expect(Either.map(store(url), ({ displayUrl }) => displayUrl.includes("secret"))).toEqual(Either.right(false))
    }
  })

  it.effect.each([
    [{ url: "postgres://me:secret#1@host/db" }, "storage.url must be the URL of a PostgreSQL database"],
    [{ url: "mysql://me:secret@host/db" }, "storage.url must be the URL of a PostgreSQL database"],
    [{ url: 7 }, "storage.url must be the URL of a PostgreSQL database"],
    [{ url: "postgres://me:secret@host/db", poolSize: 0 }, "storage.poolSize must be a whole number from 1"],
    [{ url: "postgres://me:secret@host/db?pool_size=many" }, "pool_size of storage.url must be a whole number from 1"],
    [{ url: "postgres://me:secret@host/db", prepared: "no" }, "storage.prepared must be true or false"],
    [{ url: "postgres://me:secret@host/db?prepared=no" }, "prepared of storage.url must be true or false"],
    [{ url: "postgres://me:secret@host/db", poolsize: 3 }, "`poolsize` is not an option of storage. Did you mean"],
    [{ file: "postgres://me:secret@host/db" }, "Name a PostgreSQL database with storage: { url }"],
    [
      "postgres://me:secret@host/db",
      'storage must be { file: "data/julep.db" }, { url: "postgres://..." } or "memory".'
    ],
    [{ uri: "postgres://me:secret@host/db" }, "storage must be"]
  ] as const)("%o is refused, and not repeated", ([storage, message]) =>
    Effect.gen(function* () {
      const error = yield* errorOf(storage)
      expect(error._tag).toBe("JulepConfigError")
      expect(error.message).toContain(message)
      expect(String(error)).not.toContain("secret")
    })
  )

  it.effect("of the environment is checked in the same way", () =>
    Effect.gen(function* () {
      for (const url of ["postgres://me:secret#1@host/db", "mysql://me:secret@host/db"]) {
        const error = yield* errorOf(undefined, { JULEP_DATABASE_URL: url })
        expect([error._tag, error.message]).toEqual([
          "JulepConfigError",
          expect.stringMatching(/^JULEP_DATABASE_URL must be .*PostgreSQL database/)
        ])
        expect(error.message).not.toContain("secret")
      }
    })
  )
})

describe("what PostgreSQL does itself", () => {
  it.effect("is not a backup of this package: the error names pg_dump", () =>
    Effect.gen(function* () {
      const env = ConfigProvider.fromMap(new Map([["JULEP_DATABASE_URL", "postgres://me:secret@host/db"]]))
      const error = yield* Embedded.backup("copy.db").pipe(Effect.withConfigProvider(env), Effect.flip)
      expect([error._tag, error.message]).toEqual(["JulepConfigError", expect.stringContaining("pg_dump")])
      expect(error.message).not.toContain("secret")
    })
  )

  it("is refused by the promise client, too", async () => {
    const storage = { url: "postgres://me:secret@host/db", poolSize: -1 }
    const client = Client.embedded({ storage, model: "offline" })
    await expect(client.agents.list()).rejects.toThrow("storage.poolSize must be a whole number from 1")
  })
})
