import * as Schema from "effect/Schema"
import { AgentId } from "./Agent.js"
import {
  type InputType,
  id,
  inputOf,
  JsonInput,
  JsonObject,
  nullish,
  type OpaqueBase,
  omittable,
  openEnum,
  Timestamp,
  text
} from "./Field.js"
import { MessageId } from "./Message.js"
import { ResourceCreated, ResourceDeleted, ResourceUpdated } from "./Resource.js"
import { UserId } from "./User.js"

/** The id of a session. */
export const SessionId = id("SessionId")
export type SessionId = typeof SessionId.Type

/** A conversation between an agent and, optionally, a user. */
export const Session = Schema.Struct({
  id: SessionId,
  agent_id: AgentId,
  /** The user who talks with the agent, if there is one. */
  user_id: nullish(UserId, "optional"),
  /** What the conversation is about: the first part of its context. */
  situation: text(),
  /** The summary of the messages that no longer fit the context, once there is one. */
  summary: nullish(Schema.String, "optional"),
  /** JSON of any shape, which filters of lists can match. */
  metadata: nullish(JsonObject),
  /** Whether `situation` is a template. */
  render_templates: nullish(Schema.Boolean.annotations({ default: false })),
  created_at: nullish(Timestamp),
  updated_at: nullish(Timestamp)
}).annotations({ identifier: "Session" })
export interface Session extends Schema.Schema.Type<typeof Session> {}

/** The input to create a session. */
export const CreateSession = Schema.Struct({
  /** The agent that answers. */
  agent_id: AgentId,
  /** The user who talks with it. Default: none. */
  user_id: omittable(UserId),
  /** What the conversation is about: the first part of its context. Default: `""`. */
  situation: omittable(Schema.String),
  /** JSON of any shape, which `metadata_filter` of `list` can match. Default: `{}`. */
  metadata: omittable(JsonInput),
  /** Whether `situation` is a template, in which `{{ user.name }}` and the like are replaced. Default: `false`. */
  render_templates: omittable(Schema.Boolean.annotations({ default: false }))
}).annotations({
  identifier: "CreateSessionRequest",
  ...inputOf("a session", "id", "created_at", "updated_at", "jobs", "summary")
})
export interface CreateSession extends InputType<typeof CreateSession>, OpaqueBase {}

const received = inputOf(
  "a session",
  "id",
  "created_at",
  "updated_at",
  "jobs",
  "agent_id",
  "user_id",
  "summary",
  "render_templates"
)

/** The replacement of a session's situation and metadata (PUT). An omitted `metadata` is kept. */
export const UpdateSession = Schema.Struct({
  /** What the conversation is about: the first part of its context. */
  situation: Schema.String,
  /** JSON of any shape. Default: it stays as it is. */
  metadata: omittable(JsonInput)
}).annotations({
  identifier: "UpdateSessionRequest",
  ...received
})
export interface UpdateSession extends InputType<typeof UpdateSession>, OpaqueBase {}

/** Changes of a session (PATCH): omitted members stay, and `metadata` is merged deeply. */
export const PatchSession = Schema.Struct({
  /** What the conversation is about: the first part of its context. `""` clears it. */
  situation: omittable(Schema.String),
  /** Keys to add or to change, at any depth. The others stay. */
  metadata: omittable(JsonInput)
}).annotations({
  identifier: "PatchSessionRequest",
  ...received
})
export interface PatchSession extends InputType<typeof PatchSession>, OpaqueBase {}

/** The response to a create: the id, its time, and the jobs that the request started. */
export const SessionCreated = ResourceCreated(SessionId)
/** The response to an update: the id, its time, and the jobs that the request started. */
export const SessionUpdated = ResourceUpdated(SessionId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const SessionDeleted = ResourceDeleted(SessionId)

/** A next step that a model suggested for a session. */
export const Suggestion = Schema.Struct({
  /** Who could take the step: a `user` would say it, an `agent` would do it. */
  target: openEnum("user", "agent"),
  /** The step, in the language of the conversation: at most 300 characters of an engine of this package. */
  content: Schema.String,
  /** The reply that it follows. It is deleted with that message. */
  message_id: MessageId,
  session_id: SessionId,
  created_at: nullish(Timestamp)
}).annotations({ identifier: "Suggestion" })
export interface Suggestion extends Schema.Schema.Type<typeof Suggestion> {}
