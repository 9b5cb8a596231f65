/** The licences of packages that a bundle contains. */
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fail, root } from "./support.mjs"

/** Code of others that a package contains, by its name. Its licence is that of this package, Apache 2.0. */
const WITHIN = { unpdf: "PDF.js, in unpdf, copyright Mozilla Foundation (Apache-2.0)" }

const folderOf = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//

/** The text of a package's licence: a file of its own, or the last section of its README. */
const textOf = (folder) => {
  const files = readdirSync(folder)
  const text = (name) => readFileSync(join(folder, name), "utf8")
  const file = files.find((file) => /^(licen[cs]e|copying)/i.test(file))
  if (file !== undefined) return text(file).trim()
  const readme = files.find((file) => /^readme/i.test(file))
  return readme && /^#+ licen[cs]e\n([^#]+)$/im.exec(text(readme))?.[1].trim()
}

/** The texts of the licences, each once, below the packages that have it. `files`: those that are in the bundle. */
export const licences = (files) => {
  const folders = new Set(files.flatMap((file) => folderOf.exec(resolve(root, file))?.[1] ?? []))
  const byText = new Map()
  for (const folder of [...folders].sort()) {
    const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    const text = textOf(folder)
    if (!text) fail(`${name}, which is bundled, has no text of its licence (${license}), as a file or in its README`)
    const add = (text, line) => byText.set(text, [...(byText.get(text) ?? []), line])
    add(text, `${name} ${version} (${license})`)
    if (name in WITHIN) add(readFileSync(join(root, "LICENSE"), "utf8").trim(), WITHIN[name])
  }
  return [...byText].map(([text, packages]) => `${packages.join("\n")}\n\n${text}\n`).join(`\n${"-".repeat(80)}\n\n`)
}
