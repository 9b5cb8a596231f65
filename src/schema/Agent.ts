import * as Schema from "effect/Schema"
import { CreateDoc, DOCS_ADVICE, SyncDoc } from "./Doc.js"
import {
  type InputType,
  id,
  inputOf,
  JsonInput,
  JsonObject,
  nullish,
  type OpaqueBase,
  omittable,
  Timestamp,
  text,
  withAdvice
} from "./Field.js"
import { JobIds } from "./Job.js"
import { Key, Outcome, ResourceCreated, ResourceDeleted, ResourceUpdated } from "./Resource.js"
import { AgentDefaultSettings, DEFAULT_MODEL, StoredSettings } from "./Settings.js"
import { CreateTool } from "./Tool.js"

/** The id of an agent. */
export const AgentId = id("AgentId")
export type AgentId = typeof AgentId.Type

/** What an agent must do in every reply. */
const Instructions = Schema.Union(Schema.String, Schema.Array(Schema.String))

/** An agent, as it is stored. */
export const Agent = Schema.Struct({
  id: AgentId,
  /** Beyond v0.3: the key under which `agents.ensure` finds it. */
  key: nullish(Key, "optional"),
  name: Schema.String,
  /** The model that answers. */
  model: Schema.String,
  /** Who the agent is and what it does. */
  about: text("", Schema.String.annotations({ default: "" })),
  /** What the agent must do in every reply. The engine reports a list, also of one text. */
  instructions: nullish(Instructions),
  /** The settings of its chats, with the defaults filled in. */
  default_settings: nullish(StoredSettings),
  /** JSON of any shape, which filters of lists can match. */
  metadata: nullish(JsonObject),
  created_at: nullish(Timestamp),
  updated_at: nullish(Timestamp)
}).annotations({ identifier: "Agent" })
export interface Agent extends Schema.Schema.Type<typeof Agent> {}

const TOOLS_ADVICE = "Tools are changed with tools.create, tools.update and tools.delete."

const received = inputOf("an agent", "id", "key", "created_at", "updated_at", "jobs", "outcome")

/** What a create takes and an update does not. */
const updated = withAdvice(received, {
  docs: DOCS_ADVICE,
  tools: TOOLS_ADVICE,
  functions: TOOLS_ADVICE
})

/** The members of a create that no update has, so that the result of a create is not spread into one. */
interface NotUpdatable {
  /** Docs are changed with `docs.create`, `docs.sync` and `docs.delete`. */
  readonly docs?: undefined
  /** Tools are changed with `tools.create`, `tools.update` and `tools.delete`. */
  readonly tools?: undefined
  /** Tools are changed with `tools.create`, `tools.update` and `tools.delete`. */
  readonly functions?: undefined
}

/** The input to create an agent. `model` defaults to `julep-ai/samantha-1-turbo`. */
export const CreateAgent = Schema.Struct({
  /** The name in prompts and lists. */
  name: Schema.String,
  /** Who the agent is and what it does. Default: `""`. */
  about: omittable(Schema.String.annotations({ default: "" })),
  /** What the agent must do in every reply: one text, or one text for each instruction. Default: none. */
  instructions: omittable(Instructions),
  /** The model that answers. Default: `julep-ai/samantha-1-turbo`, for which the engine calls its own model. */
  model: omittable(Schema.String.annotations({ default: DEFAULT_MODEL })),
  /** The settings of its chats, which a chat may replace one by one. Default: those of the endpoint. */
  default_settings: omittable(AgentDefaultSettings),
  /** JSON of any shape, which `metadata_filter` of `list` can match. Default: `{}`. */
  metadata: omittable(JsonInput),
  /** Tools that its model may call. At most 1,000. Default: none. */
  tools: omittable(Schema.Array(CreateTool)),
  /** Docs that its chats recall. At most 500. Default: none. */
  docs: omittable(Schema.Array(CreateDoc))
}).annotations({ identifier: "CreateAgentRequest", ...received })
export interface CreateAgent extends InputType<typeof CreateAgent>, OpaqueBase {}

/** Beyond v0.3: an agent that is found or created under a key of 1 to 200 characters. Its docs are synced under theirs. */
export const EnsureAgent = Schema.Struct({
  /** Your key, of 1 to 200 characters. */
  key: Key,
  ...CreateAgent.fields,
  docs: omittable(Schema.Array(SyncDoc))
}).annotations({
  identifier: "EnsureAgentRequest",
  ...inputOf("an agent", "id", "created_at", "updated_at", "jobs", "outcome")
})
export interface EnsureAgent extends InputType<typeof EnsureAgent>, OpaqueBase {}

/** The replacement of an agent (PUT): omitted members return to their defaults. */
export const UpdateAgent = Schema.Struct({
  /** The name in prompts and lists. */
  name: Schema.String,
  /** Who the agent is and what it does. */
  about: Schema.String,
  /** What the agent must do in every reply: one text, or one text for each instruction. Default: none. */
  instructions: omittable(Instructions),
  /** The model that answers. Default: `julep-ai/samantha-1-turbo`, for which the engine calls its own model. */
  model: omittable(Schema.String),
  /** The settings of its chats, which a chat may replace one by one. Default: those of the endpoint. */
  default_settings: omittable(AgentDefaultSettings),
  /** JSON of any shape. Default: `{}`. */
  metadata: omittable(JsonInput)
}).annotations({ identifier: "UpdateAgentRequest", ...updated })
export interface UpdateAgent extends InputType<typeof UpdateAgent>, NotUpdatable {}

/**
 * Changes of an agent (PATCH): omitted members stay, `default_settings` are merged member by member, and `metadata` is
 * merged deeply.
 */
export const PatchAgent = Schema.Struct({
  /** The name in prompts and lists. */
  name: omittable(Schema.String),
  /** Who the agent is and what it does. `""` clears it. */
  about: omittable(Schema.String),
  /** What the agent must do in every reply; replaces all earlier instructions. `[]` clears them. */
  instructions: omittable(Instructions),
  /** The model that answers. */
  model: omittable(Schema.String),
  /** The settings to change. The others stay. */
  default_settings: omittable(AgentDefaultSettings),
  /** Keys to add or to change, at any depth. The others stay. */
  metadata: omittable(JsonInput)
}).annotations({ identifier: "PatchAgentRequest", ...updated })
export interface PatchAgent extends InputType<typeof PatchAgent>, NotUpdatable {}

/** The response to an ensure: whether the agent, its tools or its docs were written, and the jobs that this caused. */
export const AgentEnsured = Schema.Struct({
  id: AgentId,
  outcome: Outcome,
  created_at: Timestamp,
  updated_at: Timestamp,
  jobs: JobIds
}).annotations({ identifier: "EnsureAgentResponse" })
/** The response to a create: the id, its time, and the jobs that the request started. */
export const AgentCreated = ResourceCreated(AgentId)
/** The response to an update: the id, its time, and the jobs that the request started. */
export const AgentUpdated = ResourceUpdated(AgentId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const AgentDeleted = ResourceDeleted(AgentId)
