/** The licences of packages that a bundle contains. */
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fail, root } from "./support.mjs"

/** Code of others that a package contains, by its name. Its licence is that of this package, Apache 2.0. */
const WITHIN = { unpdf: "PDF.js, in unpdf, copyright Mozilla Foundation (Apache-2.0)" }

const folderOf = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//

/** The texts of the licences, each once, below the packages that have it. `files`: those that are in the bundle. */
export const licences = (files) => {
  const folders = new Set(files.flatMap((file) => folderOf.exec(resolve(root, file))?.[1] ?? []))
  const byText = new Map()
  for (const folder of [...folders].sort()) {
    const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    const file = readdirSync(folder).find((file) => /^(licen[cs]e|copying)/i.test(file))
    if (file === undefined) fail(`${name}, which is bundled, has no file with its licence (${license})`)
    const text = readFileSync(join(folder, file), "utf8").trim()
    const add = (text, line) => byText.set(text, [...(byText.get(text) ?? []), line])
    add(text, `${name} ${version} (${license})`)
    if (name in WITHIN) add(readFileSync(join(root, "LICENSE"), "utf8").trim(), WITHIN[name])
  }
  return [...byText].map(([text, packages]) => `${packages.join("\n")}\n\n${text}\n`).join(`\n${"-".repeat(80)}\n\n`)
}
