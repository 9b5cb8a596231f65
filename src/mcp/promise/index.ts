/**
 * `effect-julep/mcp/promise`: the tools of servers of the Model Context Protocol in runs of `effect-julep/promise`.
 */
import * as McpTools from "./McpTools.js"

// The Babel preset of React Native does not read `export * as`.
export { McpTools }
