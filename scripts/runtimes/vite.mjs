import { readFileSync } from "node:fs"
import { join } from "node:path"
import { build, version } from "vite"
import { assertConverses, assertNoEngine, command, write } from "./project.mjs"
import { assertClient, inSandbox } from "./sandbox.mjs"

const shared = (folder) => ({ root: folder, configFile: false, logLevel: "error" })

const browser = async (folder) => {
  write(folder, {
    "browser.js": `import { main } from "./remote.js"
import { reasons } from "./noEngine.js"
globalThis.result = Promise.all([main(), reasons()])
`
  })
  const outDir = join(folder, "out", "browser")
  await build({
    ...shared(folder),
    build: {
      outDir,
      lib: { entry: join(folder, "browser.js"), formats: ["iife"], name: "app", fileName: () => "app.js" }
    }
  })
  const code = readFileSync(join(outDir, "app.js"), "utf8")
  assertClient([...code.matchAll(/["'](node:\w+)["']/g)].map(([, path]) => path))
  const [conversations, reasons] = await inSandbox(code)
  assertConverses(conversations)
  assertNoEngine(reasons)
}

/** A server's build, with every package in it or with none. */
const server = async (folder, name, options = {}) => {
  const outDir = join(folder, "out", name)
  await build({
    ...shared(folder),
    ssr: options,
    build: { outDir, ssr: join(folder, `${name}.js`) }
  })
  assertConverses(command(process.execPath, [join(outDir, `${name}.js`)], { cwd: folder }))
}

export const vite = {
  name: "Vite",
  version: () => version,
  remote: async ({ folder }) => {
    await browser(folder)
    await server(folder, "runRemote", { noExternal: true })
    return "browser build and SSR build with all packages inside: both clients"
  },
  engine: async ({ folder }) => {
    await server(folder, "runEmbedded")
    return "SSR build: the engine"
  }
}
