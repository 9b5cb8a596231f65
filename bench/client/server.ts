/** A server in its own process that answers from memory, so that the benchmark measures the client. */
import { type ChildProcess, fork } from "node:child_process"
import * as http from "node:http"
import type * as net from "node:net"
import { fileURLToPath } from "node:url"

const uuid = (last: number) => `3f2a0c1e-5b7d-4e8f-9a10-${String(last).padStart(12, "0")}`

/** The id of the agent. */
export const AGENT = uuid(1)

/** The number of agents in the list. */
export const LISTED = 1000

/** The number of tokens in the recorded stream. */
export const TOKENS = 2000

const agent = (id: string) => ({
  id,
  name: "Marguerite",
  about: "keeps the lighthouse and answers whoever asks, by day and by night",
  model: "julep-ai/samantha-1-turbo",
  instructions: ["Be brief.", "Name the ships."],
  default_settings: {
    frequency_penalty: 0,
    length_penalty: 1,
    presence_penalty: 0,
    repetition_penalty: 1,
    temperature: 0.75,
    top_p: 1,
    min_p: 0.01,
    preset: null
  },
  metadata: { shore: "north", lamps: 3, nested: { tags: ["a", "b"] } },
  created_at: "2031-04-05T06:07:08.250Z",
  updated_at: "2031-04-05T09:10:11Z"
})

/** The body of one agent. */
export const agentBody = JSON.stringify(agent(AGENT))

/** The body of the list. */
export const listBody = JSON.stringify({ items: Array.from({ length: LISTED }, (_, index) => agent(uuid(index))) })

const chunk = (delta: unknown, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({
    id: "chatcmpl-recorded",
    object: "chat.completion.chunk",
    created: 1935000000,
    model: "recorded",
    choices: [{ index: 0, delta, finish_reason }]
  })}\n\n`

/** The recorded stream, one event per token, as an endpoint sends it. */
export const events: ReadonlyArray<string> = [
  chunk({ role: "assistant", content: "" }),
  ...Array.from({ length: TOKENS }, (_, index) => chunk({ content: index % 7 === 0 ? " lighthouse" : " and" })),
  chunk({}, "stop"),
  "data: [DONE]\n\n"
]

const serve = (): void => {
  const server = http.createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? ""
    request.resume()
    if (path.endsWith("/chat/completions")) {
      response.writeHead(200, { "content-type": "text/event-stream" })
      for (const event of events) response.write(event)
      response.end()
      return
    }
    const body = path.endsWith("/agents") ? listBody : agentBody
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    response.end(body)
  })
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as net.AddressInfo).port))
  // The parent process has ended.
  process.on("disconnect", () => process.exit())
}

const file = fileURLToPath(import.meta.url)

/** Starts the server. */
export const start = async (): Promise<{ readonly origin: string; readonly stop: () => void }> => {
  const child: ChildProcess = fork(file)
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message) => resolve(Number(message)))
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)))
  })
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}

if (process.argv[1] === file) serve()
