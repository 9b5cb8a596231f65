/** A store that a conversation uses: closing it waits for the memories that the conversation forms. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { printError, Stdio } from "../output.js"

const WAITING =
  "Memories of the conversation are being formed. Ctrl-C ends it now, and they are formed when the store is used again."

/** How long it takes until somebody at a terminal wonders. */
const NOTICE_DELAY = "1 second"

/** Provides a layer, and says what its end waits for if that takes long. */
export const provideStore = <A, E, R, ROut, E2, RIn>(
  use: Effect.Effect<A, E, R>,
  layer: Layer.Layer<ROut, E2, RIn>
): Effect.Effect<A, E | E2, RIn | Stdio | Exclude<R, ROut>> =>
  Effect.gen(function* () {
    const { errorIsTerminal } = yield* Stdio
    let waiting: Fiber.Fiber<void> | undefined
    // Finalizers run in reverse: the first one after the store is closed, the second one before.
    yield* Effect.addFinalizer(() => (waiting === undefined ? Effect.void : Fiber.interrupt(waiting)))
    const context = yield* Layer.build(layer)
    yield* Effect.addFinalizer((exit) =>
      Exit.isSuccess(exit) && errorIsTerminal
        ? Effect.map(Effect.forkDaemon(Effect.delay(printError(WAITING), NOTICE_DELAY)), (fiber) => {
            waiting = fiber
          })
        : Effect.void
    )
    return yield* Effect.provide(use, context)
  }).pipe(Effect.scoped)
