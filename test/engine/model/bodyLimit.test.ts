/** An endpoint that never stops sending fills no memory, whatever it was asked for. */

import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Embeddings from "../../../src/engine/model/Embeddings.js"
import * as OpenAi from "../../../src/engine/model/OpenAiCompatible.js"
import * as BodyLimit from "../../../src/engine/model/openai/BodyLimit.js"
import * as Reranking from "../../../src/engine/model/Reranking.js"
import type { ModelRequest } from "../../../src/engine/ports/Model.js"
import { estimateTokens } from "../../../src/engine/ports/Tokenizer.js"
import { stub } from "../../support/stubClient.js"

const MEGABYTE = 1_000_000
/** A comment of an event stream; of a whole body, it is not JSON. */
const comment = new TextEncoder().encode(`:${" ".repeat(MEGABYTE - 2)}\n`)

/** A client whose responses have a gigabyte, and what was read of them. */
const gigabytes = (type: string, status = 200) => {
  const read = { megabytes: 0, cancelled: false }
  const http = stub(() => {
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (++read.megabytes > 1000) return controller.close()
          controller.enqueue(comment)
        },
        cancel: () => {
          read.cancelled = true
        }
      },
      { highWaterMark: 0 }
    )
    return new Response(body, { status, headers: { "content-type": type } })
  })
  return { ...http, read }
}

const url = "https://llm.test/v1"
const request: ModelRequest = { model: "m", messages: [{ role: "user", content: "Hello" }], tools: [], settings: {} }

const modelOver = ({ client }: ReturnType<typeof stub>) =>
  OpenAi.make(
    client,
    { of: () => Effect.succeed(estimateTokens) },
    { url, apiKey: undefined, samplingExtensions: false }
  )

type Call = (http: ReturnType<typeof stub>) => Effect.Effect<unknown, { readonly message: string }>

const body = { model: "m", messages: [] }
const wholes: Readonly<Record<string, Call>> = {
  "an embedder's vectors": ({ client }) =>
    Embeddings.make(client, { url, apiKey: undefined, name: "m", dimensions: undefined }).embed(["a"]),
  "a reranker's scores": ({ client }) =>
    Reranking.make(client, { url, apiKey: undefined, model: "m", queryTimeout: Duration.seconds(3) }).score("a", ["b"]),
  "a model's reply": (http) => modelOver(http).complete(request),
  "a list of models": (http) => modelOver(http).list,
  "a relayed reply": (http) =>
    Effect.scoped(modelOver(http).relay?.({ path: "/chat/completions", body }) ?? Effect.void)
}

describe("a body of a gigabyte", () => {
  for (const [what, call] of Object.entries(wholes)) {
    for (const status of [200, 503]) {
      it.effect(`in place of ${what}, with status ${status}, is an error after 64 MB, and is not asked for again`, () =>
        Effect.gen(function* () {
          const http = gigabytes("application/json", status)
          const error = yield* Effect.flip(call(http))
          expect(error.message).toContain("answered with more than 64 MB")
          expect(http.read).toEqual({ megabytes: 65, cancelled: true })
          expect(http.requests).toHaveLength(1)
        })
      )
    }
  }

  it.effect("in place of a streamed reply is an error, too", () =>
    Effect.gen(function* () {
      const http = gigabytes("text/plain")
      const error = yield* Effect.flip(Stream.runDrain(modelOver(http).stream(request)))
      expect(error).toMatchObject({ _tag: "ModelError", reason: "unavailable" })
      expect(error.message).toContain("POST /v1/chat/completions answered with more than 64 MB")
      expect(http.read).toEqual({ megabytes: 65, cancelled: true })
    })
  )

  it.effect("in place of a relayed stream is an error, too", () =>
    Effect.gen(function* () {
      const http = gigabytes("text/plain")
      const relayed = modelOver(http).relay?.({ path: "/chat/completions", body: { ...body, stream: true } })
      const drained = Effect.flatMap(relayed ?? Effect.dieMessage("no relay"), ({ body }) =>
        body instanceof Uint8Array ? Effect.void : Stream.runDrain(body)
      )
      const error = yield* Effect.flip(Effect.scoped(drained))
      expect(error.message).toContain("answered with more than 64 MB")
      expect(http.read).toEqual({ megabytes: 65, cancelled: true })
    })
  )

  it.effect("is read to 256 MB where it is an event stream", () =>
    Effect.gen(function* () {
      const http = gigabytes("text/event-stream; charset=utf-8")
      const drained = Stream.runDrain(HttpClientResponse.stream(BodyLimit.client(http.client).get(url)))
      const error = yield* Effect.flip(BodyLimit.orFail(drained))
      expect(error.message).toBe("GET /v1 answered with more than 256 MB")
      expect(http.read).toEqual({ megabytes: 257, cancelled: true })
    })
  )
})
