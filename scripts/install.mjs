/**
 * Gate: the tarball installed in empty projects. There are no peer warnings and one copy of effect, every entry can be
 * imported, a short program runs, its tests run with the documented test framework, and the client alone works without a
 * database package. The program runs where nothing but its native package is installed.
 */
import { spawn } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { fail, root, run, say, seconds, temporaryFolder } from "./support.mjs"

const folder = process.argv[2]
const tarball = folder && readdirSync(folder).find((file) => file.endsWith(".tgz"))
if (!tarball) fail("give the folder with the tarball: node scripts/install.mjs <folder>")

// The README's own commands, so that the gate tests what the README says.
const readme = readFileSync(join(root, "README.md"), "utf8")
const lines = [...readme.matchAll(/^npm install effect-julep(?:@\S+)? (.+)$/gm)].map(([, peers]) => peers.split(" "))
const remote = lines.find((peers) => !peers.some((peer) => peer.startsWith("libsql@")))
const embedded = lines.find((peers) => peers.some((peer) => peer.startsWith("libsql@")))
if (remote === undefined || embedded === undefined)
  fail("README.md must have an install command with libsql and one without")

const workspace = temporaryFolder()

const removeLibsql = (project) => {
  for (const name of ["libsql", "@libsql"]) {
    rmSync(join(project, "node_modules", name), { recursive: true, force: true })
  }
}

/** `added`: packages that a peer brings, which others must not have. */
const install = (name, peers, added = []) => {
  const project = join(workspace, name)
  mkdirSync(project)
  writeFileSync(join(project, "package.json"), JSON.stringify({ name, private: true, type: "module" }))
  const { ms, output } = run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--engine-strict", join(folder, tarball), ...peers],
    {
      cwd: project
    }
  )
  const warnings = output.split("\n").filter((line) => /ERESOLVE|EPEERINVALID|peer dep|unmet/i.test(line))
  if (warnings.length > 0) fail(`installing warns about peers:\n${warnings.join("\n")}`)
  const listed = run("npm", ["ls", "effect", "--all", "--parseable"], { cwd: project })
  const copies = new Set(listed.stdout.split("\n").filter((line) => /node_modules[\\/]effect$/.test(line)))
  if (copies.size !== 1) fail(`expected one copy of effect, found ${copies.size}:\n${listed.output}`)
  const { version } = JSON.parse(readFileSync(join(project, "node_modules", "effect", "package.json"), "utf8"))
  for (const inside of [join("@effect", "sql"), join("@effect", "experimental")]) {
    if (!added.includes(inside) && existsSync(join(project, "node_modules", inside)))
      fail(`the package contains ${inside}, but it was installed`)
  }
  say(`${name}: installed ${peers.join(" ")} (${seconds(ms)}), no peer warnings, one effect ${version}`)
  return project
}

const program = (project, code) =>
  run(process.execPath, ["--input-type=module"], { cwd: project, input: code, env: { JULEP_API_KEY: "" } })

const withEngine = install("embedded", embedded)
const entries = [
  "effect-julep",
  "effect-julep/api",
  "effect-julep/embedded",
  "effect-julep/promise",
  "effect-julep/server",
  "effect-julep/testing"
]
program(withEngine, entries.map((entry) => `await import("${entry}")`).join("\n"))
say(`embedded: imports ${entries.join(", ")}`)

const answer = program(
  withEngine,
  `import { Effect } from "effect"
import { Julep, messageText } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada", docs: [{ title: "Tea", content: "Tea takes four minutes." }] })
  const session = yield* julep.sessions.create({ agent_id: agent.id })
  return messageText(yield* julep.sessions.chat(session.id, { messages: [{ role: "user", content: "How long does tea take?" }] }))
})
console.log(await Effect.runPromise(Effect.provide(program, Embedded.layer({ storage: { file: "tea.db" }, model: "offline" }))))`
)
if (!answer.stdout.includes("four minutes")) fail(`the program printed ${answer.output}`)
say(`embedded: a short program answers from its doc, in a file database (${seconds(answer.ms)})`)

// CommonJS can require the promise client, which loads its engine through the package's imports map.
writeFileSync(
  join(withEngine, "facade.cjs"),
  `const { Client, messageText } = require("effect-julep/promise")
const main = async () => {
  const client = Client.embedded({ storage: "memory" })
  const agent = await client.agents.create({ name: "Ada", docs: [{ title: "Tea", content: "Tea takes four minutes." }] })
  const session = await client.sessions.create({ agent_id: agent.id })
  const reply = await client.sessions.chat(session.id, { messages: [{ role: "user", content: "How long does tea take?" }] })
  console.log(messageText(reply))
  await client.close()
}
main()`
)
const required = run(process.execPath, ["facade.cjs"], { cwd: withEngine })
if (!required.stdout.includes("four minutes")) fail(`the required promise client printed ${required.output}`)
say(`embedded: require("effect-julep/promise") from CommonJS answers, and the process ends (${seconds(required.ms)})`)

// The line of docs/testing.md brings a test framework that fits, and the tests of the examples pass with it.
const testing = readFileSync(join(root, "docs", "testing.md"), "utf8")
const frameworks = /^npm install --save-dev (.*@effect\/vitest@.*)$/m.exec(testing)?.[1]
if (frameworks === undefined) fail("docs/testing.md must have an install command with @effect/vitest")
const added = run(
  "npm",
  ["install", "--no-audit", "--no-fund", "--engine-strict", "--save-dev", ...frameworks.split(" ")],
  {
    cwd: withEngine
  }
)
for (const api of ["effect", "promise"]) {
  cpSync(join(root, "examples", api, "testing.test.ts"), join(withEngine, `${api}.test.ts`))
}
const tested = run(join(withEngine, "node_modules", ".bin", "vitest"), ["run"], { cwd: withEngine })
say(`testing: installed ${frameworks} (${seconds(added.ms)}), the tests of both APIs pass (${seconds(tested.ms)})`)

// Without its native package, the engine fails with a typed error.
removeLibsql(withEngine)
const missing = program(
  withEngine,
  `import { Effect } from "effect"
import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
const error = await Effect.runPromise(Effect.flip(Effect.provide(Julep, Embedded.layerMemory())))
console.log(error._tag, error.reason, error.message)`
)
if (!missing.stdout.includes("StorageOpenError missing-binary")) fail(`without libsql: ${missing.output}`)
say(`embedded: without libsql, ${missing.stdout.trim().split("\n").at(-1)}`)

const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const withAi = install(
  "ai",
  [...embedded, ...["@effect/ai", "@effect/rpc"].map((name) => `${name}@${devDependencies[name]}`)],
  [join("@effect", "sql"), join("@effect", "experimental")]
)
const spoken = program(
  withAi,
  `import { LanguageModel } from "@effect/ai"
import { Effect, Layer, Stream } from "effect"
import { Julep } from "effect-julep"
import { EngineModel, SessionModel } from "effect-julep/ai"
import { Embedded } from "effect-julep/embedded"
const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
const parts = [{ type: "text", text: "Four minutes." }, { type: "finish", reason: "stop", usage }]
const model = Layer.effect(LanguageModel.LanguageModel, LanguageModel.make({
  generateText: () => Effect.succeed(parts),
  streamText: () => Stream.empty
}))
const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  const session = yield* julep.sessions.create({ agent_id: agent.id })
  const reply = yield* LanguageModel.generateText({ prompt: "How long does tea take?" }).pipe(
    Effect.provide(SessionModel.layer(session.id))
  )
  return reply.text
})
console.log(await Effect.runPromise(Effect.provide(program, Embedded.layerMemory({ model: EngineModel.languageModel(model) }))))`
)
if (!spoken.stdout.includes("Four minutes.")) fail(`the program with @effect/ai printed ${spoken.output}`)
const unequipped = program(
  withAi,
  `import { Effect } from "effect"
import { AgentServer, McpTools } from "effect-julep/mcp"
const error = await Effect.runPromise(Effect.flip(Effect.scoped(McpTools.connect({ command: "none" }))))
console.log(typeof AgentServer.layerHttp, error._tag, error.reason)`
)
if (!unequipped.stdout.includes("function McpError package")) {
  fail(`effect-julep/mcp without @modelcontextprotocol/client printed ${unequipped.output}`)
}
say("mcp: loads without @modelcontextprotocol/client, which connections to servers need")
say(`ai: a LanguageModel answers a session, which is a LanguageModel (${seconds(spoken.ms)})`)

const withoutEngine = install("remote", remote)
removeLibsql(withoutEngine)
const client = program(
  withoutEngine,
  `import { createServer } from "node:net"
import { Effect } from "effect"
import { AgentId, Julep } from "effect-julep"
// A port that is closed again.
const server = createServer().listen(0, "127.0.0.1")
await new Promise((resolve) => server.once("listening", resolve))
const { port } = server.address()
await new Promise((resolve) => server.close(resolve))
const id = AgentId.make("00000000-0000-4000-8000-000000000000")
const call = Effect.flatMap(Julep, (julep) => julep.agents.get(id))
const layer = Julep.layerFetch({ apiKey: "k", baseUrl: "http://127.0.0.1:" + port + "/api", retry: false })
const error = await Effect.runPromise(Effect.flip(Effect.provide(call, layer)))
console.log(error._tag, error.reason)`
)
if (!client.stdout.includes("ConnectionError refused")) fail(`the remote client printed ${client.output}`)
say("remote: the client works without libsql")

// The program as `npx` finds it, then without any package but libsql.
const found = run(join(withAi, "node_modules", ".bin", "effect-julep"), ["--version"], { cwd: withAi })
if (found.stdout.trim() !== JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version) {
  fail(`effect-julep --version printed ${found.output}`)
}
// The commands of the container file, in a folder in place of its root.
const container = join(workspace, "container")
mkdirSync(container)
cpSync(join(folder, tarball), join(container, tarball))
const containerFile = readFileSync(join(root, "examples", "serve", "Dockerfile"), "utf8").replaceAll("\\\n", "")
const words = (pattern) => JSON.parse(pattern.exec(containerFile)?.[1] ?? fail(`the Dockerfile has no ${pattern}`))
const [installing] = /^npm install .*?(?= &&)/m.exec(containerFile.replaceAll("RUN ", "")) ?? fail("no npm install")
const prefix = join(container, "usr")
run("sh", ["-c", `${installing.replace("/tmp/", `${container}/`)} --prefix ${prefix}`])
const address = "http://127.0.0.1:8080"
const free = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})
const served = spawn(
  join(prefix, "bin", ...words(/^ENTRYPOINT (.*)$/m)),
  [...words(/^CMD (.*)$/m), "--port", `${free}`],
  {
    cwd: container,
    env: { PATH: process.env.PATH, JULEP_DATABASE_URL: join(container, "julep.db"), AGENTS_API_KEY: "key" },
    stdio: ["ignore", "pipe", "inherit"]
  }
)
await new Promise((resolve, reject) => {
  served.once("exit", (code) => reject(new Error(`the server of the container ended with ${code}`)))
  served.stdout.on("data", (text) => `${text}`.includes('"serving"') && resolve())
})
const [node, ...check] = words(/^HEALTHCHECK .*? CMD (.*)$/m).map((word) =>
  word.replace(address, `http://127.0.0.1:${free}`)
)
run(node, check)
const ended = new Promise((resolve) => {
  served.removeAllListeners("exit").once("exit", resolve)
})
served.kill("SIGTERM")
if ((await ended) !== 0) fail("the server of the container did not end with 0")
if (run(node, check, { allowFailure: true }).status !== 1) fail("the health check passed without a server")
say("container: the commands of the container file install, start, check and end the server")

const bare = join(workspace, "bare")
mkdirSync(bare)
run("tar", ["-xzf", join(folder, tarball), "-C", bare])
writeFileSync(join(bare, "package.json"), JSON.stringify({ name: "bare", private: true }))
const native = embedded.find((peer) => peer.startsWith("libsql@"))
run("npm", ["install", "--no-audit", "--no-fund", native], { cwd: bare })
const installed = readdirSync(join(bare, "node_modules")).filter((name) => !name.startsWith("."))
const stray = installed.filter((name) => !/^(@?libsql|@neon-rs|detect-libc)$/.test(name))
if (stray.length > 0) fail(`beside libsql there must be nothing, but there is ${stray.join(", ")}`)
const julep = (...args) =>
  run(process.execPath, [join(bare, "package", "dist", "bin", "main.js"), ...args], { cwd: bare })
julep("agents", "create", "--name", "Ada", "--data", '{"docs":[{"title":"Tea","content":"Four minutes."}]}')
const listed = julep("agents", "list", "--json")
if (JSON.parse(listed.stdout).name !== "Ada") fail(`effect-julep agents list printed ${listed.output}`)
const reindexed = julep("reindex", "--without-embedder", "--json")
if (JSON.parse(reindexed.stdout).docs !== 1) fail(`effect-julep reindex printed ${reindexed.output}`)
rmSync(join(bare, "node_modules"), { recursive: true })
const helped = julep("agents", "list", "--help")
if (!helped.stdout.includes("--json")) fail(`without libsql, --help printed ${helped.output}`)
const without = run(process.execPath, [join(bare, "package", "dist", "bin", "main.js"), "agents", "list"], {
  cwd: bare,
  allowFailure: true
})
if (without.status !== 5 || !without.output.includes("libsql")) fail(`without libsql: ${without.output}`)
say(
  `bin: works on a store with nothing but ${native} (${seconds(listed.ms)}); without it, --help works and errors name it`
)
