/**
 * A strict endpoint with OpenAI's API, on loopback. It refuses what OpenAI refuses, records what it received, and its
 * answers depend on the request alone. The name of the model selects errors and odd streams:
 *
 * - `fault-...`: an error, see `faults.ts`; `flaky-...`: an error first, an answer to the same request again;
 * - `break`: the connection is lost in mid-answer; `stream-error`: an error event in mid-stream;
 * - `hang`: an answer begins, and never ends;
 * - `pieces`: a stream with comments and CRLF, in pieces that break events and characters; `no-done`: one without `[DONE]`;
 * - `gzip`: a compressed answer;
 * - `refuse`, `length`, `filter`, `two-calls`, `.../think`: see `chat.ts`.
 */
import type * as http from "node:http"
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type OpenAI from "openai"
import { json, type Loopback, type Received, serve } from "../loopback.js"
import { chunksOf, completionOf } from "./chat.js"
import { type Fault, faultOfModel, firstFault, notJson, wrongKey, wrongUrl } from "./faults.js"
import { embeddingsOf, modelList, modelOf, textChunksOf, textCompletionOf } from "./others.js"
import { responseEventsOf, responseOf } from "./responses.js"
import { faultOf, membersOf } from "./rules.js"
import { idOf } from "./sample.js"

/** The key that the endpoint accepts. */
export const ENDPOINT_KEY = "sk-endpoint-0123456789abcdef"

const headersOf = ({ body, path }: Received) => ({
  "x-request-id": idOf("req_", path, body),
  "openai-organization": "org-secret",
  "openai-processing-ms": "12",
  "x-ratelimit-limit-requests": "500",
  "x-ratelimit-remaining-tokens": "39000"
})

const refuse = (response: http.ServerResponse, { error, headers = {}, status }: Fault) => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  json(response, status, { error })
}

/** A stream as a proxy may deliver it. */
const inPieces = async (response: http.ServerResponse, events: Iterable<object>, last = "") => {
  const text = [...events].map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join(": PROCESSING\r\n\r\n")
  const bytes = Buffer.from(`: PROCESSING\r\n\r\n${text}${last}`)
  for (let at = 0; at < bytes.length; at += 97) {
    response.write(bytes.subarray(at, at + 97))
    await new Promise(setImmediate)
  }
  response.end()
}

/** Writes a stream of events, as each model ends it. */
const stream = (response: http.ServerResponse, model: string, events: Iterable<object>, last?: string) => {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" })
  if (model === "pieces") return void inPieces(response, events, last)
  let written = 0
  for (const event of events) {
    if (model === "break" && written === 3) return void setImmediate(() => response.destroy())
    if (model === "hang" && written === 3) return
    if (model === "stream-error" && written === 3) {
      const error = { message: "The server had an error.", type: "server_error", param: null, code: "overloaded" }
      response.end(`data: ${JSON.stringify({ error })}\n\n`)
      return
    }
    const { type } = membersOf(event)
    response.write(`${typeof type === "string" ? `event: ${type}\n` : ""}data: ${JSON.stringify(event)}\n\n`)
    written++
  }
  response.end(model === "no-done" ? undefined : last)
}

const whole = (response: http.ServerResponse, model: string, body: unknown) => {
  if (model === "hang") return
  if (model === "gzip") {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
    return void response.end(gzipSync(JSON.stringify(body)))
  }
  if (model !== "break") return json(response, 200, body)
  response.writeHead(200, { "content-type": "application/json", "content-length": "4096" })
  response.write(JSON.stringify(body).slice(0, 40), () => response.destroy())
}

/** Answers a request that the rules let through. */
const answer = (response: http.ServerResponse, path: string, body: Readonly<Record<string, unknown>>) => {
  const model = String(body["model"])
  const streamed = body["stream"] === true
  // The rules have checked what the answers read of it.
  const request = body as unknown
  switch (path) {
    case "/chat/completions": {
      const params = request as OpenAI.ChatCompletionCreateParams
      return streamed
        ? stream(response, model, chunksOf(params), "data: [DONE]\n\n")
        : whole(response, model, completionOf(params))
    }
    case "/completions": {
      const params = request as OpenAI.CompletionCreateParams
      return streamed
        ? stream(response, model, textChunksOf(params), "data: [DONE]\n\n")
        : whole(response, model, textCompletionOf(params))
    }
    case "/embeddings":
      return json(response, 200, embeddingsOf(request as OpenAI.EmbeddingCreateParams))
    default:
      return streamed ? stream(response, model, responseEventsOf(body)) : whole(response, model, responseOf(body))
  }
}

const posts = new Set(["/chat/completions", "/completions", "/embeddings", "/responses"])

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The endpoint, as tests see it. */
export interface OpenAiEndpoint extends Loopback {
  /** How many answers were given up by the other side before they ended. */
  readonly abandoned: () => number
}

/** Serves `/v1` until the scope closes. */
export const endpoint: Effect.Effect<OpenAiEndpoint, never, Scope.Scope> = Effect.suspend(() => {
  const times = new Map<string, number>()
  let abandoned = 0
  const handler = (received: Received, response: http.ServerResponse) => {
    const path = received.path.replace(/^\/v1|\?.*$/g, "")
    for (const [name, value] of Object.entries(headersOf(received))) response.setHeader(name, value)
    if (received.headers.authorization !== `Bearer ${ENDPOINT_KEY}`) return refuse(response, wrongKey)
    if (received.method === "GET" && path === "/models") return json(response, 200, modelList)
    if (received.method === "GET" && path.startsWith("/models/")) {
      const model = modelOf(decodeURIComponent(path.slice("/models/".length)))
      return "error" in model ? refuse(response, model) : json(response, 200, model)
    }
    if (received.method !== "POST" || !posts.has(path))
      return refuse(response, wrongUrl(received.method, received.path))
    const body = membersOf(parsed(received.body))
    if (Object.keys(body).length === 0) return refuse(response, notJson)
    const model = String(body["model"])
    const time = times.get(received.body) ?? 0
    times.set(received.body, time + 1)
    if (model === "hang") response.once("close", () => abandoned++)
    const fault = faultOfModel(model) ?? faultOf(path, body) ?? (time % 2 === 0 ? firstFault(model) : undefined)
    return fault === undefined ? answer(response, path, body) : refuse(response, fault)
  }
  return Effect.map(serve(handler), (loopback) => ({ ...loopback, abandoned: () => abandoned }))
})
