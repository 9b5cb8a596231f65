/** What a server uses of the engine: its app without a key, its error bodies, its request ids and its check of keys. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { EngineApp } from "../engine/http/EngineApp.js"
import { withRequestId } from "../engine/http/RequestId.js"
import { Ids } from "../engine/ports/Ids.js"
import type { JulepConfigError } from "../schema/Errors.js"
import { engine } from "./EngineComposition.js"
import * as EngineModel from "./EngineModel.js"
import type { Failure, Options } from "./EngineOptions.js"

export { carries, secretOf, wrongKey } from "../engine/http/Auth.js"
export { EngineApp } from "../engine/http/EngineApp.js"
export { answered } from "../engine/http/WireErrors.js"

/** Gives each request an id, as the engine does. */
export const withRequestIds = withRequestId(Ids.random.next)

/** The engine as an HTTP app that leaves keys and request ids to its server. */
export const layerEngine = (options: Options): Layer.Layer<EngineApp, Failure> =>
  engine(options, { served: true, requestIds: false })

/** The model that answers, as a person would name it. */
export const modelOf = ({ model, name, storage }: Options): Effect.Effect<string, JulepConfigError> =>
  storage === "memory"
    ? Effect.sync(() => EngineModel.choose(model, name).shown)
    : Effect.map(EngineModel.fromEnvironment(model, name), ({ shown }) => shown)
