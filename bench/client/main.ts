/**
 * Compares the client with `@julep/sdk` 0.3.4 and `openai` on the loopback interface. Gates are ratios of one run.
 * `npm run bench:client`; `ROUNDS` and `TIMES` make it longer.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import { Client as Sdk } from "@julep/sdk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Agent, AgentId, Julep } from "effect-julep"
import { Client } from "effect-julep/promise"
import OpenAI from "openai"
import { decoder } from "../../src/schema/Compiled.js"
import { concurrently, measure, ratio, table } from "./measure.js"
import { AGENT, LISTED, listBody, start, TOKENS } from "./server.js"

const rounds = Number(process.env["ROUNDS"] ?? 15)
const times = Number(process.env["TIMES"] ?? 800)
const CONCURRENCY = 16

const server = await start()
const baseUrl = `${server.origin}/api`
const apiKey = "bench-key"

const scope = Effect.runSync(Scope.make())
const context = await Effect.runPromise(
  Layer.buildWithScope(Layer.provideMerge(Julep.layer({ apiKey, baseUrl }), NodeHttpClient.layerUndici), scope)
)
const julep = await Effect.runPromise(Effect.provide(Julep, context))
const bare = await Effect.runPromise(Effect.provide(HttpClient.HttpClient, context))
const facade = new Client({ apiKey, baseUrl })
const sdk = new Sdk({ apiKey, baseUrl })
const openai = new OpenAI({ apiKey, baseURL: `${server.origin}/v1` })
const dispatcher = new Undici.Agent()

const id = AgentId.make(AGENT)
const url = `${baseUrl}/agents/${AGENT}`
const headers = { authorization: `Bearer ${apiKey}` }
const passed: Array<boolean> = []

console.log(`Node ${process.version}, ${rounds} alternating rounds, the best of each`)

// One small request.
const gets = await measure(
  {
    "raw undici": concurrently(CONCURRENCY, async () => {
      const { body } = await Undici.request(url, { dispatcher, headers })
      return body.json()
    }),
    "Effect's HttpClient, JSON": concurrently(CONCURRENCY, () =>
      Effect.runPromise(Effect.flatMap(bare.get(url, { headers }), (response) => response.json))
    ),
    "effect-julep": concurrently(CONCURRENCY, () => Effect.runPromise(julep.agents.get(id))),
    "effect-julep/promise, over fetch": concurrently(CONCURRENCY, () => facade.agents.get(AGENT)),
    "@julep/sdk": concurrently(CONCURRENCY, () => sdk.agents.get(AGENT)),
    openai: concurrently(CONCURRENCY, () => openai.get(`/agents/${AGENT}`))
  },
  { rounds, times }
)
table(`agents.get, ${CONCURRENCY} at once`, "requests", gets)
const ours = gets["effect-julep"]
passed.push(
  ratio("agents.get, to @julep/sdk", ours.rate / gets["@julep/sdk"].rate, { gate: 0.8, want: 1.5 }),
  ratio("agents.get, to openai's client", ours.rate / gets.openai.rate, { gate: 1.3, want: 2 }),
  ratio("CPU on top of Effect's HttpClient", ours.cpu - gets["Effect's HttpClient, JSON"].cpu, {
    gate: 150,
    want: 50,
    most: true,
    unit: " us"
  })
)

// A list of a thousand.
const decode = decoder(Schema.Struct({ items: Schema.Array(Agent) }))
const parsed: unknown = JSON.parse(listBody)
const repeat = (work: () => unknown) => async (times: number) => {
  for (let time = 0; time < times; time++) work()
}
const lists = await measure(
  {
    "JSON.parse": repeat(() => JSON.parse(listBody)),
    "decoding the parsed value": repeat(() => decode(parsed)),
    "effect-julep": concurrently(1, () => Effect.runPromise(julep.agents.list({ limit: LISTED }))),
    "effect-julep/promise, over fetch": concurrently(1, () => facade.agents.list({ limit: LISTED })),
    "@julep/sdk, which validates nothing": concurrently(1, () => sdk.agents.list({ limit: LISTED }))
  },
  { rounds, times: Math.max(5, Math.round(times / 80)) }
)
table(`agents.list of ${LISTED}, ${(listBody.length / 1000).toFixed(0)} kB`, "lists", lists)
const once = (name: keyof typeof lists) => 1000 / lists[name].rate
const most = { most: true }
passed.push(
  ratio("decoding, to JSON.parse", once("decoding the parsed value") / once("JSON.parse"), {
    gate: 6,
    want: 2.5,
    ...most
  }),
  ratio("end to end, to @julep/sdk", once("effect-julep") / once("@julep/sdk, which validates nothing"), {
    gate: 3,
    want: 1.3,
    ...most
  })
)

// One recorded stream.
const question = { role: "user", content: "Tell me of the lighthouse" } as const
const whole = (count: number) => {
  if (count < TOKENS) throw new Error(`only ${count} of ${TOKENS} tokens arrived`)
}
const streams = await measure(
  {
    "effect-julep, Stream": concurrently(1, async () => {
      let count = 0
      const read = Stream.runForEachChunk(julep.chat.completions.stream({ messages: [question] }), (chunk) =>
        Effect.sync(() => {
          for (const { choices } of chunk) if (choices[0]?.delta?.content) count++
        })
      )
      await Effect.runPromise(read)
      whole(count)
    }),
    "effect-julep/promise, AsyncIterable": concurrently(1, async () => {
      let count = 0
      for await (const { choices } of facade.chat.completions.stream({ messages: [question] })) {
        if (choices[0]?.delta?.content) count++
      }
      whole(count)
    }),
    "openai, AsyncIterable": concurrently(1, async () => {
      let count = 0
      for await (const { choices } of await openai.chat.completions.create({
        model: "m",
        messages: [question],
        stream: true
      })) {
        if (choices[0]?.delta?.content) count++
      }
      whole(count)
    })
  },
  { rounds, times: Math.max(5, Math.round(times / 80)) }
)
table(`chat.completions.stream, ${TOKENS} tokens`, "tokens", streams, TOKENS)
const tokens = streams["openai, AsyncIterable"].rate
passed.push(
  ratio("tokens as a Stream, to openai", streams["effect-julep, Stream"].rate / tokens, { gate: 1.5, want: 2 }),
  ratio("tokens as AsyncIterable, to openai", streams["effect-julep/promise, AsyncIterable"].rate / tokens, {
    gate: 1,
    want: 1.5
  })
)

await facade.close()
await dispatcher.close()
await Effect.runPromise(Scope.close(scope, Exit.void))
server.stop()
console.log(passed.every(Boolean) ? "\nAll gates passed." : "\nA gate failed.")
process.exitCode = passed.every(Boolean) ? 0 : 1
