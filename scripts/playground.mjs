/** Builds the playground, with the licences of the packages that it contains. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { build } from "vite"
import { licences } from "./licences.mjs"
import { root } from "./support.mjs"

/** Writes the page to a folder: `index.html` and its assets. */
export const buildPlayground = async (folder) => {
  // Vite heeds a NODE_ENV that is set, as test runners do, and would build React for development.
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = "production"
  const { output } = await build({
    configFile: join(root, "playground", "vite.config.ts"),
    logLevel: "warn",
    build: { outDir: folder }
  }).finally(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []))
  writeFileSync(join(folder, "LICENSES.txt"), licences(modules))
}
