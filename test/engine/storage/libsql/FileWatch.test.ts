import * as fs from "node:fs"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Registry from "../../../../src/engine/storage/libsql/Registry.js"
import { temporaryFolder } from "../support/store.js"

/** Moves the clock of the watch on, so that it asks the file system again. */
const later = Effect.acquireRelease(
  Effect.sync(() => {
    const now = performance.now()
    return vi.spyOn(performance, "now").mockReturnValue(now + 60_000)
  }),
  (spy) => Effect.sync(() => spy.mockRestore())
)

const insert = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO notes VALUES ('x')`)

/** Opens a store, does something to its files, and tries to write a minute later. */
const writeAfter = (change: (file: string) => void) =>
  Effect.gen(function* () {
    const file = join(yield* temporaryFolder, "store.db")
    return yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE notes (text TEXT)`
      change(file)
      yield* later
      return [yield* Effect.either(insert), yield* Effect.either(sql.withTransaction(insert))]
    }).pipe(Effect.provide(Registry.layer({ filename: file })))
  })

describe("an open database", () => {
  const changes: ReadonlyArray<readonly [what: string, change: (file: string) => void]> = [
    ["was deleted", (file) => fs.rmSync(file)],
    ["was moved", (file) => fs.renameSync(file, `${file}.moved`)],
    [
      "was replaced by a copy",
      (file) => {
        fs.copyFileSync(file, `${file}.copy`)
        fs.renameSync(`${file}.copy`, file)
      }
    ]
  ]
  for (const [what, change] of changes) {
    it.scoped(`refuses statements and transactions once its file ${what}`, () =>
      Effect.gen(function* () {
        for (const result of yield* writeAfter(change)) {
          expect(result).toMatchObject({ _tag: "Left", left: { message: expect.stringContaining("moved, deleted") } })
        }
      })
    )
  }

  it.scoped("refuses them once another living process has taken its lock", () =>
    Effect.gen(function* () {
      const results = yield* writeAfter((file) => fs.writeFileSync(`${file}.lock.pid`, `${process.ppid}\n`))
      for (const result of results) {
        expect(result).toMatchObject({ left: { message: expect.stringContaining(`Process ${process.ppid}`) } })
      }
    })
  )

  it.scoped("goes on where nothing changed", () =>
    Effect.gen(function* () {
      expect(yield* writeAfter(() => {})).toMatchObject([{ _tag: "Right" }, { _tag: "Right" }])
    })
  )
})
