/**
 * Gate: the size of the client's browser bundle, which must contain no Node module, SQL or engine, and the number of files for
 * Node. Build first.
 */
import { readdirSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { dirname, join } from "node:path"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"
import { fail, kilobytes, root, say } from "./support.mjs"

/** The acceptance is 130 kB. */
const LIMIT = 126_000
/** The client of promises also has what runs its effects, async iterables and web responses. */
const FACADE_LIMIT = 132_000
/**
 * The aim is 30 kB, which a client without runs of tools (6.6 kB) and typed answers (4.6 kB, and 3.5 kB of Effect's JSON
 * Schemas) would keep, at 27.9 kB. Both are methods of the manager of sessions, so they are in every client that has it. As
 * `import()`s they would cost 9 kB more wherever a bundler makes one file: it then leaves nothing out of what they import.
 * A bundler that splits would save 3.6 kB of the first file only, because they share most modules with it.
 */
const ADDED_LIMIT = 42_900
/** All JavaScript of the page that a server has, of which Effect, React and the client are 190 kB. */
const PLAYGROUND_LIMIT = 250_000
/** The files that Node opens for the client and the engine. */
const FILES_LIMIT = 8
/** With the modules of `@effect/ai` that a `LanguageModel` needs. */
const AI_LIMIT = 141_000

const bundle = async (contents, external = []) => {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    // The built package by its name, not the sources that tsconfig.json points to.
    tsconfigRaw: {},
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external,
    logLevel: "error"
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))
  return { inputs, imports: output.imports.map(({ path }) => path), size: gzipSync(outputFiles[0].contents).length }
}

const app = `import { Julep, messageText } from "effect-julep"
import * as Effect from "effect/Effect"
const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  const session = yield* julep.sessions.create({ agent_id: agent.id })
  return messageText(yield* julep.sessions.chat(session.id, { messages: [{ role: "user", content: "Hello" }] }))
})
program.pipe(Effect.provide(Julep.layerFetch({ apiKey: "k", baseUrl: "https://host/api" })), Effect.runPromise).then(console.log)`

const ai = `import * as LanguageModel from "@effect/ai/LanguageModel"
import { Julep } from "effect-julep"
import { SessionModel } from "effect-julep/ai"
import * as Effect from "effect/Effect"
LanguageModel.generateText({ prompt: "Hello" }).pipe(
  Effect.provide(SessionModel.layer("00000000-0000-4000-8000-000000000000")),
  Effect.provide(Julep.layerFetch({ apiKey: "k", baseUrl: "https://host/api" })),
  Effect.runPromise
).then(console.log)`

const facade = `import { Client, messageText } from "effect-julep/promise"
const client = new Client({ apiKey: "k", baseUrl: "https://host/api" })
const reply = await client.sessions.chat("00000000-0000-4000-8000-000000000000", { messages: [{ role: "user", content: "Hello" }] })
console.log(messageText(reply), Client.embedded())`

/** Bundles a program, and fails unless the bundle can run in a browser. */
const fitting = async (name, contents, limit = LIMIT) => {
  const made = await bundle(contents)
  if (!made.inputs.some((path) => path.startsWith("dist/"))) {
    fail(`the bundle contains nothing of ${join(root, "dist")}: run npm run build first`)
  }
  const node = made.imports.filter((path) => path.startsWith("node:") || builtinModules.includes(path))
  if (node.length > 0) fail(`the bundle of the ${name} imports Node built-ins: ${node.join(", ")}`)
  const strangers = made.inputs.filter((path) =>
    /^dist\/engine\/|@effect\/(sql|experimental)|libsql|platform\/.*\/(HttpApi|HttpRouter|HttpServer|Multipart)/.test(
      path
    )
  )
  if (strangers.length > 0) fail(`the bundle of the ${name} contains ${strangers.join(", ")}`)
  say(
    `${name}: ${kilobytes(made.size)} minified and gzipped with Effect inside (limit ${kilobytes(limit)}), ${made.inputs.length} modules, no Node built-in, no SQL, no engine`
  )
  if (made.size > limit) fail(`the bundle of the ${name} exceeds its limit`)
  return made
}

await fitting("client", app)
const { inputs } = await fitting("facade", facade, FACADE_LIMIT)
if (!inputs.includes("dist/promise/embedded.browser.js"))
  fail("the facade's bundle does not contain the stub of the engine")

await fitting("session as a LanguageModel", ai, AI_LIMIT)

const alone = await bundle(
  `import { Agents } from "effect-julep"
import * as Effect from "effect/Effect"
Effect.runPromise(Effect.flatMap(Agents, (agents) => agents.list()) as never)
console.log(Agents.layer)`
)
const others = alone.inputs.filter((path) => /^dist\/services\/(Sessions|Docs|Chat|Users)\.js$/.test(path))
if (others.length > 0) fail(`importing Agents alone also bundles ${others.join(", ")}`)
say(`Agents alone: ${kilobytes(alone.size)}, bundles no other manager`)

// An application with an API of one endpoint, the minimum for HttpApiClient; then the same with the client beside it.
const other = `import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
const notes = HttpApiGroup.make("notes").add(
  HttpApiEndpoint.post("create", "/notes")
    .setPayload(Schema.Struct({ text: Schema.String }))
    .addSuccess(Schema.Struct({ at: Schema.Date }))
)
const api = HttpApi.make("app").add(notes)
Effect.runPromise(HttpApiClient.make(api, { baseUrl: "https://host" }).pipe(
  Effect.flatMap((client) => client.notes.create({ payload: { text: "" } })),
  Effect.zipRight(Effect.flatMap(HttpClient.HttpClient, (http) => http.get("https://host"))),
  Effect.provide(FetchHttpClient.layer))).then(console.log)`
const without = await bundle(other)
const beside = await bundle(`${app}\n${other.replace(/^import .*Effect".*\n/, "")}`)
const added = beside.size - without.size
say(
  `on top of an application that has Effect, Schema, HttpClient and HttpApiClient: ${kilobytes(added)} (limit ${kilobytes(ADDED_LIMIT)})`
)
if (added > ADDED_LIMIT) fail("the client adds more than its limit to an Effect application")

const page = join(root, "dist", "playground")
const scripts = readdirSync(page, { recursive: true }).filter((name) => name.endsWith(".js"))
const pageSize = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(page, name))).length, 0)
say(`playground: ${kilobytes(pageSize)} of JavaScript, gzipped (limit ${kilobytes(PLAYGROUND_LIMIT)})`)
if (pageSize > PLAYGROUND_LIMIT) fail("the page exceeds its limit")
if (/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/.test(readFileSync(join(page, "index.html"), "utf8"))) {
  fail("the page has an inline script or style, which its policy forbids")
}

// The Babel preset of React Native, which reads the modules for browsers, too.
const unread = readdirSync(join(root, "dist"), { recursive: true }).filter(
  (name) =>
    name.endsWith(".js") &&
    !name.startsWith("node") &&
    /^export \* as /m.test(readFileSync(join(root, "dist", name), "utf8"))
)
if (unread.length > 0) fail(`React Native cannot read \`export * as\` in ${unread.join(", ")}`)

/** The files of `dist/node` that a module imports, itself included, without those it loads later. */
const opened = (file, found = new Set()) => {
  if (found.has(file)) return found
  found.add(file)
  const imported = readFileSync(file, "utf8").matchAll(/^(?:import|export|\}) .*?"(\.[^"]+)";$/gm)
  for (const [, specifier] of imported) opened(join(dirname(file), specifier), found)
  return found
}
const files = opened(join(root, "dist", "node", "embedded.js"), opened(join(root, "dist", "node", "index.js")))
say(`Node opens ${files.size} files for effect-julep and effect-julep/embedded (limit ${FILES_LIMIT})`)
if (files.size > FILES_LIMIT)
  fail("see the entries in scripts/build.mjs: each file takes about a millisecond of a cold start")
const openers = [...files].filter((file) => /^import .* from "@effect\/platform/m.test(readFileSync(file, "utf8")))
if (openers.length > 0)
  fail(`${openers.join(", ")} import @effect/platform, of which Node opens 48 files: see isShared in scripts/build.mjs`)
