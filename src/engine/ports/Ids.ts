import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Generates ids: random v4 UUIDs, or scripted ones in tests. */
export class Ids extends Context.Tag("effect-julep/engine/Ids")<Ids, Ids.Service>() {
  /** Random v4 UUIDs. */
  static readonly random: Ids.Service = { next: Effect.sync(() => crypto.randomUUID()) }
  static readonly layer: Layer.Layer<Ids> = Layer.succeed(Ids, Ids.random)
}

export declare namespace Ids {
  interface Service {
    readonly next: Effect.Effect<string>
  }
}
