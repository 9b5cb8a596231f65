/**
 * effect-julep: the Julep Agents API v0.3 as typed Effect services.
 *
 * The embedded engine is in `effect-julep/embedded`, the test kit in `effect-julep/testing`.
 */
export { Julep, type WithResponse } from "./layers/Julep.js"
export { JulepConfig } from "./layers/JulepConfig.js"
export * from "./schema/Agent.js"
export { JulepApi } from "./schema/api/JulepApi.js"
export { OpenAiApi } from "./schema/api/OpenAiApi.js"
export * from "./schema/Chat.js"
export * from "./schema/ChatCompletion.js"
export * from "./schema/Doc.js"
export {
  BadRequest,
  Conflict,
  ConnectionError,
  InvalidRequest,
  JulepConfigError,
  JulepError,
  NotFound,
  RateLimited,
  RequestError,
  ServerError,
  StreamInterrupted,
  TimeoutError,
  Unauthorized,
  UnexpectedResponse,
  UnprocessableRequest
} from "./schema/Errors.js"
export type { JsonObject } from "./schema/Field.js"
export type { Issue } from "./schema/Issue.js"
export * from "./schema/Job.js"
export * from "./schema/Memory.js"
export * from "./schema/Message.js"
export * from "./schema/Session.js"
export * from "./schema/Settings.js"
export * from "./schema/Tool.js"
export * from "./schema/User.js"
export { Agents } from "./services/Agents.js"
export {
  type AccumulatedChat,
  accumulateChat,
  accumulateChatCompletion,
  accumulateCompletion
} from "./services/accumulate.js"
export { Chat } from "./services/Chat.js"
export { Completions } from "./services/Completions.js"
export { Docs } from "./services/Docs.js"
export { Jobs } from "./services/Jobs.js"
export { Memories } from "./services/Memories.js"
export { type RequestOptions, type ResponseInfo, RetryPolicy, type TimeoutOption } from "./services/RequestOptions.js"
export { Sessions } from "./services/Sessions.js"
export { Tools } from "./services/Tools.js"
export { Users } from "./services/Users.js"
