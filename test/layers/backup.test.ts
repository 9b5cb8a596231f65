import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import { Client } from "../../src/promise/index.js"
import { temporaryFile } from "../soak/support/database.js"

const engineOn = (file: string) => Embedded.layer({ storage: { file }, model: "offline" })

const names = Effect.flatMap(Julep, ({ agents }) => agents.list({ limit: 1000 })).pipe(
  Effect.map((agents) => new Set(agents.map(({ name }) => name)))
)

const create = (index: number) => Effect.flatMap(Julep, ({ agents }) => agents.create({ name: `Agent ${index}` }))

describe("a backup", () => {
  it.scoped("has every row of before, and opens, while writes go on", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const copy = path.join(path.dirname(file), "copies", "one.db")
      yield* Effect.gen(function* () {
        const written: Array<number> = []
        const write = Effect.forEach(
          Array.from({ length: 60 }, (_, index) => index),
          (index) => Effect.tap(create(index), () => Effect.sync(() => written.push(index))),
          { concurrency: 4 }
        )
        yield* Effect.forEach([100, 101, 102], create)
        const writer = yield* Effect.fork(write)
        while (written.length < 10) yield* Effect.yieldNow()
        const before = [...written]
        yield* Embedded.backup(copy, { storage: { file } })
        yield* Fiber.join(writer)
        const found = yield* Effect.provide(names, engineOn(copy))
        for (const index of [100, 101, 102, ...before]) expect(found).toContain(`Agent ${index}`)
        expect((yield* names).size).toBe(63)
      }).pipe(Effect.provide(engineOn(file)))
    })
  )

  it.scoped("refuses a file that exists, and a store that does not", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const folder = path.dirname(file)
      const missing = yield* Effect.flip(Embedded.backup(path.join(folder, "x.db"), { storage: { file } }))
      expect(missing._tag).toBe("StorageOpenError")
      expect(missing.message).toContain("There is no store")
      expect(fs.existsSync(file)).toBe(false)
      yield* Effect.provide(create(1), engineOn(file))
      const taken = path.join(folder, "taken.db")
      fs.writeFileSync(taken, "mine")
      const error = yield* Effect.flip(Embedded.backup(taken, { storage: { file } }))
      expect(error._tag).toBe("StorageError")
      expect(error.message).toContain("exists already")
      expect(fs.readFileSync(taken, "utf8")).toBe("mine")
    })
  )

  it.scoped("is made by the client of promises, too", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const copy = path.join(path.dirname(file), "copy.db")
      yield* Effect.provide(create(7), engineOn(file))
      yield* Effect.promise(() => Client.backup(copy, { storage: { file } }))
      expect(yield* Effect.provide(names, engineOn(copy))).toEqual(new Set(["Agent 7"]))
      const again = yield* Effect.flip(Effect.tryPromise(() => Client.backup(copy, { storage: { file } })))
      expect(String(again.error)).toContain("exists already")
    })
  )

  it.scoped("is not needed where a folder is copied while the program is stopped", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* Effect.provide(create(3), engineOn(file))
      const copied = path.join(path.dirname(file), "copied")
      fs.mkdirSync(copied)
      for (const name of fs.readdirSync(path.dirname(file)).filter((name) => name !== "copied")) {
        fs.copyFileSync(path.join(path.dirname(file), name), path.join(copied, name))
      }
      const both = Effect.all([names, Effect.provide(names, engineOn(path.join(copied, path.basename(file))))])
      const [first, second] = yield* Effect.provide(both, engineOn(file))
      expect(second).toEqual(first)
    })
  )
})
