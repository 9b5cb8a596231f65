/**
 * Builds `dist`: in `dist/node` the entry points as a few files, for Node (which spends more than a millisecond on each
 * file that it opens) and for servers in general; beside it the client as one module per source file, for the bundlers of
 * browsers, which leave out what an application does not use; the types of everything; in `dist/bin` the program with
 * all that it needs but native code; and in `dist/playground` the page that it serves.
 */
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, posix, relative, sep } from "node:path"
import { build } from "esbuild"
import { reachedDeclarations } from "./declarations.mjs"
import { buildPlayground } from "./playground.mjs"
import { buildProgram } from "./program.mjs"
import { bin, root, run } from "./support.mjs"

/**
 * The packages whose code the files for Node contain. A bundler reads the engine even where an application uses only the
 * client, so it would fail on `@effect/sql`, which the application need not install. Of `@effect/platform` and what it imports,
 * Node would open 48 files at each start.
 */
const INSIDE = ["@effect/sql", "@effect/experimental", "@effect/platform", "find-my-way-ts", "multipasta"]

/**
 * Where the platform is that of the application: values of HttpApi, which the application extends, and the modules beside the
 * application's own server, because a layer such as `HttpRouter.Default.Live` is built once for each copy.
 */
const isShared = (path, importer) =>
  /^@effect\/platform\/(HttpApi|OpenApi)/.test(path) || /^src\/(mcp|server)\//.test(relative(root, importer))

const dist = join(root, "dist")
rmSync(dist, { recursive: true, force: true })
run(bin("tsc"), ["-p", "tsconfig.build.json"])

/** Leaves out every package but those that are bundled, and `#embedded`, which the package's imports map resolves. */
const external = {
  name: "external",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ importer, kind, path }) =>
      kind === "entry-point" || (INSIDE.some((name) => `${path}/`.startsWith(`${name}/`)) && !isShared(path, importer))
        ? undefined
        : { path, external: true }
    )
}

const options = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: "esm",
  plugins: [external],
  // The built package by its name, not the sources that tsconfig.json points to.
  tsconfigRaw: {},
  logLevel: "warning"
}

/** The entries beside the client, and those with an engine. */
const clients = ["api", "ai/index", "mcp/index", "mcp/promise/index", "promise/index"]
const engines = ["embedded", "promise/embedded", "server/index", "testing/index"]

/** What an engine or a server loads on first use: each `import()` of a module in `src`, but those of the command line. */
const later = [
  "engine/http/openapi/Document",
  "engine/model/JinjaTemplates",
  "engine/storage/postgres/Store",
  "layers/AdminUseCases",
  "server/admin",
  "server/docs/page"
]

/**
 * Makes the client one file, and the engine another: esbuild writes a file for each set of entries that share a module, so
 * each entry imports all of the client, and those of engines all of the engine.
 */
const whole = {
  name: "whole",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const name = relative(join(root, "src"), path).replace(/\.ts$/, "")
      const isEngine = engines.includes(name) || later.includes(name)
      if (!isEngine && !clients.includes(name)) return undefined
      const imported = ["index", ...(isEngine && name !== "embedded" ? ["embedded"] : [])]
      const imports = imported.map((name) => `import ${JSON.stringify(join(root, "src", `${name}.ts`))};`)
      // On the first line, so that source maps stay right.
      return { contents: `${imports.join("")}${readFileSync(path, "utf8")}`, loader: "ts" }
    })
}

await build({
  ...options,
  plugins: [external, whole],
  // The imports that `whole` adds are not for side effects.
  logOverride: { "ignored-bare-import": "silent" },
  entryPoints: ["index", ...clients, ...engines].map((name) => `src/${name}.ts`),
  outbase: "src",
  outdir: "dist/node",
  platform: "node",
  target: "node20.19",
  sourcemap: "linked",
  sourcesContent: false
})
// V8 stores a file in twice the memory if one of its characters is beyond Latin-1, and esbuild escapes none in the literals of
// regular expressions.
for (const name of readdirSync(join(dist, "node"), { recursive: true }).filter((name) => name.endsWith(".js"))) {
  const file = join(dist, "node", name)
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  writeFileSync(file, readFileSync(file, "utf8").replace(/[^\0-\x7f]/g, escaped))
}
for (const name of INSIDE) {
  copyFileSync(
    join(root, "node_modules", name, "LICENSE"),
    join(dist, "node", `LICENSE.${name.replace("@", "").replace("/", "-")}.txt`)
  )
}

// The modules beside the bundle that no entry point for browsers reaches are the engine's.
const { metafile } = await build({
  ...options,
  entryPoints: ["index", "api", "embedded.browser", "ai/index", "promise/index", "promise/embedded.browser"].map(
    (name) => `dist/${name}.js`
  ),
  outdir: "dist",
  write: false,
  metafile: true
})
for (const name of readdirSync(dist, { recursive: true })) {
  const module = join("dist", name).replace(/\.map$/, "")
  if (module.endsWith(".js") && !module.startsWith(join("dist", "node")) && !(module in metafile.inputs)) {
    rmSync(join(dist, name))
  }
}

// TypeScript reads no other declarations: most of those of the engine.
const reached = reachedDeclarations()
for (const name of readdirSync(dist, { recursive: true })) {
  const declaration = posix.join("dist", name.replaceAll(sep, "/").replace(/\.map$/, ""))
  if (declaration.endsWith(".d.ts") && !reached.has(declaration)) rmSync(join(dist, name))
}

await buildProgram(join(dist, "bin"))
await buildPlayground(join(dist, "playground"))
