import * as Schema from "effect/Schema"
import { type InputType, id, inputOf, JsonInput, JsonObject, nullish, omittable, openEnum } from "./Field.js"
import { ResourceCreated, ResourceDeleted, ResourceUpdated } from "./Resource.js"

/** The id of a tool. */
export const ToolId = id("ToolId")
export type ToolId = typeof ToolId.Type

const parameters = { identifier: "FunctionParameters" }
/** A JSON Schema object, as a server reports it. */
const FunctionParameters = JsonObject.annotations(parameters)
/** A JSON Schema object of a request. */
const InputParameters = JsonInput.annotations(parameters)

/**
 * Beyond v0.3: whether the endpoint holds the model to the schema of the arguments, as OpenAI spells it. The engine passes it
 * on, and writes the schema in the form that OpenAI then demands, where that form has no other values: objects are closed,
 * and every member is required. Endpoints refuse schemas that have no such form. Default: the endpoint's own.
 */
const strict = omittable(Schema.Boolean)

/** A function as the server describes it. */
export const ToolFunction = Schema.Struct({
  name: Schema.String,
  description: nullish(Schema.String, "optional"),
  parameters: FunctionParameters,
  /** Beyond v0.3: whether the endpoint holds the model to the schema of the arguments. Absent if that was not set. */
  strict: nullish(Schema.Boolean, "optional")
}).annotations({ identifier: "FunctionDef" })
export interface ToolFunction extends Schema.Schema.Type<typeof ToolFunction> {}

/** A tool of an agent. */
export const Tool = Schema.Struct({
  id: ToolId,
  type: openEnum("function", "webhook"),
  function: ToolFunction
}).annotations({ identifier: "Tool" })
export interface Tool extends Schema.Schema.Type<typeof Tool> {}

/**
 * A function that a model may call. `name` is any text; one that endpoints reject is replaced in requests to them, and its
 * calls have the name that was given. `parameters` is a JSON Schema object.
 */
export const FunctionDef = Schema.Struct({
  /** The name that the model calls it by. */
  name: Schema.String,
  /** What the function does and when to call it, for the model. Default: none. */
  description: omittable(Schema.String),
  /** The JSON Schema of its arguments, such as that of `JSONSchema.make`. */
  parameters: InputParameters,
  strict
}).annotations({ identifier: "FunctionDef", ...inputOf("a function") })
export interface FunctionDef extends InputType<typeof FunctionDef> {}

/** Any part of a function definition. */
export const PartialFunctionDef = Schema.Struct({
  /** The name that the model calls it by. */
  name: omittable(Schema.String),
  /** What the function does and when to call it, for the model. */
  description: omittable(Schema.String),
  /** The JSON Schema of its arguments. */
  parameters: omittable(InputParameters),
  strict
}).annotations({ identifier: "PartialFunctionDef", ...inputOf("a function") })
export interface PartialFunctionDef extends InputType<typeof PartialFunctionDef> {}

/** The input to create a tool. Models call only `function` tools today. */
export const CreateTool = Schema.Struct({
  type: Schema.Literal("function", "webhook"),
  function: FunctionDef
}).annotations({ identifier: "CreateToolRequest", ...inputOf("a tool", "id", "created_at", "updated_at", "jobs") })
export interface CreateTool extends InputType<typeof CreateTool> {}

/** The replacement of a tool's function (PUT). */
export const UpdateTool = Schema.Struct({ function: FunctionDef }).annotations({
  identifier: "UpdateToolRequest",
  ...inputOf("a tool")
})
export interface UpdateTool extends InputType<typeof UpdateTool> {}

/** Changes of a tool's function (PATCH): omitted members stay. */
export const PatchTool = Schema.Struct({ function: PartialFunctionDef }).annotations({
  identifier: "PatchToolRequest",
  ...inputOf("a tool")
})
export interface PatchTool extends InputType<typeof PatchTool> {}

/** The response to a create: the id, its time, and the jobs that the request started. */
export const ToolCreated = ResourceCreated(ToolId)
/** The response to an update: the id, its time, and the jobs that the request started. */
export const ToolUpdated = ResourceUpdated(ToolId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const ToolDeleted = ResourceDeleted(ToolId)
