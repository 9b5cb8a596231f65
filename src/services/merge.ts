import * as Effect from "effect/Effect"

/** The input plus the identity that the server assigned. No defaults are filled in: `get` returns the stored resource. */
export const merged =
  <Input extends object>(input: Input) =>
  <Identity extends object, E, R>(effect: Effect.Effect<Identity, E, R>): Effect.Effect<Input & Identity, E, R> =>
    Effect.map(effect, (identity) => ({ ...input, ...identity }))
