/** The embedded engine between processes. */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Embedded } from "../src/embedded.js"
import { Julep } from "../src/index.js"
import { startChild } from "./engine/storage/libsql/support/child.js"
import { programFile } from "./support/programs.js"

/** A new folder, removed with the scope. */
const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "julep-processes-"))),
  (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
)

const silent = Logger.replace(Logger.defaultLogger, Logger.none)
const on = (file: string) => Layer.provide(Embedded.layer({ storage: { file }, model: "offline" }), silent)

describe("processes", () => {
  it.scopedLive(
    "a file that another process holds is StorageLocked and names the process, and is free after that process ends",
    () =>
      Effect.gen(function* () {
        const file = path.join(yield* folder, "julep.db")
        const child = yield* startChild(file)
        expect(JSON.parse(yield* child.ask("open"))).toMatchObject({ tag: "Won" })
        const locked = yield* Effect.flip(Effect.scoped(Layer.build(on(file))))
        expect(locked).toMatchObject({ _tag: "StorageLocked", file, pid: child.pid })
        expect(locked.message).toContain(String(child.pid))
        yield* child.kill
        yield* Effect.provide(
          Effect.flatMap(Julep, ({ agents }) => agents.create({ name: "Ada" })),
          on(file)
        )
        const next = yield* startChild(file)
        expect(JSON.parse(yield* next.ask("open"))).toMatchObject({ tag: "Won" })
      })
  )

  it.scopedLive(
    "without variables, or with blank ones, the store is .julep/julep.db, in a folder that git ignores",
    () =>
      Effect.gen(function* () {
        const home = yield* folder
        const env = { PATH: process.env["PATH"], JULEP_DATABASE_URL: "", OPENAI_API_KEY: "" }
        const { stdout } = yield* Effect.promise(() =>
          promisify(execFile)(process.execPath, [programFile("test/support/defaultStore")], { cwd: home, env })
        )
        // The second time finds the first one's row, and leaves a .gitignore of the user's own alone.
        expect(JSON.parse(stdout)).toEqual([
          { names: ["Ada"], ignored: "*\n" },
          { names: ["Ada", "Ada"], ignored: "mine\n" }
        ])
        expect(fs.readdirSync(home)).toEqual([".julep"])
        expect(fs.existsSync(path.join(home, ".julep", "julep.db"))).toBe(true)
      }),
    60_000
  )
})
