/** The declarations that the entries of the package reach. */
import { readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { root } from "./support.mjs"

/** The files, relative to the root, each with the modules that it names: relative ones, and packages. */
export const reachedDeclarations = () => {
  const { exports, imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const files = new Set(JSON.stringify([exports, imports]).match(/dist\/[\w/.]+\.d\.ts/g))
  const named = new Map()
  for (const file of files) {
    // A named module stands at the end of a line, or in `import("...")`. Doc comments have neither.
    const code = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")
    const names = [...code.matchAll(/(?:\bfrom |\bimport |\bimport\()"([^"]+)"/g)].map(([, name]) => name)
    named.set(file, names)
    for (const name of names) {
      if (name.startsWith(".")) files.add(posix.join(posix.dirname(file), name.replace(/\.js$/, ".d.ts")))
    }
  }
  return named
}
