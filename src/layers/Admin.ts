/** What the operator of a store does with it, over the store itself. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Reindex from "../engine/jobs/Reindex.js"
import type { Ids } from "../engine/ports/Ids.js"
import { Storage, type StorageError } from "../engine/ports/Storage.js"
import type * as Export from "../engine/usecases/admin/Export.js"
import type * as Import from "../engine/usecases/admin/Import.js"
import * as Keys from "../engine/usecases/admin/Keys.js"
import type * as Prune from "../engine/usecases/admin/Prune.js"
import type { JobQueue } from "../engine/usecases/JobQueue.js"

/** What the operator of a store does with it: of all developers, so nothing of it is in the API. */
export class Admin extends Context.Tag("effect-julep/Admin")<Admin, Admin.Service>() {
  static readonly make: Effect.Effect<Admin.Service, never, Storage | Ids | JobQueue> = Effect.gen(function* () {
    const { ready } = yield* Storage
    const context = yield* Effect.context<Storage | Ids | JobQueue>()
    const loaded = Effect.promise(() => import("./AdminUseCases.js"))
    return {
      ready,
      keys: yield* Keys.make,
      reindex: yield* Reindex.make,
      exportAll: (developers) =>
        Stream.unwrap(
          Effect.flatMap(loaded, ({ Export }) =>
            Effect.map(Effect.provide(Export.make, context), (exportAll) => exportAll(developers))
          )
        ),
      importAll: (bytes, options) =>
        Effect.flatMap(loaded, ({ Import }) =>
          Effect.flatMap(Effect.provide(Import.make, context), (importAll) => importAll(bytes, options))
        ),
      prune: (options) =>
        Effect.flatMap(loaded, ({ Prune }) =>
          Effect.flatMap(Effect.provide(Prune.make, context), (prune) => prune(options))
        )
    }
  })
}

export declare namespace Admin {
  interface Service {
    /** Succeeds if the store answers. */
    readonly ready: Effect.Effect<void, StorageError>
    readonly keys: Keys.Keys
    /** Leaves jobs that embed all docs, messages and memories of every developer again, and returns the number of docs. */
    readonly reindex: Effect.Effect<number, StorageError>
    /** Everything of some developers, or of all, as lines of JSON. */
    readonly exportAll: Export.Export
    /** Writes the lines of an export into the store, and says what it had already. */
    readonly importAll: Import.Import
    /** Deletes some of what is no longer needed. */
    readonly prune: Prune.Prune
  }
}
