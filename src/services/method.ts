import * as Effect from "effect/Effect"

/**
 * A method whose calls have a span with its name, and with the place in the program that called it: pretty errors show that
 * place. `Effect.fn` shows the place of the definition, too, which is in this package, and is three times the size.
 */
export const method =
  (name: string) =>
  <Args extends ReadonlyArray<unknown>, A, E, R>(body: (...args: Args) => Effect.Effect<A, E, R>) =>
  (...args: Args): Effect.Effect<A, E, R> => {
    const { stackTraceLimit } = Error
    // To capture more takes as long as to encode a request. Unlike an assignment, this leaves a frozen `Error` as it is.
    Reflect.set(Error, "stackTraceLimit", 2)
    const called = new Error()
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit)
    // The first two lines are the message and this function.
    const captureStackTrace = () => called.stack?.split("\n")[2]?.trim()
    return Effect.withSpan(
      Effect.suspend(() => body(...args)),
      name,
      { captureStackTrace }
    )
  }
