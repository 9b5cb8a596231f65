/** Builds the program `effect-julep`, with the licences of the packages that it contains. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { fail, root } from "./support.mjs"

/** The program is complete without any other package but these: native code, and what it does without. */
const OUTSIDE = ["libsql", "gpt-tokenizer", "pg-native"]

/** Code of others that a package contains, by its name. Its licence is that of this package, Apache 2.0. */
const WITHIN = { unpdf: "PDF.js, in unpdf, copyright Mozilla Foundation (Apache-2.0)" }

/** WebSockets, which the listener of the platform could open and this program has none of. */
const withoutWebSockets = {
  name: "without-websockets",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^ws$/ }, () => ({ path: "ws", namespace: "none" }))
    onLoad({ filter: /./, namespace: "none" }, () => ({ contents: "export class WebSocketServer {}" }))
  }
}

const folderOf = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//

/** The texts of the licences, each once, below the packages that have it. `outputs`: those of esbuild's metafile. */
const licences = (outputs) => {
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([input]) => input)
  const folders = new Set(used.flatMap((input) => folderOf.exec(input)?.[1] ?? []))
  const byText = new Map()
  for (const folder of [...folders].sort()) {
    const { license, name, version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const file = readdirSync(join(root, folder)).find((file) => /^(licen[cs]e|copying)/i.test(file))
    if (file === undefined) fail(`${name}, which is in dist/bin, has no file with its licence (${license})`)
    const text = readFileSync(join(root, folder, file), "utf8").trim()
    const add = (text, line) => byText.set(text, [...(byText.get(text) ?? []), line])
    add(text, `${name} ${version} (${license})`)
    if (name in WITHIN) add(readFileSync(join(root, "LICENSE"), "utf8").trim(), WITHIN[name])
  }
  return [...byText].map(([text, packages]) => `${packages.join("\n")}\n\n${text}\n`).join(`\n${"-".repeat(80)}\n\n`)
}

/** Writes the program to a folder, `main.js` and its parts. Returns esbuild's metafile. */
export const buildProgram = async (folder) => {
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: "esm",
    entryPoints: ["src/cli/main.ts", "src/cli/pdfWorker.ts"],
    outdir: folder,
    platform: "node",
    target: "node20.19",
    plugins: [withoutWebSockets],
    external: OUTSIDE.flatMap((name) => [name, `${name}/*`]),
    // Packages in CommonJS require modules of Node.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"\nconst require = __createRequire(import.meta.url)'
    },
    // The program shows no stacks, so nobody reads its names.
    minify: true,
    legalComments: "none",
    // The sources, not what a tsconfig.json makes of their names.
    tsconfigRaw: {},
    logLevel: "warning",
    metafile: true
  })
  chmodSync(join(folder, "main.js"), 0o755)
  writeFileSync(join(folder, "LICENSES.txt"), licences(metafile.outputs))
  return metafile
}
