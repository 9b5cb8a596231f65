import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Unauthorized } from "../../src/schema/Errors.js"
import { untilRevoked } from "../../src/server/untilRevoked.js"

const refused = new Unauthorized({ message: "Wrong key", status: 403 })
const unreadable = { _tag: "ServerError" }

/** The text of a response that never ends by itself, as a key is checked. */
const textOf = (check: Effect.Effect<unknown, { readonly _tag: string }>) => {
  const bytes = Stream.concat(Stream.make(new TextEncoder().encode("first ")), Stream.never)
  const { body } = untilRevoked(check)(HttpServerResponse.stream(bytes))
  return body._tag === "Stream" ? Stream.mkString(Stream.decodeText(body.stream)) : Effect.dieMessage("not a stream")
}

it.effect("a stream ends within a second after its key is refused, with an error event", () =>
  Effect.gen(function* () {
    let answer: Effect.Effect<void, { readonly _tag: string }> = Effect.void
    const reading = yield* Effect.fork(textOf(Effect.suspend(() => answer)))
    yield* TestClock.adjust("3 seconds")
    answer = Effect.fail(refused)
    yield* TestClock.adjust("999 millis")
    expect(yield* Fiber.poll(reading)).toMatchObject({ _tag: "None" })
    yield* TestClock.adjust("1 millis")
    expect(yield* Fiber.join(reading)).toMatch(/^first .*"code":"KEY_REVOKED"/s)
  })
)

it.effect("a stream goes on while its key cannot be checked", () =>
  Effect.gen(function* () {
    const reading = yield* Effect.fork(textOf(Effect.fail(unreadable)))
    yield* TestClock.adjust("10 seconds")
    expect(yield* Fiber.poll(reading)).toMatchObject({ _tag: "None" })
    yield* Fiber.interrupt(reading)
  })
)
