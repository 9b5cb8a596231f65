/** The scripted model, for tests: what it replies is written down, what it was asked can be read. */
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
