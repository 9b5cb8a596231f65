import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Postgres from "../../../../../src/engine/storage/postgres/driver/PostgresClient.js"
import { configOf } from "../../../../../src/engine/storage/postgres/driver/Url.js"
import { authorities, overTls } from "../../../../support/postgres/tls.js"
import { onPostgres } from "../../../../support/postgres.js"

it.each(["prefer", "require", "verify-ca", "verify-full"])(
  "sslmode=%s checks all, whatever a later pg makes of it",
  (mode) => {
    const connectionString = (parameters: string) =>
      Object(configOf({ url: Redacted.make(`postgres://a/b?${parameters}`), prepared: false })).connectionString
    expect(connectionString(`sslmode=${mode}`)).toBe("postgres://a/b?sslmode=verify-full")
    expect(connectionString(`x=1&sslmode=${mode}&y=2`)).toBe("postgres://a/b?x=1&sslmode=verify-full&y=2")
    const compatible = `uselibpqcompat=true&sslmode=${mode}`
    expect(connectionString(compatible)).toBe(`postgres://a/b?${compatible}`)
  }
)

onPostgres("TLS of a PostgreSQL database", (url) => {
  /** Opens the database over TLS with parameters of the URL, and runs a statement. */
  const answer = (port: number, host: string, parameters: Readonly<Record<string, string>>) => {
    const own = new URL(url)
    own.host = `${host}:${port}`
    for (const [name, value] of Object.entries(parameters)) own.searchParams.set(name, value)
    return Effect.scoped(
      Effect.flatMap(Postgres.make({ url: Redacted.make(own.href), poolSize: 1 }), (sql) => sql`SELECT 1 AS answer`)
    )
  }

  it.scoped("is checked by the authority that the URL names, and by the host", () =>
    Effect.gen(function* () {
      const { port } = yield* overTls(url)
      const right = { sslmode: "verify-full", sslrootcert: authorities.right }
      expect(yield* answer(port, "localhost", right)).toEqual([{ answer: 1 }])
      expect(yield* answer(port, "localhost", { sslmode: "no-verify" })).toEqual([{ answer: 1 }])
      const cases = [
        ["localhost", { ...right, sslrootcert: authorities.wrong }, "permission", "name its authority in the URL"],
        ["localhost", { sslmode: "verify-full" }, "permission", "name its authority in the URL"],
        ["localhost", { sslmode: "require" }, "permission", "name its authority in the URL"],
        ["127.0.0.1", right, "permission", "use the host that the certificate names"],
        ["localhost", { ...right, sslrootcert: "/nowhere/ca.pem" }, "options", "check sslrootcert, sslcert and sslkey"]
      ] as const
      for (const [host, parameters, reason, advice] of cases) {
        const error = yield* Effect.flip(answer(port, host, parameters))
        expect(error).toMatchObject({ _tag: "StorageOpenError", reason, message: expect.stringContaining(advice) })
      }
    })
  )
})
