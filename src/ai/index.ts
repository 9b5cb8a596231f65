/** `effect-julep/ai`: models of `@effect/ai` as the engine's models. */
import * as EngineModel from "./EngineModel.js"

// The Babel preset of React Native does not read `export * as`.
export { EngineModel }
