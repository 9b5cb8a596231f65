/** Gate: the package as it would be published. Its files, `publint`, and its types as every resolver finds them. */
import { join } from "node:path"
import { bin, fail, kilobytes, run, say, seconds } from "./support.mjs"

const folder = process.argv[2]
if (folder === undefined) fail("give the folder the tarball goes to: node scripts/pack.mjs <folder>")

// `prepack` builds: this is what publishing does.
const packed = run("npm", ["pack", "--json", "--pack-destination", folder])
const [report] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("[\n")))
const tarball = join(folder, report.filename)
const files = report.files.map(({ path }) => path)
say(`${report.filename}: ${files.length} files, ${kilobytes(report.size)} packed (${seconds(packed.ms)})`)

const allowed = /^(dist\/|src\/|README\.md$|LICENSE$|package\.json$)/
const strays = files.filter((file) => !allowed.test(file) || /\.test\.|\.tsbuildinfo$|\.db(\.|$)/.test(file))
if (strays.length > 0) fail(`these files do not belong in the package: ${strays.join(", ")}`)
for (const needed of [
  "README.md",
  "LICENSE",
  "dist/index.js",
  "dist/index.d.ts",
  "dist/embedded.js",
  "dist/testing/index.js",
  "src/index.ts"
]) {
  if (!files.includes(needed)) fail(`${needed} is missing from the package`)
}

const lint = run(bin("publint"), ["run", tarball, "--strict"])
say(`publint: ${lint.output.includes("All good") ? "all good" : lint.output.trim()}`)
const attw = run(bin("attw"), [tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji"])
const entries = attw.output.match(/^"effect-julep.*"$/gm) ?? []
say(`attw --profile esm-only: no problem in ${entries.join(", ")}`)
