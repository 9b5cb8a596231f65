/** A project with the packed package, and a server for its clients: what every fixture begins with. */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root, temporaryFolder } from "../support.mjs"

/** The key that the server asks for. */
export const KEY = "interop-key"

/** A program is slow on a busy machine, but never this slow. */
const TIMEOUT = 300_000

/** Runs a command and returns its stdout. Throws with all that it printed if it fails. */
export const command = (program, args, { cwd, env = {}, input } = {}) => {
  const { error, status, stderr, stdout } = spawnSync(program, args, {
    cwd,
    input,
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 1 << 26,
    timeout: TIMEOUT
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${[program, ...args].join(" ")} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** Installs packages of npm in a folder, which becomes a project if it is none. */
export const install = (folder, packages) => {
  mkdirSync(folder, { recursive: true })
  const manifest = join(folder, "package.json")
  if (!existsSync(manifest)) writeFileSync(manifest, JSON.stringify({ private: true, type: "module" }))
  command("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd: folder })
}

/** The commands and versions of a project's dependencies. */
export const bin = (folder, name) => join(folder, "node_modules", ".bin", name)
export const versionOf = (folder, name) =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version

/** Writes files, given by their paths. */
export const write = (folder, files) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Starts a program that runs until the gate ends, and resolves to the first match of a pattern in what it prints. */
export const start = (program, args, pattern, { cwd, env = {}, stdio = ["ignore", "pipe", "pipe"] }) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio, env: { ...process.env, ...env } })
    process.on("exit", () => child.kill())
    const timer = setTimeout(() => reject(new Error(`${program} did not start:\n${printed}`)), TIMEOUT)
    let printed = ""
    const read = (part) => {
      printed += part
      const match = pattern.exec(printed)
      if (match === null) return
      clearTimeout(timer)
      child.unref()
      resolve({ match: match[1], stop: () => child.kill() })
    }
    for (const stream of child.stdio.slice(1)) stream?.on("data", read)
    child.on("exit", (code) => {
      clearTimeout(timer)
      reject(new Error(`${program} ended with ${code}:\n${printed}`))
    })
  })

/** The versions that the README names for a program with the engine. */
const peers = () => {
  const [, names] = /^npm install effect-julep (.*libsql@\S+)$/m.exec(readFileSync(join(root, "README.md"), "utf8"))
  return names.split(" ")
}

/** Serves an engine in memory, with Node's own server. */
const server = `import { createServer } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import * as HttpApp from "@effect/platform/HttpApp"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Embedded } from "effect-julep/embedded"
const layer = Embedded.layerApp({ storage: "memory", model: "offline", embedder: "none", apiKey: "${KEY}" })
const runtime = ManagedRuntime.make(layer)
const handle = HttpApp.toWebHandlerRuntime(await runtime.runtime())(await runtime.runPromise(Embedded.EngineApp))
const answer = async ({ headers, method, url }, body, response) => {
  const init = { method, headers, ...(method === "GET" ? {} : { body, duplex: "half" }) }
  const answered = await handle(new Request("http://127.0.0.1" + url, init))
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  await pipeline(answered.body === null ? [] : Readable.fromWeb(answered.body), response)
}
const http = createServer((request, response) => answer(request, Readable.toWeb(request), response).catch(console.error))
http.listen(0, "127.0.0.1", () => console.log("port " + http.address().port))
`

/** The same conversation in promises and in Effect. What it gives is checked by \`assertConverses\`. */
const converse = `import { accumulateChat, Julep, messageText } from "effect-julep"
import { NotFound } from "effect-julep/promise"
import * as Effect from "effect/Effect"
const docs = [{ title: "Tea", content: "Tea takes four minutes." }]
const messages = [{ role: "user", content: "How long does tea take?" }]
const unknown = "00000000-0000-4000-8000-000000000000"
export const converse = async (client) => {
  const agent = await client.agents.create({ name: "Ada", docs })
  const session = await client.sessions.create({ agent_id: agent.id })
  const whole = messageText(await client.sessions.chat(session.id, { messages }))
  const streamed = messageText(await client.sessions.chatStream(session.id, { messages }).accumulate())
  const error = await client.agents.get(unknown).catch((error) => error)
  await client.close()
  return { whole, streamed, notFound: error instanceof NotFound }
}
const program = Effect.gen(function* () {
  const { agents, sessions } = yield* Julep
  const agent = yield* agents.create({ name: "Ada", docs })
  const session = yield* sessions.create({ agent_id: agent.id })
  const whole = messageText(yield* sessions.chat(session.id, { messages }))
  const streamed = messageText(yield* accumulateChat(sessions.chatStream(session.id, { messages })))
  const error = yield* Effect.flip(agents.get(unknown))
  return { whole, streamed, notFound: error instanceof NotFound }
})
export const converseOver = (layer) => Effect.runPromise(Effect.provide(program, layer))
`

/** A program that talks to the server with both clients. It defines \`main\`. */
const remote = (url) => `import { Julep } from "effect-julep"
import { Client } from "effect-julep/promise"
import { converse, converseOver } from "./converse.js"
const options = { apiKey: "${KEY}", baseUrl: "${url}" }
export const main = async () => [await converse(new Client(options)), await converseOver(Julep.layerFetch(options))]
`

/** A program that talks to an engine of its own process: one that promises load, and one that Effect provides. */
const embedded = `import { Embedded } from "effect-julep/embedded"
import { Client } from "effect-julep/promise"
import { converse, converseOver } from "./converse.js"
const options = { storage: { file: "data/julep.db" }, model: "offline", embedder: "none" }
export const main = async () => [
  await converse(Client.embedded(options)),
  await converseOver(Embedded.layerMemory())
]
`

/** A program for where the engine cannot run. It gives the reasons of both entries. */
const noEngine = `import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { Client } from "effect-julep/promise"
import * as Effect from "effect/Effect"
export const reasons = async () => {
  const loaded = await Client.embedded({ storage: "memory" }).agents.list().catch((error) => error)
  const provided = await Effect.runPromise(Effect.flip(Effect.provide(Julep, Embedded.layerMemory())))
  return [loaded, provided].map(({ _tag, message }) => _tag + ": " + message)
}
`

/** Programs that print what they give as a line of JSON. */
const printing = (module) => `import { main } from "./${module}.js"
main().then((given) => console.log(JSON.stringify(given)))
`

/** Fails unless both conversations went as they should. \`given\` is JSON, or the last line of output. */
export const assertConverses = (given) => {
  const conversations = typeof given === "string" ? JSON.parse(given.trim().split("\n").at(-1)) : given
  const went = ({ notFound, streamed, whole }) =>
    notFound === true && [whole, streamed].every((text) => text.includes("four minutes"))
  if (conversations.length !== 2 || !conversations.every(went)) throw new Error(`answered ${JSON.stringify(given)}`)
}

/** Fails unless both entries of the engine said why it does not run. */
export const assertNoEngine = (reasons) => {
  const said = (reason) => reason.startsWith("JulepConfigError: ") && reason.includes("Run the engine on a server")
  if (reasons.length !== 2 || !reasons.every(said))
    throw new Error(`the engine's entries said ${JSON.stringify(reasons)}`)
}

/**
 * A project with the package, the packages of the README and those named, and a running server. It has no optional
 * package until `withEngine` brings libsql back.
 */
export const prepare = async (tarball, packages) => {
  const temporary = temporaryFolder()
  const folder = join(temporary, "project")
  install(folder, [tarball, ...peers(), ...packages])
  write(folder, { "server.js": server, "converse.js": converse })
  const { match: port } = await start(process.execPath, ["server.js"], /port (\d+)/, { cwd: folder })
  const url = `http://127.0.0.1:${port}/api`
  write(folder, {
    "remote.js": remote(url),
    "embedded.js": embedded,
    "noEngine.js": noEngine,
    "runRemote.js": printing("remote"),
    "runEmbedded.js": printing("embedded")
  })
  // The server has loaded libsql already.
  const optional = ["libsql", "@libsql", "gpt-tokenizer", join("@effect", "sql")]
  const aside = join(temporary, "aside")
  mkdirSync(aside)
  const move = (from, to) => {
    for (const name of optional) if (existsSync(join(from, name))) renameSync(join(from, name), join(to, name))
  }
  move(join(folder, "node_modules"), aside)
  return { folder, temporary, url, withEngine: () => move(aside, join(folder, "node_modules")) }
}
