/**
 * The README and the pages of `docs` beside the package: its versions, its variables and options, and each other.
 * `readme.test.ts` compiles and runs the code in them.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import type { Embedded } from "../src/embedded.js"
import type { RequestOptions } from "../src/index.js"
import type { JulepConfig } from "../src/layers/JulepConfig.js"

const root = fileURLToPath(new URL("..", import.meta.url))
const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8")

const docs = fs
  .readdirSync(path.join(root, "docs"))
  .map((file) => `docs/${file}`)
  .sort()
const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...docs]

/** The anchor that a heading has on a page. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")

const anchorsOf = (page: string): ReadonlyArray<string> =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading))

describe("the README", () => {
  it("has at most 250 lines", () => {
    expect(read("README.md").split("\n").length).toBeLessThanOrEqual(250)
  })

  it("shows small pictures of the repository by absolute links, which npm needs", () => {
    const { homepage } = JSON.parse(read("package.json")) as { homepage: string }
    const base = `${homepage.replace(/#.*$/, "")}/raw/main/`
    const pictures = [...read("README.md").matchAll(/!\[.+\]\((.+)\)/g)].map(([, link = ""]) => link)
    expect(pictures.length).toBe(2)
    for (const link of pictures) {
      expect(link.startsWith(base), link).toBe(true)
      expect(fs.statSync(path.join(root, link.slice(base.length))).size).toBeLessThan(150_000)
    }
  })

  it("pins versions that the package's ranges and the lockfile have", () => {
    const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { version?: string }> }
    const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>
    const pins = [...read("README.md").matchAll(/(?<=\s)((?:@effect\/)?[a-z]+)@(\d+\.\d+\.\d+)\b/g)]
    expect(pins.length).toBeGreaterThanOrEqual(5)
    for (const [, name = "", version] of pins) {
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version)
      expect({ ...manifest["peerDependencies"], ...manifest["optionalDependencies"] }[name], name).toBe(`^${version}`)
    }
  })
})

describe("the pages of docs", () => {
  it("have links that lead to a file and to a heading", () => {
    for (const page of pages) {
      for (const [, target = "", anchor] of read(page).matchAll(/\]\((\.\.?\/[^)#]*)(?:#([^)]*))?\)/g)) {
        const file = path.posix.join(path.posix.dirname(page), target)
        expect(fs.existsSync(path.join(root, file)), `${page}: ${target}`).toBe(true)
        if (anchor !== undefined) expect(anchorsOf(file), `${page}: ${target}`).toContain(anchor)
      }
    }
  })

  const entry = /^- \[(.+)\]\(((?:\.|docs)\/.+\.md)\): (.+)$/gm

  it("are in the index, once each, under their titles", () => {
    const listed = [...read("docs/README.md").matchAll(entry)].map(([, title, target = ""]) => ({
      page: path.posix.join("docs", target),
      title
    }))
    const titled = docs
      .filter((page) => page !== "docs/README.md")
      .map((page) => ({ page, title: /^# (.+)$/m.exec(read(page))?.[1] }))
    expect(listed.toSorted((one, other) => (one.page < other.page ? -1 : 1))).toEqual(titled)
  })

  it("are in llms.txt as in the index", () => {
    const index = read("docs/README.md")
    const sections = index.slice(index.indexOf("\n## ")).replaceAll("](./", "](docs/")
    expect(read("llms.txt")).toMatch(/^# effect-julep\n\n> .+\n\n/)
    expect(read("llms.txt").endsWith(sections)).toBe(true)
  })
})

it("docs/errors-and-retries.md has every code of an error, and no other", () => {
  const page = read("docs/errors-and-retries.md")
  const listed = page
    .slice(page.indexOf("\n## Codes"))
    .split("\n")
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([A-Z_]+)`/g)].map(([, code = ""]) => code))
  const sources = fs
    .readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.includes("storage/"))
    .map((file) => read(`src/${file}`))
  const thrown = sources.flatMap((source) => [...source.matchAll(/\bcode(?:: | = )"([A-Z_]+)"/g)])
  // Codes that stand apart from the word: those of claims and of resumed runs, and the defaults of errors.
  const others = sources.flatMap((source) => [
    ...source.matchAll(/\bconflict\(\s*"([A-Z_]+)"/g),
    ...source.matchAll(/"(REPLY_ABORTED)"/g),
    ...source.matchAll(/^ {2}[A-Z]\w+: "([A-Z]+(?:_[A-Z]+)*)",?$/gm)
  ])
  const codes = new Set([...thrown, ...others].map(([, code = ""]) => code).filter((code) => code !== "EISDIR"))
  expect(codes.size).toBeGreaterThan(40)
  expect(listed.toSorted()).toEqual([...codes].sort())
})

it("docs/tracing.md names the spans of all jobs and steps of a turn, the attributes and the metrics, and no other", () => {
  const page = read("docs/tracing.md")
  const named = (pattern: RegExp, text: string) =>
    [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort()
  const sources = ["engine", "services", "mcp", "server"].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, "src", folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => read(`src/${folder}/${file}`).replace(/^ *\/?\*.*$/gm, ""))
  )
  const source = sources.join("\n")
  const work = /readonly name:([^/]*?)\n {2}readonly/.exec(read("src/engine/usecases/JobQueue.ts"))?.[1] ?? ""
  expect(named(/`job (\w+)`/g, page)).toEqual(named(/"(\w+)"/g, work))
  expect(named(/`(chat\.\w+)`/g, page)).toEqual(named(/"(chat\.(?!completion)\w+)"/g, source))
  expect(named(/`(julep_\w+)`/g, page)).toEqual(named(/"(julep_\w+)"/g, read("src/engine/telemetry/Metrics.ts")))
  const ofPath = ["agent", "user", "doc", "tool", "memory"].map((of) => `julep.${of}_id`)
  expect(named(/`(julep\.\w+)`/g, page)).toEqual(
    [...new Set([...named(/"(julep\.(?!db)\w+)"/g, source), ...ofPath])].sort()
  )
})

describe("docs/configuration.md", () => {
  const page = read("docs/configuration.md")

  /** The names in the first column of each table, in the order of the page. */
  const tables = page
    .split(/\n\n/)
    .filter((block) => block.startsWith("| "))
    .map((table) => [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name))

  it("has every variable that is read, and no other", () => {
    const withoutComments = (source: string) => source.replace(/^ *\/?\*.*$/gm, "")
    const sources = fs
      .readdirSync(path.join(root, "src/layers"))
      .map((file) => withoutComments(read(`src/layers/${file}`)))
    const variables = sources.flatMap((source) => [...source.matchAll(/\w\("([A-Z]+(?:_[A-Z]+)+)"\)/g)])
    expect(variables.length).toBeGreaterThan(10)
    expect(tables[0]?.toSorted()).toEqual([...new Set(variables.map(([, name]) => name))].sort())
  })

  it("has every option, and no other", () => {
    // The compiler holds these to the interfaces, and the test holds the page to these.
    const client: Record<keyof JulepConfig.Options, true> = {
      apiKey: true,
      baseUrl: true,
      timeout: true,
      retry: true,
      headers: true,
      transformClient: true
    }
    const call: Record<keyof RequestOptions, true> = { timeout: true, retry: true, headers: true, idempotencyKey: true }
    const engine: Record<keyof (Embedded.Options & Embedded.ClientOptions), true> = {
      storage: true,
      model: true,
      embedder: true,
      rerank: true,
      name: true,
      contextWindow: true,
      summarization: true,
      suggestions: true,
      memoryLifetime: true,
      streamOpening: true,
      jobConcurrency: true,
      maxBodySize: true,
      developer: true
    }
    const common = { headers: true, extra: true, omit: true, timeout: true, retry: true, maxConcurrency: true } as const
    const model: Record<keyof Embedded.ModelEndpoint, true> = {
      url: true,
      apiKey: true,
      name: true,
      ...common,
      samplingExtensions: true,
      messageNames: true
    }
    const embedder: Record<keyof Embedded.EmbedderEndpoint, true> = {
      url: true,
      apiKey: true,
      name: true,
      ...common,
      dimensions: true,
      maxTokens: true,
      queryTimeout: true
    }
    const { timeout: _, ...others } = common
    const rerank: Record<keyof Embedded.RerankEndpoint, true> = {
      url: true,
      apiKey: true,
      model: true,
      ...others,
      timeout: true
    }
    const summarization: Record<keyof Embedded.SummarizationOption, true> = { threshold: true, model: true }
    const suggestions: Record<keyof Embedded.SuggestionsOption, true> = { turns: true, model: true }
    const served: Record<Exclude<keyof Embedded.AppOptions, keyof Embedded.Options>, true> = {
      apiKey: true,
      apiKeyHeader: true
    }
    const all = [client, call, engine, model, embedder, rerank, summarization, suggestions, served]
    expect(tables.slice(1)).toEqual(all.map((options) => Object.keys(options)))
  })
})
