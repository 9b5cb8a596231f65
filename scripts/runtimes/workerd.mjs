import { build } from "esbuild"
import { assertConverses, assertNoEngine, bin, start, versionOf, write } from "./project.mjs"

const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "client", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-01-01",
      globalOutbound = "loopback"
    )),
    (name = "loopback", network = (allow = ["local"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "client")]
);
`

/** In a worker, everything happens within a request. */
const worker = `import { main } from "./remote.js"
import { reasons } from "./noEngine.js"
export default { fetch: async () => Response.json([await main(), await reasons()]) }
`

export const workerd = {
  name: "workerd",
  packages: ["workerd@1.20261117.1"],
  version: ({ folder }) => versionOf(folder, "workerd"),
  remote: async ({ folder }) => {
    // The conditions of Wrangler.
    const { outputFiles } = await build({
      absWorkingDir: folder,
      stdin: { contents: worker, resolveDir: folder },
      bundle: true,
      write: false,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
      target: "es2022",
      logLevel: "error"
    })
    write(folder, { "out/worker.js": outputFiles[0].text, "out/config.capnp": config })
    const args = ["serve", "--control-fd=3", "out/config.capnp"]
    const stdio = ["ignore", "pipe", "pipe", "pipe"]
    const server = await start(bin(folder, "workerd"), args, /"listen".*"port":(\d+)/, { cwd: folder, stdio })
    try {
      const response = await fetch(`http://127.0.0.1:${server.match}/`)
      const text = await response.text()
      if (!response.ok) throw new Error(`the worker answered ${response.status}: ${text}`)
      const [conversations, reasons] = JSON.parse(text)
      assertConverses(conversations)
      assertNoEngine(reasons)
    } finally {
      server.stop()
    }
    return "both clients"
  }
}
