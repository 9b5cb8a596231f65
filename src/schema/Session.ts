import * as Schema from "effect/Schema"
import { AgentId } from "./Agent.js"
import { id, JsonObject, nullish, omittable, openEnum, reportAll, Timestamp } from "./Field.js"
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
  user_id: nullish(UserId, "optional"),
  situation: nullish(Schema.String),
  summary: nullish(Schema.String, "optional"),
  metadata: nullish(JsonObject),
  render_templates: nullish(Schema.Boolean.annotations({ default: false })),
  created_at: nullish(Timestamp),
  updated_at: nullish(Timestamp)
}).annotations({ identifier: "Session" })
export type Session = typeof Session.Type

/** The input to create a session. */
export const CreateSession = Schema.Struct({
  agent_id: AgentId,
  user_id: omittable(UserId),
  situation: omittable(Schema.String),
  metadata: omittable(JsonObject),
  render_templates: omittable(Schema.Boolean.annotations({ default: false }))
}).annotations({ identifier: "CreateSessionRequest", ...reportAll })
export type CreateSession = typeof CreateSession.Type

/** The replacement of a session's situation and metadata (PUT). An omitted `metadata` is kept. */
export const UpdateSession = Schema.Struct({
  situation: Schema.String,
  metadata: omittable(JsonObject)
}).annotations({ identifier: "UpdateSessionRequest", ...reportAll })
export type UpdateSession = typeof UpdateSession.Type

/** Changes of a session (PATCH): omitted members stay, and `metadata` is merged deeply. */
export const PatchSession = Schema.Struct({
  situation: omittable(Schema.String),
  metadata: omittable(JsonObject)
}).annotations({ identifier: "PatchSessionRequest", ...reportAll })
export type PatchSession = typeof PatchSession.Type

/** The response to a create: the id, its time, and the jobs that the request started. */
export const SessionCreated = ResourceCreated(SessionId)
/** The response to an update: the id, its time, and the jobs that the request started. */
export const SessionUpdated = ResourceUpdated(SessionId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const SessionDeleted = ResourceDeleted(SessionId)

/** A suggestion that a server made about a session. */
export const Suggestion = Schema.Struct({
  target: openEnum("user", "agent"),
  content: Schema.String,
  message_id: MessageId,
  session_id: SessionId,
  created_at: nullish(Timestamp)
}).annotations({ identifier: "Suggestion" })
export type Suggestion = typeof Suggestion.Type
