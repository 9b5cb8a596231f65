/** An engine in memory whose job runner is in the context, for the test kit. */
import * as Layer from "effect/Layer"
import { JobRunner } from "../engine/jobs/JobRunner.js"
import type * as Service from "../services/Julep.js"
import { client, engine } from "./EngineComposition.js"
import type { ClientOptions, Failure, Options } from "./EngineOptions.js"

export { JobRunner } from "../engine/jobs/JobRunner.js"
export { StorageError } from "../schema/StorageErrors.js"
export type { Failure } from "./EngineOptions.js"

/** `Embedded.layerMemory` and its job runner. */
export const layerTest = (
  options: Omit<Options, "storage"> & ClientOptions = {}
): Layer.Layer<Service.Julep | Service.Julep.Managers | JobRunner, Failure> =>
  Layer.merge(client(options), Layer.service(JobRunner)).pipe(Layer.provide(engine({ ...options, storage: "memory" })))
