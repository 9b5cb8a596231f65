import { createServer, type Server } from "node:net"
import { SqlError } from "@effect/sql/SqlError"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { adviceFor } from "../../../../../src/engine/storage/codes/postgres.js"
import * as Postgres from "../../../../../src/engine/storage/postgres/driver/PostgresClient.js"
import { onPostgres } from "../../../../support/postgres.js"
import { recordingTracer } from "../../../../support/tracer.js"
import { database } from "./support/server.js"

const SECRET = "se%2Fcret"

const failure = (url: string, options?: Omit<Postgres.OpenOptions, "url">) =>
  Effect.flip(Effect.scoped(Postgres.make({ ...options, url: Redacted.make(url) })))

/** A server of one answer to whatever is sent first; the scope closes it. */
const answering = (answer: Buffer | undefined) =>
  Effect.acquireRelease(
    Effect.async<Server>((resume) => {
      const server = createServer((socket) => {
        socket.on("error", () => undefined)
        socket.once("data", () => void (answer === undefined ? socket.destroy() : socket.write(answer)))
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return `postgres://app:${SECRET}@127.0.0.1:${typeof address === "object" ? address?.port : 0}/app`
    })
  )

/** The message of an error that ends the session, as a server sends it. */
const fatal = (code: string, message: string): Buffer => {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const head = Buffer.from([0x45, 0, 0, 0, 0])
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}

describe("opening a PostgreSQL database", () => {
  it.effect("says how to install the package pg", () =>
    Effect.gen(function* () {
      const missing = yield* failure(`postgres://app:${SECRET}@localhost/app`, {
        load: () => Promise.reject(new Error("Cannot find package 'pg' imported from /app/index.js"))
      })
      expect(missing).toMatchObject({
        _tag: "StorageOpenError",
        reason: "missing-binary",
        file: "postgres://app@localhost/app"
      })
      expect(missing.message).toBe("The PostgreSQL store needs the optional package pg: npm install pg")
      const odd = yield* failure("postgres://localhost/app", { load: () => Promise.resolve({}) })
      expect(odd.message).toContain("npm install pg@8")
    })
  )

  it.effect("says what is wrong with a URL, without repeating it", () =>
    Effect.gen(function* () {
      const urls = [
        `mysql://app:${SECRET}@localhost/app`,
        "postgres://app:se/cret@localhost/app",
        "postgres://a:1@b:x/c"
      ]
      for (const url of urls) {
        const error = yield* failure(url)
        expect(error).toMatchObject({ _tag: "StorageOpenError", reason: "options" })
        expect(JSON.stringify([error, error.message])).not.toMatch(/cret/)
      }
    })
  )

  it.scoped("says what to do about what the server answers", () =>
    Effect.gen(function* () {
      const cases = [
        ["28P01", "permission", "check the user and the password"],
        ["3D000", "not-a-database", "create it"],
        ["53300", "busy", "lower the pool size"],
        ["57P03", "busy", "try again in a moment"],
        ["42501", "permission", "grant it"],
        ["26000", "options", "set prepared to false"],
        ["99999", "io", "sorry"]
      ] as const
      for (const [code, reason, advice] of cases) {
        const error = yield* failure(yield* answering(fatal(code, "sorry")))
        expect(error).toMatchObject({ _tag: "StorageOpenError", reason })
        expect(error.message).toContain(advice)
        expect(error.message).toContain("Cannot open postgres://app@127.0.0.1")
      }
    })
  )

  it.scoped("is a typed error where nothing answers, or not in the language of PostgreSQL", () =>
    Effect.gen(function* () {
      const pooled = yield* failure(yield* answering(fatal("08P01", "unsupported startup parameter: options")))
      expect(pooled.message).toContain("set prepared to false")
      const refused = yield* failure("postgres://app@127.0.0.1:1/app")
      expect(refused).toMatchObject({ reason: "io" })
      expect(refused.message).toContain("check the host and the port")
      const dropped = yield* failure(yield* answering(undefined))
      expect(dropped.message).toContain("the connection to the database was lost")
      const plain = yield* failure(`${yield* answering(Buffer.from("N"))}?sslmode=verify-full`)
      expect(plain).toMatchObject({ reason: "options" })
      expect(plain.message).toContain("sslmode=disable")
      const silent = yield* failure(yield* answering(Buffer.from("")), { connectTimeout: "50 millis" })
      expect(silent.message).toContain("the database cannot be reached")
    })
  )

  it("has advice for the codes that statements fail with", () => {
    const failed = (code: string) => new SqlError({ cause: Object.assign(new Error("no"), { code }), message: "no" })
    const codes = [
      "53100",
      "53300",
      "57P01",
      "08006",
      "28P01",
      "42501",
      "25006",
      "22021",
      "54000",
      "40001",
      "57014",
      "23505"
    ]
    expect(codes.filter((code) => adviceFor(failed(code)) === undefined)).toEqual([])
    expect(adviceFor(failed("25006"))).toContain("primary")
    expect(adviceFor(failed("CERT_HAS_EXPIRED"))).toContain("has expired")
    expect(adviceFor(failed("42601"))).toBeUndefined()
  })
})

onPostgres("spans of PostgreSQL", (url) => {
  it.scoped("show statements inside transactions, and no parameter", () =>
    Effect.gen(function* () {
      const { tracer, spans } = recordingTracer()
      const sql = yield* database(url)
      yield* Effect.ignore(
        Effect.withTracer(sql.withTransaction(Effect.zipRight(sql`SELECT ${"secret"}`, sql`SELEC`)), tracer)
      )
      expect(spans().map(({ name, parent }) => [name, parent])).toEqual([
        ["sql.transaction", undefined],
        ["sql.execute", "sql.transaction"],
        ["sql.execute", "sql.transaction"]
      ])
      expect(spans()[1]?.attributes).toEqual({
        "db.system.name": "postgresql",
        "db.operation.name": "execute",
        "db.query.text": "SELECT $1"
      })
      expect(JSON.stringify(spans())).not.toContain("secret")
    })
  )
})
