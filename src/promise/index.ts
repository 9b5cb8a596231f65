/**
 * effect-julep for callers of promises: the same managers and methods, with plain strings, promises and async iterables.
 *
 * @example
 * ```ts
 * import { Client, messageText } from "effect-julep/promise"
 *
 * const client = Client.embedded({ storage: "memory" }) // or new Client({ apiKey, baseUrl })
 *
 * export const hello = async () => {
 *   const agent = await client.agents.create({ name: "Ada" })
 *   const session = await client.sessions.create({ agent_id: agent.id })
 *   return messageText(await client.sessions.chat(session.id, "Hello"))
 * }
 * ```
 */
export { deltaText, messageText, type TextEvent } from "../schema/Chat.js"
export {
  BadRequest,
  Conflict,
  ConnectionError,
  InvalidObject,
  InvalidRequest,
  JulepConfigError,
  NotFound,
  RateLimited,
  type RequestError,
  ServerError,
  StreamInterrupted,
  TimeoutError,
  Unauthorized,
  UnexpectedResponse,
  UnprocessableRequest
} from "../schema/Errors.js"
export type { Issue } from "../schema/Issue.js"
export { StorageError, StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"
export type { StandardSchema } from "../services/AnySchema.js"
export type { DeepPartial, ObjectOptions, PartialObject } from "../services/object/objects.js"
export type { Approval, ApprovalContext, Round, SuspendedCall, ToolResult } from "../services/run/Run.js"
export { MaxRoundsExceeded } from "../services/run/Run.js"
export type { ToolArguments } from "../services/run/tool.js"
export { type ToolCall, toolCalls } from "../services/run/toolCalls.js"
export type { Agents } from "./Agents.js"
export type { Chat, ChatCompletions, Completions } from "./Chat.js"
export { Client } from "./Client.js"
export type { Docs } from "./Docs.js"
export type {
  BackupOptions,
  CommonEndpointOptions,
  EmbeddedOptions,
  EmbedderEndpoint,
  EngineLayer,
  ModelEndpoint,
  ModelLayer,
  PostgresOptions,
  ReindexOptions,
  RerankEndpoint
} from "./EmbeddedOptions.js"
export type * from "./entities.js"
export type { JulepError } from "./errors.js"
export type { AwaitOptions, Jobs } from "./Jobs.js"
export type { Memories } from "./Memories.js"
export {
  type ClientOptions,
  type Duration,
  type RequestOptions,
  type ResponseInfo,
  RetryPolicy,
  type Timeout
} from "./Options.js"
export { type EventResponseInit, errorResponse } from "./response.js"
export {
  type AgentTool,
  type ResumeOptions,
  type RunOptions,
  type ToolContext,
  type ToolHandler,
  type ToolOptions,
  type ToolSet,
  tool
} from "./run.js"
export type { Sessions } from "./Sessions.js"
export { type ItemStream, type ReplyStream, textOf } from "./streams.js"
export type { Tools } from "./Tools.js"
export type { Users } from "./Users.js"
