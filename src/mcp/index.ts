/**
 * `effect-julep/mcp`: an agent as a server of the Model Context Protocol, and the tools of its servers as tools of a run.
 */
import * as AgentServer from "./AgentServer.js"
import * as McpTools from "./McpTools.js"

// The Babel preset of React Native does not read `export * as`.
export { AgentServer, McpTools }
