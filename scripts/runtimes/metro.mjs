import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assertConverses, assertNoEngine, command, versionOf, write } from "./project.mjs"
import { assertClient, inSandbox } from "./sandbox.mjs"

/** The last line of Metro for Node 20, and what React Native gives it. */
const PACKAGES = [
  "metro@0.83",
  "@react-native/babel-preset@0.83",
  "@react-native/metro-babel-transformer@0.83",
  "@babel/core@7"
]

/** As in React Native's default configuration: packages' exports under its condition, optional packages in \`try\`. */
const config = `const path = require("node:path")
module.exports = {
  projectRoot: __dirname,
  watchFolders: [__dirname],
  reporter: { update: () => undefined },
  resolver: {
    unstable_enablePackageExports: true,
    unstable_conditionNames: ["react-native"],
    resolverMainFields: ["react-native", "browser", "main"],
    useWatchman: false
  },
  transformer: {
    allowOptionalDependencies: true,
    babelTransformerPath: require.resolve("@react-native/metro-babel-transformer")
  }
}
`

export const metro = {
  name: "React Native (Metro)",
  packages: PACKAGES,
  version: ({ folder }) => versionOf(folder, "metro"),
  remote: async ({ folder, temporary }) => {
    write(folder, {
      "metro.config.cjs": config,
      "babel.config.cjs": `module.exports = { presets: ["module:@react-native/babel-preset"] }\n`,
      "native.js": `import { main } from "./remote.js"
import { reasons } from "./noEngine.js"
globalThis.result = Promise.all([main(), reasons()])
`
    })
    const out = join(temporary, "native.js")
    const metro = join(folder, "node_modules", "metro", "src", "cli.js")
    command(
      process.execPath,
      [
        metro,
        "build",
        "native.js",
        "--platform",
        "ios",
        "--config",
        "metro.config.cjs",
        "--out",
        out,
        "--max-workers",
        "1"
      ],
      { cwd: folder }
    )
    const code = readFileSync(out, "utf8")
    assertClient([...code.matchAll(/["'](node:\w+)["']/g)].map(([, path]) => path))
    const [conversations, reasons] = await inSandbox(code)
    assertConverses(conversations)
    assertNoEngine(reasons)
    return "a bundle for iOS, run with web APIs alone: both clients"
  }
}
