import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { vi } from "vitest"
import * as InProcess from "../../../src/engine/http/InProcess.js"

const ORIGIN = "http://engine.test"

it.effect("a body is decoded once, however often and under whatever address it is read", () =>
  Effect.gen(function* () {
    const app = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.gen(function* () {
        const moved = request.modify({ url: "/elsewhere" })
        expect(moved.url).toBe("/elsewhere")
        expect(yield* request.text).toBe('{"a":1}')
        expect(yield* Effect.all([request.json, moved.json])).toEqual([{ a: 1 }, { a: 1 }])
        expect(yield* moved.text).toBe('{"a":1}')
        return HttpServerResponse.empty()
      })
    ).pipe(Effect.orDie)
    const decode = vi.spyOn(TextDecoder.prototype, "decode")
    const request = HttpClientRequest.post(`${ORIGIN}/x`).pipe(
      HttpClientRequest.setBody(HttpBody.text('{"a":1}', "application/json"))
    )
    yield* InProcess.make(app, ORIGIN).execute(request)
    expect(decode).toHaveBeenCalledTimes(1)
    decode.mockRestore()
  })
)

it.effect("a streamed body can be read whole, as text, JSON or bytes", () =>
  Effect.gen(function* () {
    const bytes = new TextEncoder().encode('{"a":"\u00e9"}')
    // The character of two bytes arrives in two pieces.
    const app = Effect.succeed(HttpServerResponse.stream(Stream.make(bytes.subarray(0, 7), bytes.subarray(7))))
    const response = yield* InProcess.make(app, ORIGIN).execute(HttpClientRequest.get(`${ORIGIN}/x`))
    expect(yield* response.text).toBe('{"a":"\u00e9"}')
    expect(yield* response.json).toEqual({ a: "\u00e9" })
    expect(new Uint8Array(yield* response.arrayBuffer)).toEqual(bytes)
  })
)
