/**
 * `effect-julep/ai`: models of `@effect/ai` as the engine's models, sessions as models of `@effect/ai`, and its toolkits as
 * tools of a run.
 */
import * as EngineModel from "./EngineModel.js"
import * as SessionModel from "./SessionModel.js"

export { type RunTools, toolkit } from "./toolkit.js"
// The Babel preset of React Native does not read `export * as`.
export { EngineModel, SessionModel }
