/** Gate: the lockfile matches package.json and names no registry, so that it works with every mirror. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { fail, root, say } from "./support.mjs"

const read = (file) => readFileSync(join(root, file), "utf8")
const text = read("package-lock.json")
const lock = JSON.parse(text)
const manifest = JSON.parse(read("package.json"))

// A workspace resolves to its folder.
if (/"resolved"\s*:\s*"\w+:/.test(text))
  fail("package-lock.json has download addresses: npm install with the .npmrc of this folder")

for (const kind of ["devDependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta"]) {
  if (!isDeepStrictEqual(lock.packages[""][kind], manifest[kind])) {
    fail(`${kind} differ between package.json and package-lock.json: npm install --package-lock-only`)
  }
}

// The workspaces are programs of others, with the effect of their time.
const effects = Object.entries(lock.packages).filter(([path]) => /^node_modules\/(.+\/)?effect$/.test(path))
if (effects.length !== 1) fail(`expected one copy of effect in the lockfile, found ${effects.length}`)
say(`${Object.keys(lock.packages).length - 1} packages, no registry, one effect: ${effects[0][1].version}`)
