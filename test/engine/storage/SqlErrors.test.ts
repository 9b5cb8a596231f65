import { SqlError } from "@effect/sql/SqlError"
import { describe, expect, it } from "@effect/vitest"
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
    ["23514", "contradicts"]
  ])("%s says what to do and keeps the cause", (code, advice) => {
    const cause = new SqlError({ cause: Object.assign(new Error("native text"), { code }) })
    const error = storageError("docs.insert", cause)
    expect(error.message).toContain("docs.insert: ")
    expect(error.message).toContain(advice)
    expect(error.message).toContain("native text")
    expect(error.cause).toBe(cause)
  })
})
