/** A model for tests: it replies by a script, and records the requests it receives. */
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
