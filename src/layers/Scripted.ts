/** The public part of `engine/model/Scripted.ts`: a model for tests that follows a script and records its requests. */
export {
  delay,
  type Failure,
  fail,
  hold,
  layer,
  never,
  pieces,
  type ReplyCall,
  type ReplyParts,
  reply,
  type Script,
  Scripted,
  type Step,
  type StepFunction,
  toolCall,
  toolCalls
} from "../engine/model/Scripted.js"
export {
  ModelError,
  type ModelReply,
  type ModelRequest,
  type ModelToolCall,
  type ModelUsage
} from "../engine/ports/Model.js"
