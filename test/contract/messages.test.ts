/** What the API says about a wrong request: plain words, and no term of the library that reads it. */
import * as HttpApi from "@effect/platform/HttpApi"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JulepApi } from "../../src/schema/api/JulepApi.js"
import { OpenAiApi } from "../../src/schema/api/OpenAiApi.js"
import { embedded, type Method, send } from "../support/wire.js"

const operations: Array<readonly [method: Method, path: string]> = []
const onEndpoint = ({ endpoint }: { readonly endpoint: { readonly method: string; readonly path: string } }) => {
  // The API has no other methods.
  operations.push([endpoint.method as Method, endpoint.path])
}
HttpApi.reflect(JulepApi, { onGroup: () => {}, onEndpoint })
HttpApi.reflect(OpenAiApi, { onGroup: () => {}, onEndpoint })
const writing = operations.filter(([method]) => method === "POST" || method === "PUT" || method === "PATCH")

const ID = "00000000-0000-4000-8000-000000000000"

const values: ReadonlyArray<unknown> = [null, true, "x", [], [1], { a: 1 }]

/** Every name of a member that a request of the API has. */
const names = [
  "name",
  "about",
  "instructions",
  "default_settings",
  "metadata",
  "model",
  "tools",
  "docs",
  "functions",
  "agent_id",
  "user_id",
  "situation",
  "render_templates",
  "messages",
  "tool_choice",
  "temperature",
  "top_p",
  "min_p",
  "stop",
  "seed",
  "max_tokens",
  "logit_bias",
  "response_format",
  "preset",
  "recall",
  "record",
  "remember",
  "stream",
  "extra",
  "title",
  "content",
  "type",
  "function",
  "prompt",
  "frequency_penalty",
  "presence_penalty",
  "n",
  "user"
]

/** Words of the library that reads requests. */
const foreign =
  /Encoded|Type side|Struct\b|Refinement|Transformation|TypeLiteral|TupleType|Union\b|<->|ReadonlyArray|\bfilter\b|NonEmpty|\bSchema\b|Record<|nullish|Brand|predicate|JsonObject|undefined/i

const bodies = [
  ...values,
  ...names.flatMap((name) => values.map((value) => ({ [name]: value }))),
  ...values.map((value) => Object.fromEntries(names.map((name) => [name, value]))),
  ...values.map((value) => ({ messages: [value] })),
  ...values.flatMap((value) =>
    ["role", "content", "name", "tool_call_id", "tool_calls", "continue"].map((name) => ({
      messages: [{ role: "user", content: "Hello", [name]: value }]
    }))
  ),
  ...values.map((value) => ({ messages: [{ role: "user", content: [value] }] })),
  ...values.map((value) => ({
    tools: [value],
    docs: [value],
    default_settings: { temperature: value, preset: value }
  })),
  ...values.map((value) => ({ tools: [{ type: "function", function: value }] }))
]

const texts = (body: unknown): ReadonlyArray<string> =>
  typeof body === "string"
    ? [body]
    : typeof body === "object" && body !== null
      ? Object.values(body).flatMap(texts)
      : []

describe("the messages of the API", () => {
  it.live.each(writing)("%s %s speaks of no library", ([method, path]) =>
    Effect.gen(function* () {
      const url = path.replaceAll(/:\w+/g, ID)
      const found = new Set<string>()
      for (const json of bodies) {
        const answered = yield* send(method, url, { json })
        if (answered.status < 400) continue
        for (const text of texts(answered.body)) found.add(text)
      }
      expect([...found].filter((text) => foreign.test(text))).toEqual([])
    }).pipe(Effect.provide(embedded()))
  )
})
