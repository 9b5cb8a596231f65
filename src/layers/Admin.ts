/** What the operator of a store does with it, over the store itself. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Ids } from "../engine/ports/Ids.js"
import { Storage, type StorageError } from "../engine/ports/Storage.js"
import * as Keys from "../engine/usecases/admin/Keys.js"

/** What the operator of a store does with it: of all developers, so nothing of it is in the API. */
export class Admin extends Context.Tag("effect-julep/Admin")<Admin, Admin.Service>() {
  static readonly make: Effect.Effect<Admin.Service, never, Storage | Ids> = Effect.gen(function* () {
    const { ready } = yield* Storage
    return { ready, keys: yield* Keys.make }
  })
}

export declare namespace Admin {
  interface Service {
    /** Succeeds if the store answers. */
    readonly ready: Effect.Effect<void, StorageError>
    readonly keys: Keys.Keys
  }
}
