/** Programs of the sources as JavaScript in few files. */
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Compiles programs, by their paths in the repository, into a folder inside it, where Node finds the packages left out. */
export const bundle = (entryPoints: ReadonlyArray<string>, outbase: string, outdir: string) =>
  build({
    absWorkingDir: root,
    entryPoints: [...entryPoints],
    outbase,
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    tsconfig: "tsconfig.json",
    // Native code, and what programs load only if it is there.
    external: ["libsql", "pg", "gpt-tokenizer"],
    // For the packages inside that are CommonJS.
    banner: { js: 'import { createRequire as req } from "node:module"; const require = req(import.meta.url);' },
    logLevel: "warning"
  })
