/** Generators of every entity and payload for property tests with fast-check, derived from the schemas. */
import * as Arbitrary from "effect/Arbitrary"
import * as Agent from "../schema/Agent.js"
import * as Chat from "../schema/Chat.js"
import * as Doc from "../schema/Doc.js"
import * as Job from "../schema/Job.js"
import * as Memory from "../schema/Memory.js"
import * as Message from "../schema/Message.js"
import * as Session from "../schema/Session.js"
import * as Tool from "../schema/Tool.js"
import * as User from "../schema/User.js"

/**
 * The fast-check generator of each entity and payload. Call one to build it.
 *
 * @example
 * ```ts
 * import { arbitraries } from "effect-julep/testing"
 *
 * const agents = arbitraries.agent()
 * const messages = arbitraries.chatInput()
 * ```
 */
export const arbitraries = {
  agent: () => Arbitrary.make(Agent.Agent),
  createAgent: () => Arbitrary.make(Agent.CreateAgent),
  updateAgent: () => Arbitrary.make(Agent.UpdateAgent),
  patchAgent: () => Arbitrary.make(Agent.PatchAgent),
  user: () => Arbitrary.make(User.User),
  createUser: () => Arbitrary.make(User.CreateUser),
  updateUser: () => Arbitrary.make(User.UpdateUser),
  patchUser: () => Arbitrary.make(User.PatchUser),
  session: () => Arbitrary.make(Session.Session),
  createSession: () => Arbitrary.make(Session.CreateSession),
  updateSession: () => Arbitrary.make(Session.UpdateSession),
  patchSession: () => Arbitrary.make(Session.PatchSession),
  suggestion: () => Arbitrary.make(Session.Suggestion),
  doc: () => Arbitrary.make(Doc.Doc),
  createDoc: () => Arbitrary.make(Doc.CreateDoc),
  tool: () => Arbitrary.make(Tool.Tool),
  createTool: () => Arbitrary.make(Tool.CreateTool),
  updateTool: () => Arbitrary.make(Tool.UpdateTool),
  patchTool: () => Arbitrary.make(Tool.PatchTool),
  memory: () => Arbitrary.make(Memory.Memory),
  job: () => Arbitrary.make(Job.JobStatus),
  message: () => Arbitrary.make(Message.ChatMLMessage),
  inputMessage: () => Arbitrary.make(Message.InputChatMLMessage),
  chatInput: () => Arbitrary.make(Chat.ChatInput),
  chatResponse: () => Arbitrary.make(Chat.ChatResponse),
  chatStreamEvent: () => Arbitrary.make(Chat.ChatStreamEvent)
} as const
