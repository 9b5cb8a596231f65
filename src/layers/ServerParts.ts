/** What a server uses of the engine: its app without a key, its error bodies, its request ids and its check of keys. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { EngineApp } from "../engine/http/EngineApp.js"
import { withRequestId } from "../engine/http/RequestId.js"
import { Ids } from "../engine/ports/Ids.js"
import type { JulepConfigError } from "../schema/Errors.js"
import type * as Service from "../services/Julep.js"
import type { Admin } from "./Admin.js"
import { client, engine } from "./EngineComposition.js"
import * as EngineModel from "./EngineModel.js"
import type { Failure, Options } from "./EngineOptions.js"
import * as EngineStorage from "./EngineStorage.js"

export { carries, secretOf, wrongKey } from "../engine/http/Auth.js"
export { MAX_BODY_DEPTH } from "../engine/http/Body.js"
export { EngineApp } from "../engine/http/EngineApp.js"
export { toWire } from "../engine/http/errors.js"
export { document } from "../engine/http/openapi/withDocument.js"
export * as ServerSentEvents from "../engine/http/ServerSentEvents.js"
export { StreamAdmission } from "../engine/http/StreamAdmission.js"
export { answered, withWireErrors } from "../engine/http/WireErrors.js"
export type { Julep } from "../services/Julep.js"
export { Admin } from "./Admin.js"

/** The limits that the engine keeps for its server. */
export interface EngineLimits {
  /** How many calls of the model run at a time. */
  readonly modelCalls: number
  /** How deep arrays and objects of a body may be nested. */
  readonly maxBodyDepth: number
  /** How long a body may take to arrive. */
  readonly bodyTimeout: Duration.Duration
}

/** Gives each request an id, as the engine does. */
export const withRequestIds = withRequestId(Ids.random.next)

/** The engine and its operator's side, as an HTTP app that leaves keys and request ids to its server. */
export const layerEngine = (
  options: Options,
  { bodyTimeout, maxBodyDepth, modelCalls }: EngineLimits
): Layer.Layer<EngineApp | Admin, Failure> =>
  engine(options, { served: true, requestIds: false, bodyTimeout, maxBodyDepth, modelCalls })

/** The client of a developer of the engine in the context. */
export const layerClient = (
  developer: string
): Layer.Layer<Service.Julep | Service.Julep.Managers, JulepConfigError, EngineApp> => client({ developer })

/** The model that answers, as a person would name it. */
export const modelOf = ({ model, name, storage }: Options): Effect.Effect<string, JulepConfigError> =>
  storage === "memory"
    ? Effect.sync(() => EngineModel.choose(model, name).label)
    : Effect.map(EngineModel.fromEnvironment(model, name), ({ label }) => label)

/** Copies the store of these options to a new file, while its engine runs. */
export const backUp = (
  { storage }: Options,
  file: string
): Effect.Effect<void, EngineStorage.StorageFailure | JulepConfigError> => EngineStorage.backUp(file, storage)

/** Fails for a store that cannot be written anew without gaps. */
export const checkVacuum = ({ storage }: Options): Effect.Effect<void, JulepConfigError> =>
  EngineStorage.checkVacuum(storage)
