import * as Schema from "effect/Schema"
import { CreateDoc } from "./Doc.js"
import { id, JsonObject, nullish, omittable, reportAll, Timestamp } from "./Field.js"
import { ResourceCreated, ResourceDeleted, ResourceUpdated } from "./Resource.js"
import { AgentDefaultSettings, DEFAULT_MODEL, StoredSettings } from "./Settings.js"
import { CreateTool } from "./Tool.js"

/** The id of an agent. */
export const AgentId = id("AgentId")
export type AgentId = typeof AgentId.Type

const Instructions = Schema.Union(Schema.String, Schema.Array(Schema.String))

/** An agent, as it is stored. */
export const Agent = Schema.Struct({
  id: AgentId,
  name: Schema.String,
  model: Schema.String,
  about: nullish(Schema.String.annotations({ default: "" })),
  instructions: nullish(Instructions),
  default_settings: nullish(StoredSettings),
  metadata: nullish(JsonObject),
  created_at: nullish(Timestamp),
  updated_at: nullish(Timestamp)
}).annotations({ identifier: "Agent" })
export type Agent = typeof Agent.Type

/** The input to create an agent. `model` defaults to `julep-ai/samantha-1-turbo`. */
export const CreateAgent = Schema.Struct({
  name: Schema.String,
  about: omittable(Schema.String.annotations({ default: "" })),
  instructions: omittable(Instructions),
  model: omittable(Schema.String.annotations({ default: DEFAULT_MODEL })),
  default_settings: omittable(AgentDefaultSettings),
  metadata: omittable(JsonObject),
  tools: omittable(Schema.Array(CreateTool)),
  docs: omittable(Schema.Array(CreateDoc))
}).annotations({ identifier: "CreateAgentRequest", ...reportAll })
export type CreateAgent = typeof CreateAgent.Type

/** The replacement of an agent (PUT): omitted members return to their defaults. */
export const UpdateAgent = Schema.Struct({
  name: Schema.String,
  about: Schema.String,
  instructions: omittable(Instructions),
  model: omittable(Schema.String),
  default_settings: omittable(AgentDefaultSettings),
  metadata: omittable(JsonObject)
}).annotations({ identifier: "UpdateAgentRequest", ...reportAll })
export type UpdateAgent = typeof UpdateAgent.Type

/** Changes of an agent (PATCH): omitted members stay, and `metadata` is merged deeply. */
export const PatchAgent = Schema.Struct({
  name: omittable(Schema.String),
  about: omittable(Schema.String),
  instructions: omittable(Instructions),
  model: omittable(Schema.String),
  default_settings: omittable(AgentDefaultSettings),
  metadata: omittable(JsonObject)
}).annotations({ identifier: "PatchAgentRequest", ...reportAll })
export type PatchAgent = typeof PatchAgent.Type

/** The response to a create: the id, its time, and the jobs that the request started. */
export const AgentCreated = ResourceCreated(AgentId)
/** The response to an update: the id, its time, and the jobs that the request started. */
export const AgentUpdated = ResourceUpdated(AgentId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const AgentDeleted = ResourceDeleted(AgentId)
