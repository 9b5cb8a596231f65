/**
 * effect-julep: the Julep Agents API v0.3 as typed Effect services.
 *
 * The embedded engine is in `effect-julep/embedded`, the client of promises in `effect-julep/promise`, and the test kit in
 * `effect-julep/testing`.
 */
export { Julep, type WithResponse } from "./layers/Julep.js"
export { JulepConfig } from "./layers/JulepConfig.js"
export {
  Agent,
  AgentCreated,
  AgentEnsured,
  AgentId,
  AgentUpdated,
  CreateAgent,
  EnsureAgent,
  PatchAgent,
  UpdateAgent
} from "./schema/Agent.js"
export type { MemoriesQuery } from "./schema/api/MemoriesApi.js"
export type { FilteredPage, Page } from "./schema/api/Query.js"
export type { HistoryPage } from "./schema/api/SessionsApi.js"
export {
  ChatDelta,
  ChatId,
  ChatInput,
  ChatResponse,
  ChatStreamEvent,
  CompletionUsage,
  DocIds,
  deltaText,
  FinishReason,
  InputTool,
  messageText,
  NamedToolChoice,
  RecalledSources,
  RecallOptions,
  RenderedChat,
  type TextEvent,
  ToolChoice
} from "./schema/Chat.js"
export {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionParams,
  Completion,
  CompletionChunk,
  CompletionMessage,
  CompletionParams,
  CompletionToolCall,
  ToolCallDelta
} from "./schema/ChatCompletion.js"
export { ClaimToolCalls, ToolCallsClaimed } from "./schema/Claim.js"
export { CreateDoc, Doc, DocCreated, DocId, FoundPassage, SearchDocs, SyncDoc } from "./schema/Doc.js"
export {
  BadRequest,
  type CallError,
  type ChatError,
  Conflict,
  ConnectionError,
  type CreateError,
  type GetError,
  InvalidObject,
  InvalidRequest,
  JulepConfigError,
  JulepError,
  type ListError,
  NotFound,
  RateLimited,
  RequestError,
  ServerError,
  StreamInterrupted,
  TimeoutError,
  Unauthorized,
  UnexpectedResponse,
  UnprocessableRequest,
  type WriteError
} from "./schema/Errors.js"
export type { JsonObject } from "./schema/Field.js"
export type { Issue } from "./schema/Issue.js"
export { isTerminal, JobId, JobState, JobStatus } from "./schema/Job.js"
export { CreateMemory, Memory, MemoryCreated, MemoryId } from "./schema/Memory.js"
export {
  ChatMLMessage,
  Content,
  contentText,
  FunctionCall,
  ImagePart,
  InputChatMLMessage,
  MessageId,
  type ReceivedMessage,
  TextPart
} from "./schema/Message.js"
export { ExplainedPrompt, PromptPart, PromptPartKind, RecentPrompt } from "./schema/Prompt.js"
export {
  CreateSession,
  PatchSession,
  Session,
  SessionCreated,
  SessionId,
  SessionUpdated,
  Suggestion,
  UpdateSession
} from "./schema/Session.js"
export { AgentDefaultSettings, DEFAULT_MODEL, Preset, ResponseFormat, StoredSettings } from "./schema/Settings.js"
export {
  CreateTool,
  FunctionDef,
  PartialFunctionDef,
  PatchTool,
  Tool,
  ToolCreated,
  ToolFunction,
  ToolId,
  ToolUpdated,
  UpdateTool
} from "./schema/Tool.js"
export { CreateUser, PatchUser, UpdateUser, User, UserCreated, UserId, UserUpdated } from "./schema/User.js"
export { Agents } from "./services/Agents.js"
export type { StandardSchema } from "./services/AnySchema.js"
export {
  type AccumulatedChat,
  type AccumulatedChatCompletion,
  type AccumulatedCompletion,
  accumulateChat,
  accumulateChatCompletion,
  accumulateCompletion,
  textOf
} from "./services/accumulate.js"
export { Chat } from "./services/Chat.js"
export { Completions } from "./services/Completions.js"
export { Docs } from "./services/Docs.js"
export { type EventResponseOptions, errorResponse, eventResponse } from "./services/eventResponse.js"
export { Jobs } from "./services/Jobs.js"
export { Memories } from "./services/Memories.js"
export { accumulateObject } from "./services/object/accumulate.js"
export type {
  DeepPartial,
  ObjectEvent,
  ObjectOptions,
  ObjectReply,
  PartialObject,
  WholeObject
} from "./services/object/objects.js"
export type { ReplyEvent } from "./services/publicEvent.js"
export { type RequestOptions, type ResponseInfo, RetryPolicy, type TimeoutOption } from "./services/RequestOptions.js"
export type {
  Approval,
  ApprovalContext,
  CompletedRun,
  Round,
  Run,
  RunError,
  RunEvent,
  RunOptions,
  RunServices,
  SuspendedCall,
  SuspendedRun,
  ToolHandler,
  ToolResult,
  ToolSet
} from "./services/run/Run.js"
export { MaxRoundsExceeded } from "./services/run/Run.js"
export type { ResumeOptions } from "./services/run/resume.js"
export { accumulateRun } from "./services/run/sessions.js"
export { type AgentTool, type ToolArguments, type ToolOptions, tool } from "./services/run/tool.js"
export { type ToolCall, toolCalls } from "./services/run/toolCalls.js"
export { Sessions } from "./services/Sessions.js"
export type { Synced, SyncOptions } from "./services/syncDocs.js"
export { Tools } from "./services/Tools.js"
export { Users } from "./services/Users.js"
