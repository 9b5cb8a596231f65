import { join } from "node:path"
import { build, version } from "esbuild"
import { assertConverses, command } from "./project.mjs"

/** Bundles a program for Node as CommonJS, runs it, and fails on any warning about the package. */
const bundled = async (folder, name, external) => {
  const outfile = join(folder, "out", `${name}.cjs`)
  const { warnings } = await build({
    absWorkingDir: folder,
    entryPoints: [`${name}.js`],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20.19",
    external,
    logLevel: "silent"
  })
  if (warnings.length > 0) throw new Error(`esbuild warns: ${warnings.map(({ text }) => text).join("; ")}`)
  assertConverses(command(process.execPath, [outfile], { cwd: folder }))
}

/** The packages that an application with the engine leaves out of its bundle. */
const OPTIONAL = ["libsql", "gpt-tokenizer"]

export const esbuild = {
  name: "esbuild",
  version: () => version,
  remote: async ({ folder }) => {
    await bundled(folder, "runRemote", [])
    return "CommonJS bundle for Node, no optional package: both clients"
  },
  engine: async ({ folder }) => {
    await bundled(folder, "runEmbedded", OPTIONAL)
    return "CommonJS bundle for Node: the engine, with libsql outside"
  }
}
