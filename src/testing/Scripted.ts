/** A model for tests: steps that are more than values, the model as a layer, and the types of scripts. */
export {
  delay,
  type Failure,
  hold,
  layer,
  ModelError,
  type ModelReply,
  type ModelRequest,
  type ModelToolCall,
  type ModelUsage,
  never,
  pieces,
  type ReplyCall,
  type ReplyParts,
  type Script,
  Scripted,
  type Step,
  type StepFunction
} from "../layers/Scripted.js"
