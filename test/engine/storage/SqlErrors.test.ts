import { SqlError } from "@effect/sql/SqlError"
import { describe, expect, it } from "@effect/vitest"
import { LOST_IN_COMMIT } from "../../../src/engine/storage/codes/postgres.js"
import { storageError } from "../../../src/engine/storage/SqlErrors.js"

describe("failures", () => {
  it.each([
    ["SQLITE_FULL", "free some space"],
    ["SQLITE_BUSY_SNAPSHOT", "locked by another process"],
    ["SQLITE_CORRUPT_VTAB", "restore a backup"],
    ["SQLITE_READONLY_DIRECTORY", "permissions"],
    ["SQLITE_IOERR_WRITE", "disk"],
    ["53100", "free some space"],
    ["08006", "connection"],
    ["28P01", "password"],
    ["23514", "violates a constraint"]
  ])("%s says what to do and keeps the cause", (code, advice) => {
    const cause = new SqlError({ cause: Object.assign(new Error("native text"), { code }) })
    const error = storageError("docs.insert", cause)
    expect(error.message).toContain("docs.insert: ")
    expect(error.message).toContain(advice)
    expect(error.message).toContain("native text")
    expect(error.cause).toBe(cause)
  })

  const failureOf = (code: string, message = "native text") =>
    storageError("docs.insert", new SqlError({ cause: Object.assign(new Error(message), { code }) }))

  it.each(["SQLITE_BUSY", "SQLITE_LOCKED_SHAREDCACHE", "08006", "57P01", "57P03", "53300", "55P03", "40001"])(
    "%s is transient: the same may work soon",
    (code) => expect(failureOf(code).transient).toBe(true)
  )

  it.each(["ECONNREFUSED", "ECONNRESET", "EAI_AGAIN"])("%s is transient: the database may come back", (code) =>
    expect(failureOf(code).transient).toBe(true)
  )

  it.each(["SQLITE_FULL", "SQLITE_CORRUPT", "53100", "57014", "28P01", "42501", "23514", ""])(
    "%s is not transient",
    (code) => expect(failureOf(code).transient).toBeUndefined()
  )

  it.each([
    ["connect", "cannot be reached"],
    ["read", "was lost"],
    ["write", "was lost"]
  ])("ETIMEDOUT of %s says that the database %s", (syscall, advice) => {
    const cause = Object.assign(new Error("native text"), { code: "ETIMEDOUT", syscall })
    expect(storageError("docs.insert", new SqlError({ cause })).message).toContain(advice)
  })

  it("a connection that was lost during COMMIT is not transient: the changes may be stored", () =>
    expect(failureOf("08006", `${LOST_IN_COMMIT}: native text`).transient).toBeUndefined())
})
