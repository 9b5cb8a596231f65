/**
 * Builds `dist`: one module per source file with its types, for bundlers, and in `dist/node` the same entry points as a
 * few files for Node, which spends more than a millisecond on each file that it opens.
 */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { bin, root, run } from "./support.mjs"

rmSync(join(root, "dist"), { recursive: true, force: true })
run(bin("tsc"), ["-p", "tsconfig.build.json"])

await build({
  absWorkingDir: root,
  entryPoints: ["index", "embedded", "promise/index", "promise/embedded", "testing/index"].map(
    (name) => `src/${name}.ts`
  ),
  outbase: "src",
  outdir: "dist/node",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  // The package's imports map chooses the engine or its stub when the program runs.
  external: ["#embedded"],
  charset: "utf8",
  sourcemap: "linked",
  sourcesContent: false,
  // The built package by its name, not the sources that tsconfig.json points to.
  tsconfigRaw: {},
  logLevel: "warning"
})
