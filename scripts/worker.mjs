/**
 * Gate: the client in workerd, the runtime of Cloudflare Workers, which is not Node. It chats and streams with a server
 * on the loopback interface. The gate installs the runtime in a temporary folder, because nothing else needs it.
 */
import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { build } from "esbuild"
import { fail, root, run, say, temporaryFolder } from "./support.mjs"

const WORKERD = "workerd@1.20261117.1"
const ID = "3f2a0c1e-5b7d-4e8f-9a10-000000000001"
const TIMEOUT = 30_000

const folder = temporaryFolder()
run("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, WORKERD])

const docs = { agent_doc_ids: [], user_doc_ids: [] }
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
const events = [
  { id: ID, response: [[{ role: "assistant", content: "Hel" }]], finish_reason: null, doc_ids: docs },
  { id: ID, response: [[{ content: "lo" }]], finish_reason: "stop", usage, jobs: [] }
]
const message = { id: ID, role: "assistant", content: "Hello", created_at: "2026-01-01T00:00:00Z" }
const reply = { id: ID, response: [[message]], finish_reason: "stop", usage, doc_ids: docs, jobs: [] }
const requests = []
const api = createServer((request, response) => {
  let text = ""
  request.setEncoding("utf8")
  request.on("data", (part) => {
    text += part
  })
  request.on("end", () => {
    const body = JSON.parse(text)
    requests.push({ url: request.url, key: request.headers.authorization, body })
    if (body.stream) {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.end(
        [...events.map((event) => JSON.stringify(event)), "[DONE]"].map((data) => `data: ${data}\n\n`).join("")
      )
    } else {
      response.writeHead(200, { "content-type": "application/json" })
      response.end(JSON.stringify(reply))
    }
  })
})
const listening = (server) =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)))
const apiPort = await listening(api)

const worker = `import { Julep, messageText, SessionId, accumulateChat } from "effect-julep"
import { Client } from "effect-julep/promise"
import * as Effect from "effect/Effect"
const options = { apiKey: "worker-key", baseUrl: "http://127.0.0.1:${apiPort}/api" }
const hello = { messages: [{ role: "user", content: "Hello" }] }
const program = Effect.gen(function* () {
  const { sessions } = yield* Julep
  const id = SessionId.make("${ID}")
  const whole = yield* sessions.chat(id, hello)
  const streamed = yield* accumulateChat(sessions.chatStream(id, hello))
  return [messageText(whole), messageText(streamed)]
})
export default {
  async fetch() {
    try {
      const effect = await Effect.runPromise(Effect.provide(program, Julep.layerFetch(options)))
      const client = new Client(options)
      const promise = messageText(await client.sessions.chat("${ID}", hello))
      const streamed = messageText(await client.sessions.chatStream("${ID}", hello).accumulate())
      await client.close()
      return Response.json({ effect, promise: [promise, streamed] })
    } catch (error) {
      return new Response(String(error) + "\\n" + error.stack, { status: 500 })
    }
  }
}`
const { outputFiles } = await build({
  stdin: { contents: worker, resolveDir: root, loader: "ts" },
  tsconfigRaw: {},
  bundle: true,
  write: false,
  format: "esm",
  platform: "browser",
  target: "es2022",
  logLevel: "error"
})
writeFileSync(join(folder, "worker.js"), outputFiles[0].contents)
writeFileSync(
  join(folder, "config.capnp"),
  `using Workerd = import "/workerd/workerd.capnp";
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
)

const workerd = spawn(join(folder, "node_modules", ".bin", "workerd"), ["serve", "--control-fd=3", "config.capnp"], {
  cwd: folder,
  stdio: ["ignore", "inherit", "inherit", "pipe"]
})
process.on("exit", () => workerd.kill())
const bounded = AbortSignal.timeout(TIMEOUT)
bounded.addEventListener("abort", () => fail(`workerd did not answer within ${TIMEOUT / 1000} s`))
workerd.on("exit", (code) => fail(`workerd ended with ${code}`))

/** workerd reports its port as a line of JSON. */
const port = await new Promise((resolve) => {
  let output = ""
  workerd.stdio[3].on("data", (part) => {
    output += part
    const line = output.split("\n").find((each) => each.includes('"listen"'))
    if (line !== undefined) resolve(JSON.parse(line).port)
  })
})

const response = await fetch(`http://127.0.0.1:${port}/`, { signal: bounded })
const answer = await response.text()
const expected = JSON.stringify({ effect: ["Hello", "Hello"], promise: ["Hello", "Hello"] })
if (answer !== expected) fail(`the worker answered ${response.status}: ${answer}`)
if (requests.length !== 4 || requests.some(({ key }) => key !== "Bearer worker-key"))
  fail("the server got other requests than expected")
say(`${WORKERD}: both clients chat and stream in a worker, ${requests.length} requests`)
process.exit(0)
