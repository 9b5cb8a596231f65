/** A backup in the place of a store. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import Database from "libsql"
import { schemaVersion } from "../../src/engine/storage/sqlite/Migrations.js"
import * as EngineStorage from "../../src/layers/EngineStorage.js"
import { temporaryFolder } from "../engine/storage/support/store.js"
import { cli } from "../support/cli.js"

const original = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-restore-"))
afterAll(() => fs.rmSync(original, { recursive: true, force: true }))

beforeAll(async () => {
  const [store, backup] = [path.join(original, "store.db"), path.join(original, "backup.db")]
  await Effect.runPromise(
    Effect.all([
      cli(`agents create --name Ada --db ${store}`),
      cli(`backup ${backup} --db ${store}`),
      cli(`agents create --name Bea --db ${store}`)
    ])
  )
})

/** A store with an agent in it, and a backup from before it had another. */
const scene = Effect.map(temporaryFolder, (folder) => {
  const [store, backup] = [path.join(folder, "store.db"), path.join(folder, "backup.db")]
  for (const file of [store, backup]) fs.copyFileSync(path.join(original, path.basename(file)), file)
  return { folder, store, backup }
})

const namesIn = (file: string) =>
  Effect.map(cli(`agents list --json --db ${file}`), ({ out }) =>
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).name)
      .toSorted()
  )

const change = (file: string, sql: string) =>
  Effect.sync(() => {
    const db = new Database(file)
    db.exec(sql)
    db.close()
  })

const aside = (folder: string) =>
  fs.readdirSync(folder).flatMap((name) => (name.includes(".before-restore.") ? [path.join(folder, name)] : []))

describe("restore", () => {
  it.scopedLive("puts the backup in place and keeps what was there, with its log", () =>
    Effect.gen(function* () {
      const { backup, folder, store } = yield* scene
      // What a process that was killed leaves.
      fs.writeFileSync(`${store}-wal`, "")
      fs.writeFileSync(`${store}-shm`, "")
      const { code, err } = yield* cli(`restore ${backup} --db ${store}`)
      expect([code, aside(folder).length]).toEqual([0, 2])
      const [before = ""] = aside(folder)
      expect(err).toBe(`Restored ${store}.\nWhat was there before is ${before}.\n`)
      expect(fs.readdirSync(folder).filter((name) => /restoring|-shm$/.test(name))).toEqual([])
      expect(yield* namesIn(store)).toEqual(["Ada"])
      expect(yield* namesIn(before)).toEqual(["Ada", "Bea"])
      expect(yield* namesIn(backup)).toEqual(["Ada"])
    })
  )

  it.scopedLive("makes a store where there is none, with what is in the log of the backup", () =>
    Effect.gen(function* () {
      const { backup, folder } = yield* scene
      const store = path.join(folder, "new", "store.db")
      const open = new Database(backup)
      yield* Effect.addFinalizer(() => Effect.sync(() => open.close()))
      open.exec("PRAGMA journal_mode = WAL; UPDATE agents SET name = 'Cyd'")
      expect(fs.statSync(`${backup}-wal`).size).toBeGreaterThan(0)
      expect(yield* cli(`restore ${backup} --json --db ${store}`)).toEqual({
        code: 0,
        out: `${JSON.stringify({ file: store, before: null })}\n`,
        err: ""
      })
      expect(yield* namesIn(store)).toEqual(["Cyd"])
    })
  )

  it.scopedLive("refuses a store that a process has open, and names it", () =>
    Effect.gen(function* () {
      const { backup, store } = yield* scene
      const opened = EngineStorage.choose({ file: store })
      const refused = yield* Effect.provide(cli(`restore ${backup} --db ${store}`), opened)
      expect(refused.code).toBe(5)
      expect(refused.err).toMatch(/ is in use by [^.]*\.\n$/)
      expect(yield* namesIn(store)).toEqual(["Ada", "Bea"])
    })
  )

  const bad: ReadonlyArray<readonly [string, (backup: string) => Effect.Effect<void>, string]> = [
    ["that is not there", (backup) => Effect.sync(() => fs.rmSync(backup)), "There is no file"],
    ["of text", (backup) => Effect.sync(() => fs.writeFileSync(backup, "text".repeat(2000))), "is not a database"],
    ["that is empty", (backup) => Effect.sync(() => fs.writeFileSync(backup, "")), "it has no store."],
    ["that was cut off", (backup) => Effect.sync(() => fs.truncateSync(backup, 40_000)), "damaged"],
    [
      "of another program",
      (backup) => change(backup, "PRAGMA application_id = 7"),
      "it is the database of another program"
    ],
    [
      "of a newer release",
      (backup) => change(backup, `INSERT INTO schema_versions VALUES (${schemaVersion + 1}, 1, ${schemaVersion + 1})`),
      `with schema version ${schemaVersion + 1}; this one knows versions up to ${schemaVersion}.`
    ],
    [
      "with a text that is not UTF-8",
      (backup) => change(backup, "UPDATE agents SET about = CAST(x'ff' AS TEXT)"),
      "about of row 1 of its table agents is not UTF-8."
    ]
  ]
  it.scopedLive.each(bad)("refuses a backup %s, and leaves the store", ([, spoil, message]) =>
    Effect.gen(function* () {
      const { backup, folder, store } = yield* scene
      yield* spoil(backup)
      const bytes = fs.readFileSync(store)
      const { code, err } = yield* cli(`restore ${backup} --db ${store}`)
      expect(code).toBeGreaterThan(0)
      expect(err).toContain(message)
      expect(err).toContain(backup)
      expect(err).not.toContain(".restoring")
      expect(fs.readFileSync(store).equals(bytes)).toBe(true)
      expect(fs.readdirSync(folder).filter((name) => /restoring|before/.test(name))).toEqual([])
    })
  )
})
