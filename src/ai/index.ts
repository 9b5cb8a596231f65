/** `effect-julep/ai`: models of `@effect/ai` as the engine's models, and sessions as models of `@effect/ai`. */
import * as EngineModel from "./EngineModel.js"
import * as SessionModel from "./SessionModel.js"

// The Babel preset of React Native does not read `export * as`.
export { EngineModel, SessionModel }
