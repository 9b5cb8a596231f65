/** What the operator does with a store that no engine has open. */
import * as Layer from "effect/Layer"
import { Ids } from "../engine/ports/Ids.js"
import { JobQueue } from "../engine/usecases/JobQueue.js"
import { Admin } from "./Admin.js"
import type { Failure } from "./EngineOptions.js"
import * as EngineStorage from "./EngineStorage.js"

export { Admin }

/** Over the store of an option, else of the environment. It runs no jobs, and needs no model. */
export const layer = (storage: EngineStorage.StorageOption | undefined): Layer.Layer<Admin, Failure> =>
  Layer.effect(Admin, Admin.make).pipe(
    Layer.provide(JobQueue.layer),
    Layer.provide(storage === undefined ? EngineStorage.fromEnvironment : EngineStorage.choose(storage)),
    Layer.provide(Ids.layer)
  )
