/**
 * Compiles the code in the README, the pages of `docs` and the doc comments, and runs what needs no server.
 * A block of a page that begins with "```ts run" is run; a "```text" block after it is its expected output.
 */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bundle } from "./support/bundle.js"

const root = fileURLToPath(new URL("..", import.meta.url))

/** One block of code, its source, and the file it is written to. */
interface Snippet {
  readonly source: string
  readonly line: number
  readonly code: string
  readonly file: string
  readonly run: boolean
  readonly prints: string | undefined
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length

const fileName = (source: string, line: number): string => `${source.replace(/[^a-z0-9]+/gi, "-")}-${line}.ts`

const pages = [
  "README.md",
  ...fs
    .readdirSync(path.join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => `docs/${file}`)
]

const ofPage = (source: string): ReadonlyArray<Snippet> => {
  const text = fs.readFileSync(path.join(root, source), "utf8")
  return [...text.matchAll(/^```ts( run)?\n([\s\S]*?)^```$/gm)].map((match) => {
    const line = lineOf(text, match.index)
    const after = text.slice(match.index + match[0].length)
    const prints = /^(?:(?!```)[^#])*?\n```text\n([\s\S]*?)^```$/m.exec(after)
    const run = match[1] !== undefined
    const expected = run && prints?.index === 0 ? prints[1] : undefined
    return { source, line, code: match[2] ?? "", file: fileName(source, line), run, prints: expected }
  })
}

/** The names that a module exports, for the examples of internal modules. */
const exportsOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^export (?:const|class|interface|type) (\w+)/gm)].flatMap(([, name]) => name ?? [])

const isPublic = (text: string): boolean => text.includes('from "effect-julep')

/** The examples of doc comments. An example of an internal module can use that module's exports without an import. */
const ofSources = (): ReadonlyArray<Snippet> =>
  fs
    .readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .flatMap((file) => {
      const source = `src/${file.split(path.sep).join("/")}`
      const text = fs.readFileSync(path.join(root, source), "utf8")
      return [...text.matchAll(/^[ \t]*\* @example\n[ \t]*\* ```ts\n([\s\S]*?)^[ \t]*\* ```$/gm)].map((match) => {
        const line = lineOf(text, match.index)
        const example = (match[1] ?? "").replace(/^[ \t]*\* ?/gm, "")
        const inner = exportsOf(text).filter((name) => new RegExp(`\\b${name}\\b`).test(example))
        const imported =
          isPublic(example) || inner.length === 0
            ? ""
            : `import { ${inner.join(", ")} } from "../${source.replace(/\.ts$/, ".js")}"\n`
        const code = `${imported}${example}export {}\n`
        return { source, line, code, file: fileName(source, line), run: false, prints: undefined }
      })
    })

const snippets = [...pages.flatMap(ofPage), ...ofSources()]

/** The environment without variables that name a server, a model, an embedder or a store. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(JULEP|MODEL|OPENAI|SUGGESTIONS|SUMMARIZATION|(DOCS_)?EMBEDDING|RERANK)_/.test(name)
  )
)

/** Pages without code. */
const withoutCode = [
  "docs/README.md",
  "docs/architecture.md",
  "docs/command-line.md",
  "docs/playground.md",
  "docs/recall.md"
]

const execute = async (program: string, args: ReadonlyArray<string>, cwd: string) => {
  const running = promisify(execFile)(program, args, { cwd, env: environment })
  return running.catch((cause: { readonly stdout?: string; readonly stderr?: string }) => {
    throw new Error(`${program} failed:\n${cause.stdout ?? ""}${cause.stderr ?? cause}`)
  })
}

describe("code in the README, in docs and in doc comments", () => {
  let folder = ""

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(root, ".tmp-readme-"))
    const tsconfig = {
      extends: "../tsconfig.json",
      // An example may show a value without using it.
      compilerOptions: { noUnusedLocals: false },
      include: [],
      files: snippets.map(({ file }) => file)
    }
    fs.writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
    for (const { code, file } of snippets) fs.writeFileSync(path.join(folder, file), code)
  })

  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

  it("is found", () => {
    expect(pages.filter((page) => !snippets.some(({ source }) => source === page))).toEqual(withoutCode)
    expect(snippets.filter(({ run }) => run).length).toBeGreaterThanOrEqual(15)
    expect(snippets.filter(({ prints }) => prints !== undefined).length).toBeGreaterThanOrEqual(4)
    expect(snippets.filter(({ source }) => source.startsWith("src/")).length).toBeGreaterThanOrEqual(12)
  })

  it("compiles", { timeout: 60_000 }, async () => {
    await execute(path.join(root, "node_modules", ".bin", "tsc"), ["--noEmit", "-p", folder], root)
  })

  it("runs, where it needs no server", { timeout: 60_000 }, async () => {
    const running = snippets.filter(({ run }) => run)
    const mark = ({ line, source }: Snippet) => `== ${source}:${line} ==`
    const program = running.map((one) => `console.log("\\n${mark(one)}")\nawait import("./${one.file}")\n`).join("")
    fs.writeFileSync(path.join(folder, "run.ts"), `${program}export {}\n`)
    await bundle([path.join(folder, "run.ts")], folder, folder)
    const { stdout } = await execute(process.execPath, ["run.js"], folder)
    for (const [index, one] of running.entries()) {
      const after = stdout.slice(stdout.indexOf(mark(one)))
      const next = running[index + 1]
      const printed = next === undefined ? after : after.slice(0, after.indexOf(mark(next)))
      expect(printed, mark(one)).toContain(one.prints ?? mark(one))
    }
  })
})
