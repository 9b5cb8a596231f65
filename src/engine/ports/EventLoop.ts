import * as Effect from "effect/Effect"

/** Lets timers, sockets and other requests run before a long piece of work goes on. */
export const yieldToEventLoop: Effect.Effect<void> = Effect.async((resume) => {
  setImmediate(() => resume(Effect.void))
})
