/** The import rules of the rooms, checked on the specifiers of all files. */
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { imports } from "./support/imports.js"
import { exampleFaults, faults, rooms, type SourceFile, testFaults } from "./support/rooms.js"

const root = new URL("../", import.meta.url).pathname

const filesOf = (folder: string): ReadonlyArray<SourceFile> =>
  fs.existsSync(path.join(root, folder))
    ? fs
        .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.[cm]?tsx?$/.test(name) && !name.includes("node_modules"))
        .map((name) => path.posix.join(folder, name.replaceAll(path.sep, "/")))
        .map((file) => ({ file, source: fs.readFileSync(path.join(root, file), "utf8") }))
    : []

const src = filesOf("src")
const playground = filesOf("playground/src")
const roomed = [...src, ...playground]
const tests = filesOf("test")
const examples = filesOf("examples")
const bench = filesOf("bench")

/** The paths in the first column of the table of rooms in CONTRIBUTING.md, from the root of the project. */
const documented = fs
  .readFileSync(path.join(root, "CONTRIBUTING.md"), "utf8")
  .split(/^## /m)
  .filter((section) => section.startsWith("The rooms"))
  .flatMap((section) => section.split("\n"))
  .flatMap((line) => (/^\| (`.*?) \|/.exec(line)?.[1] ?? "").match(/(?<=`)[\w./]+(?=`)/g) ?? [])
  .map((room) => room.replace(/^(?=usecases|storage)/, "src/engine/"))

describe("the rooms", () => {
  it("are in CONTRIBUTING.md: a path for each folder that is a room, and for each file, and no other", () => {
    const folders = rooms
      .map(({ files }) => files.source.replaceAll("\\", ""))
      .flatMap((pattern) => /^\^([\w/]+)\/$/.exec(pattern)?.[1] ?? [])
    expect(folders.length).toBeGreaterThan(15)
    expect(folders.filter((folder) => !documented.includes(folder))).toEqual([])
    const isIn = (room: string) => (file: string) => file === room || file.startsWith(`${room}/`)
    const files = [...roomed, ...examples].map(({ file }) => file)
    expect(files.filter((file) => !documented.some((room) => isIn(room)(file)))).toEqual([])
    expect(documented.filter((room) => !files.some(isIn(room)))).toEqual([])
  })

  for (const { name, files } of rooms) {
    it(`${name} imports what it may`, () => {
      const own = roomed.filter(({ file }) => rooms.find((room) => room.files.test(file))?.files === files)
      expect(own.flatMap(faults)).toEqual([])
    })
  }

  it("every file of src and of the playground is in a room, and every import of it was seen", () => {
    expect(src.length).toBeGreaterThan(50)
    expect(playground.length).toBeGreaterThan(10)
    expect(roomed.filter(({ file }) => rooms.every(({ files }) => !files.test(file)))).toEqual([])
    for (const { file, source } of roomed) {
      const lines = source.match(/^(import|export) .*from "|^\} from "|^import "/gm) ?? []
      expect(imports(source).filter(({ dynamic }) => !dynamic).length, file).toBe(lines.length)
    }
  })

  it("every relative import is a file", () => {
    const all = [...roomed, ...tests, ...bench]
    const known = new Set([...all, ...examples].map(({ file }) => file))
    const isFile = (target: string) =>
      known.has(target.replace(/\.js$/, ".ts")) ||
      known.has(target.replace(/\.js$/, ".tsx")) ||
      (target.endsWith(".mjs") && fs.existsSync(path.join(root, target)))
    const missing = all.flatMap(({ file, source }) =>
      imports(source)
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier }) => path.posix.join(path.posix.dirname(file), specifier))
        .filter((target) => !isFile(target))
    )
    expect(missing).toEqual([])
  })

  it("examples import the package by its name", () => {
    expect(examples.flatMap(exampleFaults)).toEqual([])
  })

  it("no test imports another", () => {
    expect(tests.length).toBeGreaterThan(20)
    expect(tests.flatMap(testFaults)).toEqual([])
  })
})

describe("the checker can fail", () => {
  const bad: ReadonlyArray<readonly [file: string, source: string, fault: string]> = [
    ["src/schema/A.ts", 'import type { B } from "../services/B.js"', "services"],
    ["src/schema/A.ts", 'import * as HttpApi from "@effect/platform/HttpApi"', "outside"],
    ["src/schema/A.ts", 'export { B } from "./api/B.js"', "schema/api"],
    ["src/schema/api/A.ts", 'import * as HttpApiGroup from "@effect/platform/HttpApiGroup"', "outside"],
    ["src/schema/A.ts", 'import { Effect } from "effect"', "barrel"],
    ["src/transport/A.ts", 'export type * from "../engine/ports/B.js"', "engine/ports"],
    ["src/transport/A.ts", 'import { createHash } from "crypto"', "of Node"],
    ["src/services/A.ts", 'import * as B from "../layers/B.js"', "layers"],
    ["src/services/A.ts", 'import { JulepApi } from "../schema/api/JulepApi.js"', "schema/api/platform"],
    ["src/services/A.ts", 'const b = await import("../engine/storage/B.js")', "engine/storage"],
    ["src/services/A.ts", 'type B = import("../engine/usecases/B.js").B', "engine/usecases"],
    ["src/services/A.ts", "const key = process.env.KEY", "process"],
    ["src/services/A.ts", 'import "@effect/platform-node/NodeHttpClient"', "outside"],
    ["src/services/A.ts", "const b = await import(name)", "only the run"],
    ["src/engine/usecases/A.ts", 'import * as Sql from "@effect/sql/SqlClient"', "outside"],
    ["src/engine/http/A.ts", 'import { B } from "../storage/B.js"', "engine/storage"],
    ["src/engine/model/A.ts", 'import { B } from "../../services/B.js"', "services"],
    ["src/engine/storage/A.ts", 'import { B } from "../http/B.js"', "engine/http"],
    ["src/layers/Julep.ts", 'import { B } from "./Embedded.js"', "of layers"],
    ["src/layers/Embedded.ts", 'import { B } from "../testing/B.js"', "edges"],
    ["src/testing/A.ts", 'import { B } from "../engine/ports/B.js"', "engine/ports"],
    ["src/ai/A.ts", 'import { B } from "../engine/ports/B.js"', "engine/ports"],
    ["src/ai/A.ts", 'import { B } from "@effect/ai-openai/B"', "outside"],
    ["src/mcp/A.ts", 'import { B } from "../layers/B.js"', "layers"],
    ["src/mcp/A.ts", 'import { B } from "@modelcontextprotocol/server"', "outside"],
    ["src/layers/Embedded.ts", 'import { B } from "../ai/B.js"', "of ai"],
    ["playground/src/A.tsx", 'import { Agents } from "../../src/index.js"', "of index"],
    ["playground/src/A.tsx", 'import { Client } from "effect-julep/promise"', "outside"],
    ["src/index.ts", 'export { B } from "./embedded.js"', "embedded"],
    ["src/index.ts", 'export { JulepApi } from "./schema/api/JulepApi.js"', "schema/api/platform"],
    ["src/index.ts", 'export { B } from "./engine/ports/B"', "without .js"],
    ["src/elsewhere/A.ts", "", "in no room"]
  ]
  for (const [file, source, fault] of bad) {
    it(`on ${source || "nothing"} in ${file}`, () => {
      expect(faults({ file, source }).join()).toContain(fault)
    })
  }

  it("on examples and tests", () => {
    const example = { file: "examples/chat/main.ts", source: 'import { Julep } from "../../src/index.js"' }
    expect(exampleFaults(example)).toHaveLength(1)
    expect(exampleFaults({ ...example, source: 'import "../support.js"' })).toEqual([])
    expect(testFaults({ file: "test/a.test.ts", source: 'export * from "./b.test.js"' })).toHaveLength(1)
  })

  it("and is not misled by comments, texts, templates and regular expressions", () => {
    const source = [
      "/** import { A } from 'commented' */",
      'const a = \'import { A } from "quoted"\' // import "late"',
      'const b = `\u0024{a + `import("nested")`} from "template"`',
      'const c = x / y; const d = /["\'`]import("regex")/.test("/")',
      'import { type E, default as F } from "real"',
      "export const from = 1",
      "export { from }",
      'const g = `\u0024{await import("inside")}`',
      "object.import('method')"
    ].join("\n")
    expect(imports(source).map(({ specifier }) => specifier)).toEqual(["real", "inside"])
    expect(imports('import type { A } from "t"\nexport * as B from "u"')).toEqual([
      { specifier: "t", typeOnly: true, dynamic: false },
      { specifier: "u", typeOnly: false, dynamic: false }
    ])
  })
})
