/** What a model or an embedder of your own implements, with every type that it needs. Nothing here starts an engine. */
export { Embedder } from "../engine/ports/Embedder.js"
export {
  Model,
  type ModelEnd,
  ModelError,
  type ModelEvent,
  type ModelMessage,
  type ModelReply,
  type ModelRequest,
  type ModelSettings,
  type ModelTool,
  type ModelToolCall,
  type ModelUsage,
  OpenAiError,
  type OpenAiErrorBody,
  type Relay,
  type RelayAnswer,
  type RelayError,
  type RelayRequest
} from "../engine/ports/Model.js"
export { Reranker } from "../engine/ports/Reranker.js"
export type { ToolChoice } from "../schema/Chat.js"
export type { JsonObject } from "../schema/Field.js"
export type { Content, ImagePart, TextPart } from "../schema/Message.js"
