import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { provideStore } from "../../src/cli/chat/provideStore.js"
import { Stdio } from "../../src/cli/output.js"

class Store extends Context.Tag("test/Store")<Store, "store">() {}

/** The error output of a program that ends as it does, while its store closes for three seconds. */
const notes = (use: Effect.Effect<unknown, string>, errorIsTerminal: boolean) =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const used = yield* Deferred.make<void>()
    const streams: Stdio.Service = {
      write: () => Effect.void,
      writeError: (text) => Effect.sync(() => void written.push(text)),
      read: Effect.succeed(""),
      columns: undefined,
      errorIsTerminal,
      inputIsTerminal: true,
      colors: false,
      signal: Effect.never,
      interrupt: Effect.never,
      input: Stream.empty,
      ask: () => Effect.succeed({ _tag: "End" })
    }
    const store = Layer.scoped(
      Store,
      Effect.acquireRelease(Effect.succeed("store" as const), () =>
        Effect.zipRight(Deferred.succeed(used, undefined), Effect.sleep("3 seconds"))
      )
    )
    const fiber = yield* provideStore(use, store).pipe(Effect.provideService(Stdio, streams), Effect.exit, Effect.fork)
    yield* Deferred.await(used)
    yield* TestClock.adjust("900 millis")
    expect(written).toEqual([])
    yield* TestClock.adjust("3 seconds")
    yield* Fiber.join(fiber)
    return written.join("")
  })

describe("a conversation that ends", () => {
  it.effect("says in a terminal what it waits for, if that takes long", () =>
    Effect.gen(function* () {
      expect(yield* notes(Effect.void, true)).toMatch(/^Memories of the conversation are being formed\. .*\n$/)
      expect(yield* notes(Effect.void, false)).toBe("")
      expect(yield* notes(Effect.fail("Ctrl-C"), true)).toBe("")
    })
  )
})
