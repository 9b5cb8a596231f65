/** Gate: the package as npm would publish it: its files, the links of its docs, `publint`, and its types. */
import { readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { reachedDeclarations } from "./declarations.mjs"
import { bin, fail, kilobytes, root, run, say, seconds } from "./support.mjs"

const folder = process.argv[2]
if (folder === undefined) fail("give a folder for the tarball: node scripts/pack.mjs <folder>")

// `prepack` builds, as it does when publishing.
const packed = run("npm", ["pack", "--json", "--pack-destination", folder])
const [report] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("[\n")))
const tarball = join(folder, report.filename)
const files = report.files.map(({ path }) => path)
say(`${report.filename}: ${files.length} files, ${kilobytes(report.size)} packed (${seconds(packed.ms)})`)

const LARGEST = 3_200_000
if (report.size > LARGEST) fail(`the package may have ${kilobytes(LARGEST)} packed`)
const maps = files.filter((file) => /^dist\/(bin|playground)\/.*\.map$/.test(file))
if (maps.length > 0) fail(`the program and the page have no source maps, but there are ${maps.join(", ")}`)

const allowed =
  /^(dist\/|src\/|docs\/[\w-]+\.md$|examples\/(effect|promise|serve|support)\/|README\.md$|CHANGELOG\.md$|LICENSE$|llms\.txt$|package\.json$)/
const isTest = (file) => /\.test\./.test(file) && !file.startsWith("examples/")
const strays = files.filter((file) => !allowed.test(file) || isTest(file) || /\.tsbuildinfo$|\.db(\.|$)/.test(file))
if (strays.length > 0) fail(`the package must not contain ${strays.join(", ")}`)
for (const needed of [
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "llms.txt",
  "docs/README.md",
  "dist/index.js",
  "dist/index.d.ts",
  "dist/api.js",
  "dist/api.d.ts",
  "dist/node/api.js",
  "dist/embedded.d.ts",
  "dist/node/embedded.js",
  "dist/node/LICENSE.effect-platform.txt",
  "dist/node/LICENSE.effect-sql.txt",
  "dist/ai/index.js",
  "dist/ai/index.d.ts",
  "dist/node/ai/index.js",
  "dist/mcp/index.d.ts",
  "dist/node/mcp/index.js",
  "dist/mcp/promise/index.d.ts",
  "dist/node/mcp/promise/index.js",
  "dist/server/index.d.ts",
  "dist/node/server/index.js",
  "dist/node/testing/index.js",
  "dist/bin/main.js",
  "dist/bin/LICENSES.txt",
  "dist/playground/index.html",
  "dist/playground/LICENSES.txt",
  "src/index.ts"
]) {
  if (!files.includes(needed)) fail(`${needed} is missing from the package`)
}

const pages = files.filter((file) => file === "llms.txt" || /^docs\/.*\.md$/.test(file))
const broken = pages.flatMap((page) =>
  [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)]
    .map(([, target]) => posix.join(posix.dirname(page), target))
    .filter((target) => !files.includes(target))
    .map((target) => `${page} links to ${target}`)
)
if (broken.length > 0) fail(`links of the docs must lead to files of the package: ${broken.join(", ")}`)
say(`${pages.length} pages of documentation, all links lead to files of the package`)

// TypeScript reads the declarations that an entry reaches, so they may name only packages that an application has.
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const present = Object.keys({ ...dependencies, ...peerDependencies })
const isPresent = (name) => /^(\.|node:)/.test(name) || present.some((each) => `${name}/`.startsWith(`${each}/`))
const reached = reachedDeclarations()
for (const [file, names] of reached) {
  const absent = names.find((name) => !isPresent(name))
  if (absent !== undefined) fail(`${file} names ${absent}, which is not installed`)
}
say(`${reached.size} declarations name no package but peers and dependencies`)

const lint = run(bin("publint"), ["run", tarball, "--strict"])
say(`publint: ${lint.output.includes("All good") ? "all good" : lint.output.trim()}`)
const attw = run(bin("attw"), [tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji"])
const entries = attw.output.match(/^"effect-julep.*"$/gm) ?? []
say(`attw --profile esm-only: no problem in ${entries.join(", ")}`)
