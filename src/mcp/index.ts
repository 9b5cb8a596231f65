/** `effect-julep/mcp`: an agent as a server of the Model Context Protocol. */
import * as AgentServer from "./AgentServer.js"

// The Babel preset of React Native does not read `export * as`.
export { AgentServer }
