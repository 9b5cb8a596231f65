/** `effect-julep/server`: the engine as an HTTP server, with keys and limits. */
import * as Server from "./Server.js"

// The Babel preset of React Native does not read `export * as`.
export { Server }
