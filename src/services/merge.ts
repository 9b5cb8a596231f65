import * as Effect from "effect/Effect"

/** What was sent, plus the identity the server gave it. No defaults are invented: `get` tells the stored truth. */
export const merged =
  <Input extends object>(input: Input) =>
  <Identity extends object, E, R>(effect: Effect.Effect<Identity, E, R>): Effect.Effect<Input & Identity, E, R> =>
    Effect.map(effect, (identity) => ({ ...input, ...identity }))
