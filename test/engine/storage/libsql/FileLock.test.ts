import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileLock from "../../../../src/engine/storage/libsql/FileLock.js"
import * as Registry from "../../../../src/engine/storage/libsql/Registry.js"
import { startChild } from "./support/child.js"
import { temporaryFile } from "./support/database.js"

describe("FileLock", () => {
  it.scoped("is exclusive, and free again after its scope", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* FileLock.acquire(file)
          const error = yield* Effect.flip(Effect.scoped(FileLock.acquire(file)))
          expect(error).toMatchObject({ _tag: "StorageLocked", file, pid: process.pid })
          // The refused attempt must not have taken the lock away from its holder.
          expect((yield* Effect.flip(Effect.scoped(FileLock.acquire(file))))._tag).toBe("StorageLocked")
        })
      )
      expect(fs.existsSync(`${file}.lock.pid`)).toBe(false)
      yield* FileLock.acquire(file)
    })
  )

  it.scoped("names no pid when the one on record is not a living process", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* FileLock.acquire(file)
      for (const text of ["", "x", "-1", "2147483646"]) {
        fs.writeFileSync(`${file}.lock.pid`, text)
        const error = yield* Effect.flip(Effect.scoped(FileLock.acquire(file)))
        expect(error).not.toHaveProperty("pid")
        expect(error.message).toContain("another process")
      }
    })
  )

  it.scopedLive(
    "one of 8 processes wins, the other seven report its pid, and SIGKILL of the winner frees the file",
    () =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        const children = yield* Effect.all(
          Array.from({ length: 8 }, () => startChild(file)),
          { concurrency: "unbounded" }
        )
        const answers = yield* Effect.forEach(children, (child) => child.ask("open"), { concurrency: "unbounded" })
        const outcomes = answers.map((answer) => JSON.parse(answer))
        const winner = children[outcomes.findIndex((outcome) => outcome.tag === "Won")]
        expect(winner).toBeDefined()
        expect(outcomes.map((outcome) => outcome.tag).sort()).toEqual([...Array(7).fill("StorageLocked"), "Won"])
        // A loser of the same instant may find no pid yet, but never a wrong one.
        const named = outcomes.flatMap((outcome) => (outcome.pid === undefined ? [] : [outcome.pid]))
        expect(named).toEqual(named.map(() => winner?.pid))

        const late = yield* Effect.flip(Effect.scoped(Registry.acquire({ filename: file })))
        expect(late).toMatchObject({ _tag: "StorageLocked", file, pid: winner?.pid })
        expect(late.message).toContain(`${winner?.pid}`)

        yield* winner?.kill ?? Effect.void
        const sql = yield* Registry.acquire({ filename: file })
        expect(yield* sql`SELECT pid FROM winners`).toEqual([{ pid: winner?.pid }])
        expect(yield* sql`PRAGMA integrity_check`).toEqual([{ integrity_check: "ok" }])
      }),
    60_000
  )
})
