/** The public part of `engine/model/Scripted.ts`: a model for tests that follows a script and records its requests. */
export {
  delay,
  fail,
  hold,
  layer,
  never,
  pieces,
  reply,
  type Script,
  Scripted,
  type Step,
  toolCall,
  toolCalls
} from "../engine/model/Scripted.js"
export { ModelError, type ModelReply, type ModelRequest, type ModelToolCall } from "../engine/ports/Model.js"
