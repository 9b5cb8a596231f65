/** Every export of the entry points, every public declaration inside it and every member of its interfaces has a doc comment. */
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"

const root = path.join(import.meta.dirname, "..", "src")
const entries = [
  "index.ts",
  "embedded.ts",
  "ai/index.ts",
  "mcp/index.ts",
  "mcp/promise/index.ts",
  "promise/index.ts",
  "server/index.ts",
  "testing/index.ts",
  "api.ts"
]

/** A name that a module exports, where it is declared, and under which name. */
interface Export {
  readonly name: string
  readonly file: string
  readonly declared: string
}

const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8")
const target = (from: string, specifier: string): string =>
  path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, ".ts")

const declaration = /^export (?:abstract )?(?:const|class|interface|type|function|declare namespace) (\w+)/gm

/** The exports of a module. Those of a namespace `X` are listed as `X.name`. */
const exportsOf = (file: string): ReadonlyArray<Export> => {
  const source = read(file).replace(/^ *\*.*$/gm, "")
  const here = [...source.matchAll(declaration)].map(([, name = ""]) => ({ name, file, declared: name }))
  const named = [...source.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)"/gm)].flatMap(
    ([, list = "", specifier = ""]) =>
      list
        .split(",")
        .map((part) => part.trim().replace(/^type /, ""))
        .filter((part) => part !== "")
        .flatMap((part) => {
          const [inner = "", outer = inner] = part.split(" as ")
          return exportsOf(target(file, specifier))
            .filter(({ name }) => name === inner || name.startsWith(`${inner}.`))
            .map((found) => ({ ...found, name: `${outer}${found.name.slice(inner.length)}` }))
        })
  )
  const all = [...source.matchAll(/^export (?:type )?\* (?:as (\w+) )?from "([^"]+)"/gm)].flatMap(
    ([, space, specifier = ""]) =>
      exportsOf(target(file, specifier)).map((found) => ({
        ...found,
        name: space === undefined ? found.name : `${space}.${found.name}`
      }))
  )
  const spaces = [...source.matchAll(/^import \* as (\w+) from "([^"]+)"/gm)].flatMap(
    ([, space = "", specifier = ""]) =>
      new RegExp(`^export \\{[^}]*\\b${space}\\b[^}]*\\}$`, "m").test(source)
        ? exportsOf(target(file, specifier)).map((found) => ({ ...found, name: `${space}.${found.name}` }))
        : []
  )
  return [...here, ...named, ...all, ...spaces]
}

const isDocumented = (lines: ReadonlyArray<string>, at: number): boolean => /\*\/\s*$/.test(lines[at - 1] ?? "")
const isInternal = (lines: ReadonlyArray<string>, at: number): boolean => /@internal/.test(lines[at - 1] ?? "")

/** The lines of a file that declare a name: a schema and its type share one, and a namespace goes with its class. */
const declaredAt = (lines: ReadonlyArray<string>, name: string): ReadonlyArray<number> =>
  lines.flatMap((line, at) =>
    new RegExp(`^export (?:abstract )?(?:const|class|interface|type|function) ${name}\\b`).test(line) ? [at] : []
  )

/** The members without a doc comment of the interface that a line opens. */
const undocumentedMembers = (lines: ReadonlyArray<string>, at: number): ReadonlyArray<string> => {
  const indent = /^ */.exec(lines[at] ?? "")?.[0] ?? ""
  const length = lines.slice(at).findIndex((line) => line.startsWith(`${indent}}`))
  const member = new RegExp(`^${indent} {2}(?:readonly )?(["~\\w]+)\\??[:(<]`)
  return lines.slice(at + 1, at + length).flatMap((line, offset) => {
    const name = member.exec(line)?.[1]
    return name === undefined || isDocumented(lines, at + 1 + offset) ? [] : [name]
  })
}

/** The declarations of a name without a doc comment: itself, and the members of its namespace, class or interface. */
const undocumented = (source: string, name: string): ReadonlyArray<string> => {
  const lines = source.split("\n")
  const own = declaredAt(lines, name)
  const missing = own.some((at) => isDocumented(lines, at)) ? [] : [name]
  const members = lines.flatMap((line, at) =>
    new RegExp(`^export interface ${name}\\b.*\\{$`).test(line)
      ? undocumentedMembers(lines, at).map((member) => `${name}.${member}`)
      : []
  )
  const inside = lines.flatMap((line, at) => {
    const opens = new RegExp(`^export (?:declare namespace|class) ${name}\\b`).test(line)
    if (!opens) return []
    const end = lines.findIndex((other, index) => index >= at && /^\}/.test(other))
    return lines.slice(at + 1, end < 0 ? at + 1 : end).flatMap((inner, offset) => {
      const member = /^ {2}(?:static readonly|interface|type) (\w+)/.exec(inner)?.[1]
      const line = at + 1 + offset
      const isShown = member === undefined || isDocumented(lines, line) || isInternal(lines, line)
      const own = /^ {2}interface .*\{$/.test(inner) ? undocumentedMembers(lines, line) : []
      return [...(isShown ? [] : [`${name}.${member}`]), ...own.map((each) => `${name}.${member}.${each}`)]
    })
  })
  return [...missing, ...members, ...inside]
}

describe("the public surface", () => {
  for (const entry of entries) {
    it(`every export of ${entry} has a doc comment`, () => {
      const found = exportsOf(entry)
      const faults = found.flatMap(({ declared, file, name }) =>
        undocumented(read(file), declared).map((fault) => `${name}: ${fault} of ${file}`)
      )
      expect([...new Set(faults)]).toEqual([])
    })
  }

  it("is walked: known exports are found, through re-exports and namespaces", () => {
    const names = entries.map((entry) => new Set(exportsOf(entry).map(({ name }) => name)))
    const known = [
      ["Julep", "Agent", "AgentCreated", "messageText", "RetryPolicy.standard", "JulepConfig", "NotFound"],
      ["Embedded.layer", "Embedded.Model", "Embedded.ModelRequest", "Embedded.StorageError", "Embedded.Options"],
      ["EngineModel.languageModel", "EngineModel.settings", "SessionModel.layer"],
      ["AgentServer.layerHttp", "AgentServer.HttpOptions", "McpTools.connect", "McpTools.McpToolsOptions"],
      ["McpTools.connect", "McpTools.McpConnection", "McpTools.McpError"],
      ["Client", "Agents", "CreateAgent", "RetryPolicy", "StorageLocked"],
      ["Server.layer", "Server.app", "Server.Identity", "Server.Keys", "Server.Options"],
      ["layerMemory", "drain", "TestClient", "Scripted.hold", "StubHttp.layer", "arbitraries"],
      ["JulepApi", "OpenAiApi"]
    ]
    for (const [index, expected] of known.entries()) {
      expect(expected.filter((name) => names[index]?.has(name) !== true)).toEqual([])
    }
    expect(names.every((all) => all.size >= 2)).toBe(true)
  })

  it("holds no building block and nothing of the test kit's inside", () => {
    const client = new Set(exportsOf("index.ts").map(({ name }) => name))
    const blocks = ["chatSettings", "memoryAccessOptions", "JobIds", "DEFAULT_SETTINGS", "CreateChatCompletion"]
    expect([...blocks, "CreateCompletion", "ChatRequest", "ModelList"].filter((name) => client.has(name))).toEqual([])
    const engine = new Set(exportsOf("embedded.ts").map(({ name }) => name))
    expect(["Embedded.layerTest", "Embedded.JobRunner"].filter((name) => engine.has(name))).toEqual([])
  })

  it("a declaration without a doc comment is found", () => {
    const source = "/** A. */\nexport const A = 1\nexport type A = typeof A\nexport const B = 2\n"
    const space =
      "/** C. */\nexport class C {\n  static readonly layer = 1\n}\nexport declare namespace C {\n  type T = 1\n}\n"
    expect(undocumented(source, "A")).toEqual([])
    expect(undocumented(source, "B")).toEqual(["B"])
    expect(undocumented(space, "C")).toEqual(["C.layer", "C.T"])
    const shape =
      "/** D. */\nexport interface D {\n  /** E. */\n  readonly e: 1\n  readonly f?: {\n    readonly g: 1\n  }\n  h(): void\n}\n"
    expect(undocumented(shape, "D")).toEqual(["D.f", "D.h"])
    const nested = "/** I. */\nexport declare namespace I {\n  /** J. */\n  interface J {\n    readonly k: 1\n  }\n}\n"
    expect(undocumented(nested, "I")).toEqual(["I", "I.J.k"])
  })
})
