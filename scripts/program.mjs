/** Builds the program `effect-julep`, with the licences of the packages that it contains. */
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { licences } from "./licences.mjs"
import { root } from "./support.mjs"

/** The program is complete without any other package but these: native code, an optional peer, and what it does without. */
const OUTSIDE = ["libsql", "gpt-tokenizer", "pg", "pg-native"]

/** WebSockets, which the listener of the platform could open and this program has none of. */
const withoutWebSockets = {
  name: "without-websockets",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^ws$/ }, () => ({ path: "ws", namespace: "none" }))
    onLoad({ filter: /./, namespace: "none" }, () => ({ contents: "export class WebSocketServer {}" }))
  }
}

/** The modules of a bundle. `outputs`: those of esbuild's metafile. */
const modulesOf = (outputs) =>
  Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .flatMap(([module, { bytesInOutput }]) => (bytesInOutput > 0 ? [module] : []))

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
  writeFileSync(join(folder, "LICENSES.txt"), licences(modulesOf(metafile.outputs)))
  return metafile
}
