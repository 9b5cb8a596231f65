import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Embedded } from "../../../src/embedded.js"
import * as OpenAiCompatible from "../../../src/engine/model/OpenAiCompatible.js"
import { Model } from "../../../src/engine/ports/Model.js"
import { estimateTokens } from "../../../src/engine/ports/Tokenizer.js"
import { Julep, messageText } from "../../../src/index.js"
import { joinAfter } from "../../support/latches.js"
import { type Stub, stub } from "../../support/stubClient.js"
import { says, scene } from "../../support/turns.js"

/** An endpoint that begins its answer after 20 seconds. */
const slowEndpoint = () =>
  stub(({ body }) => {
    const streams = typeof body === "object" && body !== null && "stream" in body
    const choice = { index: 0, finish_reason: "stop", [streams ? "delta" : "message"]: { content: "ok" } }
    const completion = JSON.stringify({ id: "c", choices: [choice] })
    const type = streams ? "text/event-stream" : "application/json"
    const text = streams ? `data: ${completion}\n\ndata: [DONE]\n\n` : completion
    return Effect.delay(
      Effect.sync(() => new Response(text, { headers: { "content-type": type } })),
      "20 seconds"
    )
  })

const engineOver = (endpoint: Stub) =>
  Embedded.layer({
    storage: "memory",
    model: Layer.succeed(
      Model,
      OpenAiCompatible.make(
        endpoint.client,
        { of: () => Effect.succeed(estimateTokens) },
        { url: "https://llm.test/v1", apiKey: undefined, samplingExtensions: false }
      )
    )
  })

/** Lets 20 seconds pass for an effect. */
const twentySecondsFor = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.fork(effect), joinAfter("20 seconds"))

/** Without `remember` no job asks the model in the background. */
const input = { messages: [says("Hello")], remember: false } as const

it.effect("the options of a call to the engine are not those of the engine's own call of the model", () => {
  const endpoint = slowEndpoint()
  return Effect.gen(function* () {
    const { julep, session } = yield* scene()
    const options = { headers: { "x-caller": "yes" } }
    const reply = yield* twentySecondsFor(Julep.withOptions(options)(julep.sessions.chat(session.id, input)))
    expect(messageText(reply)).toBe("ok")
    const events = yield* twentySecondsFor(
      Stream.runCollect(julep.sessions.chatStream(session.id, input)).pipe(
        // The response of the engine begins within 15 seconds, that of the model later than this.
        Julep.withOptions({ ...options, timeout: { headers: "16 seconds" } })
      )
    )
    expect(Array.from(events, (event) => event.response[0]?.[0]?.content ?? "").join("")).toBe("ok")
    // A completion is streamed by the fiber that reads its response, unlike a chat of a session.
    const completion = { messages: [{ role: "user", content: "Hello" }] } as const
    const chunks = yield* twentySecondsFor(
      Stream.runCollect(julep.chat.completions.stream(completion)).pipe(
        Julep.withOptions({ ...options, timeout: { headers: "16 seconds" } })
      )
    )
    expect(Array.from(chunks, ({ choices }) => choices[0]?.delta?.content ?? "").join("")).toBe("ok")
    expect(endpoint.requests).toHaveLength(3)
    for (const { headers } of endpoint.requests) expect(headers).not.toHaveProperty("x-caller")
  }).pipe(Effect.provide(engineOver(endpoint)))
})
