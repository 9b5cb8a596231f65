/** What the docs say about a text that is not UTF-8, which the driver cannot read. */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { expect, onTestFinished, test } from "vitest"
import { inspected } from "../../../../src/layers/EngineStorage.js"
import { Client } from "../../../../src/promise/index.js"

const root = path.resolve(import.meta.dirname, "../../../..")

/** The program of the docs, in a folder from which `libsql` can be imported. */
const program = (folder: string): string => {
  const page = fs.readFileSync(path.join(root, "docs/storage-and-backup.md"), "utf8")
  const [, source = ""] = /```js\n(\/\/ damaged\.mjs[\s\S]*?)```/.exec(page) ?? []
  const file = path.join(folder, "damaged.mjs")
  fs.writeFileSync(file, source)
  return file
}

/** Runs SQL on a file in a process of its own. */
const sql = (folder: string, file: string, statement: string) => {
  const script = path.join(folder, "sql.mjs")
  fs.writeFileSync(
    script,
    'import Database from "libsql"\nconst [file, sql] = process.argv.slice(2)\n' +
      "const statement = new Database(file).prepare(sql)\n" +
      "console.log(JSON.stringify(statement.reader ? statement.all() : statement.run()))\n"
  )
  return spawnSync(process.execPath, [script, file, statement], { encoding: "utf8" })
}

test("a text that is not UTF-8 ends the process that reads it, spares other rows and backups, and can be repaired", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "damage-"))
  fs.symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, "julep.db")
  const first = Client.embedded({ storage: { file }, model: "offline" })
  const ada = await first.agents.create({ name: "Ada" })
  const eve = await first.agents.create({ name: "Eve" })
  await first.close()
  expect(sql(folder, file, "UPDATE agents SET name = CAST(x'45ff' AS TEXT) WHERE name = 'Eve'").status).toBe(0)

  const reading = sql(folder, file, "SELECT name FROM agents")
  expect([reading.status === 0, reading.stdout]).toEqual([false, ""])
  expect(reading.stderr).toContain("Utf8Error")
  expect(sql(folder, file, "PRAGMA integrity_check").stdout).toContain("ok")

  // The check reads no text as one.
  expect((await Effect.runPromise(inspected(file))).damaged).toEqual([{ table: "agents", column: "name", rowid: 2 }])

  const second = Client.embedded({ storage: { file }, model: "offline" })
  expect((await second.agents.get(ada.id)).name).toBe("Ada")
  const copy = path.join(folder, "copy.db")
  await second.close()
  await Client.backup(copy, { storage: { file } })

  const script = program(folder)
  const run = (...args: ReadonlyArray<string>) =>
    execFileSync(process.execPath, [script, ...args], { encoding: "utf8" })
  expect(run(copy)).toBe("agents.name, rowid 2\n")
  expect(run(file, "--repair")).toBe("agents.name, rowid 2\n")
  expect(run(file)).toBe("")
  const third = Client.embedded({ storage: { file }, model: "offline" })
  expect((await third.agents.get(eve.id)).name).toBe("E\uFFFD")
  await third.close()
})
