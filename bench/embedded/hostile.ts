/**
 * Hostile input: how long one request blocks the process, in milliseconds for each MB, and against its JSON.parse. Times are
 * medians of CPU time of this process, because other processes must not count. `ROUNDS` is 7.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Embedded } from "effect-julep/embedded"
import { instantModel, runBenchmark, temporaryFile } from "./support.js"

const SIZE = Number(process.env["SIZE"] ?? 1)
const ROUNDS = Number(process.env["ROUNDS"] ?? 7)
const now = () => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}
const medianOf = (times: ReadonlyArray<number>): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
const many = (count: number, item: string) =>
  `[${Array.from({ length: Math.round(count * SIZE) }, () => item).join(",")}]`

const TOOL =
  '{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}'

const bodies: ReadonlyArray<readonly [what: string, path: string, body: string]> = [
  [
    "docs with wrong metadata",
    "/agents",
    `{"name":"a","docs":${many(8000, '{"title":"t","content":"c","metadata":1}')}}`
  ],
  ["messages with a wrong name", "/chat", `{"messages":${many(8000, '{"role":"user","content":"a","name":1}')}}`],
  ["parts of an unknown type", "/chat", `{"messages":[{"role":"user","content":${many(20_000, '{"type":"x"}')}}]}`],
  ["messages that are numbers", "/chat", `{"messages":${many(100_000, "1")}}`],
  [
    "one wrong message after right ones",
    "/chat",
    `{"messages":${many(30_000, '{"role":"user","content":"a"}').slice(0, -1)},1]}`
  ],
  [
    "one wrong part after right ones",
    "/chat",
    `{"messages":[{"role":"user","content":${many(25_000, '{"type":"text","text":"a"}').slice(0, -1)},1]}]}`
  ],
  [
    "a wrong member beside right messages",
    "/chat",
    `{"messages":${many(30_000, '{"role":"user","content":"a"}')},"temperature":"x"}`
  ],
  [
    "one wrong message in a chat completion",
    "/v1",
    `{"messages":${many(30_000, '{"role":"user","content":"a"}').slice(0, -1)},1]}`
  ],
  [
    "one wrong doc after right ones",
    "/agents",
    `{"name":"a","docs":${many(25_000, '{"title":"t","content":"c"}').slice(0, -1)},1]}`
  ],
  [
    "one wrong chunk after right ones",
    "/agents",
    `{"name":"a","docs":[{"title":"t","content":${many(200_000, '"c"').slice(0, -1)},1]}]}`
  ],
  ["one wrong tool after right ones", "/agents", `{"name":"a","tools":${many(7_000, TOOL).slice(0, -1)},1]}`],
  [
    "metadata of many keys",
    "/agents",
    `{"name":"a","metadata":{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join(",")}}}`
  ],
  ["backslashes", "/agents", `{"name":"${"\\\\".repeat(500_000)}","x":"\\u0000"}`]
]

const template =
  "{% for a in range(100) %}{% for b in range(100) %}{% for c in range(40) %}x{% endfor %}{% endfor %}{% endfor %}"

const hostile = Effect.gen(function* () {
  const http = yield* HttpClient.HttpClient
  const send = (path: string, body: string) =>
    Effect.scoped(
      http.execute(
        HttpClientRequest.post(`${Embedded.ORIGIN}${path}`).pipe(
          HttpClientRequest.setBody(HttpBody.text(body, "application/json"))
        )
      )
    ).pipe(Effect.flatMap((response) => Effect.map(response.json, (json) => ({ json, status: response.status }))))
  const created = (path: string, body: unknown) =>
    Effect.map(send(path, JSON.stringify(body)), ({ json }) => (json as { readonly id: string }).id)
  const agent = yield* created("/agents", { name: "Ada" })
  const session = yield* created("/sessions", { agent_id: agent })
  const templated = yield* created("/sessions", { agent_id: agent, situation: template, render_templates: true })
  const paths: Record<string, string> = { "/chat": `/sessions/${session}/chat`, "/v1": "/v1/chat/completions" }
  const timed = Effect.fnUntraced(function* (what: string, path: string, body: string) {
    const parsing: Array<number> = []
    const blocking: Array<number> = []
    let status = 0
    for (let round = 0; round < ROUNDS; round++) {
      const before = now()
      JSON.parse(body)
      const start = now()
      status = (yield* send(path, body)).status
      parsing.push(start - before)
      blocking.push(now() - start)
    }
    const [parsed, blocked] = [medianOf(parsing), medianOf(blocking)]
    const size = body.length / 1e6
    console.log(
      `  ${what.padEnd(40)}: ${status}, ${Math.round(blocked / size)} ms/MB, ${(blocked / parsed).toFixed(1)} x JSON.parse (${blocked.toFixed(0)} ms, at first ${(blocking[0] ?? 0).toFixed(0)} ms)`
    )
  })
  for (const [what, path, body] of bodies) yield* timed(what, paths[path] ?? path, body)
  const turn = JSON.stringify({ messages: [{ role: "user", content: "Hello" }] })
  yield* timed("a template of 400,000 loops", `/sessions/${templated}/chat`, turn)
})

runBenchmark(
  Effect.scoped(
    Effect.flatMap(temporaryFile, (file) =>
      Effect.provide(
        hostile,
        Layer.provide(Embedded.layerHttpClient({ storage: { file }, model: instantModel }), FetchHttpClient.layer)
      )
    )
  )
)
