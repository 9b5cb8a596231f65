/** What the operator does with a store that no engine has open. */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Ids } from "../engine/ports/Ids.js"
import { JobQueue } from "../engine/usecases/JobQueue.js"
import { Admin } from "./Admin.js"
import { embedderOf } from "./EngineComposition.js"
import * as EngineEmbedder from "./EngineEmbedder.js"
import type { Failure } from "./EngineOptions.js"
import * as EngineStorage from "./EngineStorage.js"
import * as Reindex from "./Reindex.js"

export { Admin }

/** Over the store of an option, else of the environment. It runs no jobs, and needs no model. */
export const layer = (storage: EngineStorage.StorageOption | undefined): Layer.Layer<Admin, Failure> =>
  Layer.effect(Admin, Admin.make).pipe(
    Layer.provide(JobQueue.layer),
    Layer.provide(storage === undefined ? EngineStorage.fromEnvironment : EngineStorage.choose(storage)),
    Layer.provide(Ids.layer)
  )

/** Copies a store to a new file. */
export const backUp = EngineStorage.backUp

/** Fails for a store that cannot be written anew without gaps. */
export const checkVacuum = EngineStorage.checkVacuum

/** Whether the environment names an embedder. */
export const hasEmbedder: Effect.Effect<boolean, Failure> = EngineEmbedder.isInEnvironment

/**
 * Embeds all docs, messages and memories of a store again, with the embedder of the environment or none. Returns the number
 * of docs.
 */
export const reindex = (
  storage: EngineStorage.StorageOption,
  embedder: "none" | undefined,
  onProgress: Reindex.OnProgress
): Effect.Effect<number, Failure> =>
  Reindex.reindex(EngineStorage.existing(storage, "reindex"), embedderOf({ embedder }), onProgress)
