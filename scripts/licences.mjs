/** The licences of the packages that a bundle contains. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fail, root } from "./support.mjs"

const folderOf = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//

/** The texts of the licences, each once, below the packages that have it. `outputs`: those of esbuild's metafile. */
export const licences = (outputs) => {
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([input]) => input)
  const folders = new Set(used.flatMap((input) => folderOf.exec(input)?.[1] ?? []))
  const byText = new Map()
  for (const folder of [...folders].sort()) {
    const { license, name, version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const file = readdirSync(join(root, folder)).find((file) => /^(licen[cs]e|copying)/i.test(file))
    if (file === undefined) fail(`${name}, which is in dist/bin, has no file with its licence (${license})`)
    const text = readFileSync(join(root, folder, file), "utf8").trim()
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`])
  }
  return [...byText].map(([text, packages]) => `${packages.join("\n")}\n\n${text}\n`).join(`\n${"-".repeat(80)}\n\n`)
}
