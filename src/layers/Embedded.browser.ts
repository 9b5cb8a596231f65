/**
 * What `effect-julep/embedded` is in browsers, workers, edge functions and React Native: the same names, without the
 * engine. Code that is shared with a server can import it; every layer fails with the reason.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { JulepConfigError } from "../schema/Errors.js"
import { NO_ENGINE } from "./noEngine.js"

export { StorageError, StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"
export { ORIGIN } from "./EngineOptions.js"
export * from "./EnginePorts.js"
export { Outbound } from "./Outbound.js"

/** The tag of the engine as an HTTP app, which no layer provides here. */
export const EngineApp = Context.GenericTag("effect-julep/engine/EngineApp")

const error = Effect.fail(new JulepConfigError({ message: `The embedded engine does not run here: ${NO_ENGINE}` }))

const noLayer = () => Layer.effectDiscard(error)
const noResult = () => error

export {
  error as openApi,
  noLayer as layer,
  noLayer as layerApp,
  noLayer as layerClient,
  noLayer as layerHttpClient,
  noLayer as layerMemory,
  noResult as backup,
  noResult as reindex
}
