import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { membersOf } from "../schema/Members.js"

/**
 * The input plus the identity that the server assigned. No defaults are filled in: `get` returns the stored resource. What
 * the schema does not declare was not sent, and is not part of it, but for the members that the manager adds to the schema.
 */
export const merged =
  <Input extends object>(input: Input, schema: Schema.Schema.All, ...more: ReadonlyArray<keyof Input & string>) =>
  <Identity extends object, E, R>(effect: Effect.Effect<Identity, E, R>): Effect.Effect<Input & Identity, E, R> =>
    Effect.map(effect, (identity) => {
      const names = new Set<string>([...membersOf(schema), ...more])
      const sent = Object.entries(input).filter(([name]) => names.has(name))
      // The members of the input's type are those of the schema, and `more`.
      return Object.assign(Object.fromEntries(sent) as Input, identity)
    })
