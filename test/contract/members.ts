/**
 * The members of the API's schemas, as facts: types, what is required (`name!`), ranges, enumerations and defaults.
 * Two members of the published text are left out because they cannot be meant: `field_0` of a doc to create and `type`
 * of a memory, both required and never declared.
 */
import { type Facts, factsOf } from "../support/openapi.js"

type Shape = Readonly<Record<string, unknown>>

const object = (members: Readonly<Record<string, Shape>>): Shape => ({
  type: "object",
  properties: Object.fromEntries(Object.entries(members).map(([name, member]) => [name.replace("!", ""), member])),
  required: Object.keys(members).flatMap((name) => (name.endsWith("!") ? [name.slice(0, -1)] : []))
})

const list = (items: Shape, rest: Shape = {}): Shape => ({ type: "array", items, ...rest })
const either = (...oneOf: ReadonlyArray<Shape>): Shape => ({ oneOf })
const words = (...values: ReadonlyArray<string>): Shape => ({ type: "string", enum: values })
const within = (minimum: number, maximum: number, value: number): Shape => ({
  type: "number",
  minimum,
  maximum,
  default: value
})

const text: Shape = { type: "string" }
const integer: Shape = { type: "integer" }
const json: Shape = { type: "object" }
const uuid: Shape = { type: "string", format: "uuid" }
const time: Shape = { type: "string", format: "date-time" }
const off: Shape = { type: "boolean", default: false }
const on: Shape = { type: "boolean", default: true }
const textOrTexts = either(text, list(text))

const named = (value: string): Shape => ({ type: "string", default: value })
const model = named("julep-ai/samantha-1-turbo")

const preset = words(
  "problem_solving",
  "conversational",
  "fun",
  "prose",
  "creative",
  "business",
  "deterministic",
  "code",
  "multilingual"
)

const sampling = (frequency: number) => ({
  frequency_penalty: within(-frequency, frequency, 0),
  length_penalty: within(0, 2, 1),
  presence_penalty: within(-1, 1, 0),
  repetition_penalty: within(0, 2, 1),
  min_p: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0.01 },
  preset
})

const agentSettings = object({ ...sampling(2), temperature: within(0, 3, 0.75), top_p: within(0, 1, 1) })

const chatSettings = {
  ...sampling(1),
  temperature: within(0, 2, 0.75),
  top_p: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 1 },
  logit_bias: { type: "object", additionalProperties: integer },
  max_tokens: { type: "integer", minimum: 1, maximum: 16384, default: 200 },
  response_format: object({
    type: { type: "string", enum: ["text", "json_object", "regex"], default: "text" },
    pattern: text,
    schema: { type: "object", default: {} }
  }),
  seed: { type: "integer", minimum: -1, maximum: 9999 },
  stop: either(text, list(text, { minItems: 1, maxItems: 4 })),
  stream: off
}

const image = object({ "url!": text, detail: { type: "string", enum: ["low", "high", "auto"], default: "auto" } })
const part = either(
  object({ "type!": words("text"), "text!": text }),
  object({ "type!": words("image_url"), "image_url!": image })
)
const content = either(text, list(part))
const roles = ["user", "assistant", "system", "function_call", "function"]

const message = object({ "id!": uuid, "role!": words(...roles), "content!": content, name: text, "created_at!": time })
const inputMessage = object({ "role!": words(...roles, "auto"), "content!": content, name: text, continue: off })

const functionDef = object({ "name!": text, description: text, "parameters!": json })
const tool = { "type!": words("function", "webhook"), "function!": functionDef }
const toolChoice = either(
  words("none", "auto"),
  object({ "type!": words("function"), "function!": object({ "name!": text }) })
)
const doc = { "title!": text, "content!": textOrTexts, metadata: json }
const agent = { instructions: textOrTexts, default_settings: agentSettings, metadata: json }
const stamps = { created_at: time, updated_at: time, metadata: json }
const jobs = { jobs: list(uuid) }
const nothing = object({})

const shapes = {
  CreateAgent: object({
    ...agent,
    "name!": text,
    about: named(""),
    model,
    tools: list(object(tool)),
    docs: list(object(doc))
  }),
  UpdateAgent: object({ ...agent, "name!": text, "about!": text, model: text }),
  PatchAgent: object({ ...agent, name: text, about: text, model: text }),
  Agent: object({ ...agent, ...stamps, "id!": uuid, "name!": text, about: named(""), "model!": model }),
  CreateUser: object({ name: named("User"), about: text, docs: list(object(doc)), metadata: json }),
  UpdateUser: object({ "name!": text, "about!": text, metadata: json }),
  PatchUser: object({ name: text, about: text, metadata: json }),
  User: object({ ...stamps, "id!": uuid, name: named("User"), about: text }),
  CreateSession: object({ "agent_id!": uuid, user_id: uuid, situation: text, metadata: json, render_templates: off }),
  UpdateSession: object({ "situation!": text, metadata: json }),
  PatchSession: object({ situation: text, metadata: json }),
  Session: object({
    ...stamps,
    "id!": uuid,
    "agent_id!": uuid,
    user_id: uuid,
    situation: text,
    summary: text,
    render_templates: off
  }),
  Suggestion: object({
    created_at: time,
    "target!": words("user", "agent"),
    "content!": text,
    "message_id!": uuid,
    "session_id!": uuid
  }),
  Message: message,
  ChatInput: object({
    "messages!": list(inputMessage, { minItems: 1 }),
    tools: list(object({ ...tool, "id!": uuid })),
    tool_choice: toolChoice,
    ...chatSettings,
    recall: on,
    record: on,
    remember: on
  }),
  ChatResponse: object({
    "id!": uuid,
    "finish_reason!": words("stop", "length", "tool_calls", "content_filter", "function_call"),
    "response!": list(list(message)),
    "usage!": object({ "prompt_tokens!": integer, "completion_tokens!": integer, "total_tokens!": integer }),
    ...jobs,
    "doc_ids!": object({ "agent_doc_ids!": list(text), "user_doc_ids!": list(text) })
  }),
  CreateDoc: object(doc),
  Doc: object({ ...doc, "id!": uuid, "created_at!": time }),
  Memory: object({
    "id!": uuid,
    "agent_id!": uuid,
    "user_id!": uuid,
    "content!": text,
    "entities!": list(json),
    sentiment: within(-1, 1, 0),
    timestamp: time,
    last_accessed_at: time,
    "created_at!": time
  }),
  CreateTool: object(tool),
  UpdateTool: object({ "function!": functionDef }),
  PatchTool: object({ "function!": object({ name: text, description: text, parameters: json }) }),
  Tool: object({ ...tool, "id!": uuid }),
  JobStatus: object({
    "id!": uuid,
    "name!": text,
    "state!": words("pending", "in_progress", "retrying", "succeeded", "aborted", "failed", "unknown"),
    reason: text,
    has_progress: off,
    progress: within(0, 100, 0),
    "created_at!": time,
    updated_at: time
  }),
  Created: object({ "id!": uuid, "created_at!": time, ...jobs }),
  Updated: object({ "id!": uuid, "updated_at!": time, ...jobs }),
  Deleted: object({ "id!": uuid, "deleted_at!": time, ...jobs }),
  Nothing: nothing
}

export type SchemaName = keyof typeof shapes

const limit: Shape = { type: "integer", minimum: 1, maximum: 1000, default: 100 }
const offset: Shape = { type: "integer", minimum: 0, default: 0 }
const filter = {
  metadata_filter: named("{}"),
  sort_by: { type: "string", enum: ["created_at", "updated_at"], default: "created_at" },
  order: { type: "string", enum: ["asc", "desc"], default: "desc" }
}

const queries = {
  none: nothing,
  page: object({ limit, offset }),
  filteredPage: object({ limit, offset, ...filter }),
  /** The lists whose page the specification leaves without bounds. */
  openPage: object({ limit: integer, offset: integer }),
  openFilteredPage: object({ limit: integer, offset: integer, ...filter }),
  userPage: object({ limit, offset: integer, ...filter }),
  memories: object({ "query!": text, user_id: uuid, limit: integer, offset: integer })
}

export type QueryName = keyof typeof queries

/** The members of a payload or an entity. */
export const members = (name: SchemaName): Facts => factsOf(shapes, shapes[name])

/** The members of a list of entities; whether `items` must be there differs from list to list. */
export const items = (name: SchemaName, required: boolean): Facts =>
  factsOf(shapes, object({ [required ? "items!" : "items"]: list(shapes[name]) }))

/** The members of a query. */
export const query = (name: QueryName): Facts => factsOf(queries, queries[name])
