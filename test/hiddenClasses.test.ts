import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import { describe, expect, it, vi } from "vitest"
import { programFile } from "./support/programs.js"

// Each of the programs computes for several seconds.
vi.setConfig({ testTimeout: 60_000 })

/**
 * How many hidden classes V8 makes while a program runs: for objects that get a property after a spread, and for closures of
 * generator functions.
 */
const hiddenClasses = async (program: string, ...args: ReadonlyArray<string>): Promise<number> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "julep-classes-"))
  const file = path.join(folder, "v8.log")
  const flags = ["--log-maps", "--no-log-maps-details", "--no-logfile-per-isolate", `--logfile=${file}`]
  try {
    await promisify(execFile)(process.execPath, [...flags, programFile(`test/support/${program}`), ...args])
    return fs.readFileSync(file, "latin1").match(/^map,(?:Transition|InitialMap|Normalize),/gm)?.length ?? 0
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

describe("the hidden classes of a turn", () => {
  // A turn used to make 60 of them, which took a sixth of its CPU: they keep what they refer to until the next full collection.
  it.each([
    ["whole", 3],
    // Five deferreds of Effect make twenty of 25, and more where fibers wait for each other on a busy machine.
    ["streamed", 31]
  ])("are few where replies are %s", async (way, most) => {
    const [few, many] = await Promise.all([
      hiddenClasses("turnsAlone", "60", way),
      hiddenClasses("turnsAlone", "160", way)
    ])
    expect(few).toBeGreaterThan(1000)
    expect((many - few) / 100).toBeLessThan(most)
  })
})

describe("the hidden classes of resources", () => {
  // Eleven requests used to make 60 of them. Eleven of the 13 that are left are of headers. A generator makes two or three.
  it("are few", async () => {
    const [few, many] = await Promise.all([
      hiddenClasses("resourcesAlone", "60"),
      hiddenClasses("resourcesAlone", "200")
    ])
    expect(few).toBeGreaterThan(1000)
    expect((many - few) / 140).toBeLessThan(14.2)
  })
})
