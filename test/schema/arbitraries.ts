/** Every schema that travels, by name. */
import type * as Schema from "effect/Schema"
import * as Agent from "../../src/schema/Agent.js"
import * as Chat from "../../src/schema/Chat.js"
import * as ChatCompletion from "../../src/schema/ChatCompletion.js"
import * as Doc from "../../src/schema/Doc.js"
import { ErrorBody } from "../../src/schema/ErrorBody.js"
import { JsonObject, Timestamp } from "../../src/schema/Field.js"
import { JobStatus } from "../../src/schema/Job.js"
import * as Memory from "../../src/schema/Memory.js"
import * as Message from "../../src/schema/Message.js"
import { ModelList } from "../../src/schema/OpenAi.js"
import * as Session from "../../src/schema/Session.js"
import * as Settings from "../../src/schema/Settings.js"
import * as Tool from "../../src/schema/Tool.js"
import * as User from "../../src/schema/User.js"

export const entities: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {
  JsonObject,
  Timestamp,
  Agent: Agent.Agent,
  AgentCreated: Agent.AgentCreated,
  AgentUpdated: Agent.AgentUpdated,
  AgentDeleted: Agent.AgentDeleted,
  User: User.User,
  Session: Session.Session,
  Suggestion: Session.Suggestion,
  Doc: Doc.Doc,
  Memory: Memory.Memory,
  Tool: Tool.Tool,
  JobStatus,
  ChatMLMessage: Message.ChatMLMessage,
  FunctionCall: Message.FunctionCall,
  ChatResponse: Chat.ChatResponse,
  ChatCompletion: ChatCompletion.ChatCompletion,
  Completion: ChatCompletion.Completion,
  ModelList,
  ErrorBody
}

export const payloads: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {
  CreateAgent: Agent.CreateAgent,
  UpdateAgent: Agent.UpdateAgent,
  PatchAgent: Agent.PatchAgent,
  CreateUser: User.CreateUser,
  UpdateUser: User.UpdateUser,
  PatchUser: User.PatchUser,
  CreateSession: Session.CreateSession,
  UpdateSession: Session.UpdateSession,
  PatchSession: Session.PatchSession,
  CreateDoc: Doc.CreateDoc,
  CreateTool: Tool.CreateTool,
  UpdateTool: Tool.UpdateTool,
  PatchTool: Tool.PatchTool,
  AgentDefaultSettings: Settings.AgentDefaultSettings,
  ResponseFormat: Settings.ResponseFormat,
  InputChatMLMessage: Message.InputChatMLMessage,
  ChatInput: Chat.ChatInput,
  ChatRequest: Chat.ChatRequest,
  CreateChatCompletion: ChatCompletion.CreateChatCompletion,
  CreateCompletion: ChatCompletion.CreateCompletion
}
