import { build, version } from "esbuild"
import { assertConverses, assertNoEngine } from "./project.mjs"
import { assertClient, inSandbox } from "./sandbox.mjs"

/** The conditions that runtimes without files give a bundler. */
const CONDITIONS = [["react-native"], ["edge-light"], ["worker"], ["workerd", "worker"], ["browser"]]

export const edge = {
  name: "Conditions of runtimes",
  version: () => `esbuild ${version}`,
  remote: async ({ folder }) => {
    for (const conditions of CONDITIONS) {
      const { metafile, outputFiles } = await build({
        absWorkingDir: folder,
        stdin: {
          contents: `import { main } from "./remote.js"
import { reasons } from "./noEngine.js"
globalThis.result = Promise.all([main(), reasons()])`,
          resolveDir: folder
        },
        bundle: true,
        write: false,
        metafile: true,
        format: "iife",
        platform: "neutral",
        mainFields: ["module", "main"],
        conditions,
        target: "es2022",
        logLevel: "error"
      })
      const [output] = Object.values(metafile.outputs)
      assertClient(
        output.imports.map(({ path }) => path),
        Object.keys(metafile.inputs)
      )
      const [conversations, reasons] = await inSandbox(outputFiles[0].text)
      assertConverses(conversations)
      assertNoEngine(reasons)
    }
    return `${CONDITIONS.map((names) => names.join("+")).join(", ")}: both clients, no engine`
  }
}
