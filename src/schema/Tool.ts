import * as Schema from "effect/Schema"
import { id, JsonObject, JsonSchema, nullish, omittable, openEnum, reportAll } from "./Field.js"
import { ResourceCreated, ResourceDeleted, ResourceUpdated } from "./Resource.js"

/** The id of a tool. */
export const ToolId = id("ToolId")
export type ToolId = typeof ToolId.Type

const named = { identifier: "FunctionParameters" }
const FunctionParameters = JsonSchema.annotations(named)

/** A function as the server describes it. */
export const ToolFunction = Schema.Struct({
  name: Schema.String,
  description: nullish(Schema.String, "optional"),
  parameters: JsonObject.annotations(named)
}).annotations({ identifier: "FunctionDef" })

/** A tool of an agent. */
export const Tool = Schema.Struct({
  id: ToolId,
  type: openEnum("function", "webhook"),
  function: ToolFunction
}).annotations({ identifier: "Tool" })
export type Tool = typeof Tool.Type

/**
 * A function that a model may call. `name` is any text; one that endpoints reject is replaced in requests to them, and its
 * calls have the name that was given. `parameters` is a JSON Schema object.
 */
export const FunctionDef = Schema.Struct({
  name: Schema.String,
  description: omittable(Schema.String),
  parameters: FunctionParameters
}).annotations({ identifier: "FunctionDef", ...reportAll })
export type FunctionDef = typeof FunctionDef.Type

/** Any part of a function definition. */
export const PartialFunctionDef = Schema.Struct({
  name: omittable(Schema.String),
  description: omittable(Schema.String),
  parameters: omittable(FunctionParameters)
}).annotations({ identifier: "PartialFunctionDef", ...reportAll })
export type PartialFunctionDef = typeof PartialFunctionDef.Type

/** The input to create a tool. Models call only `function` tools today. */
export const CreateTool = Schema.Struct({
  type: Schema.Literal("function", "webhook"),
  function: FunctionDef
}).annotations({ identifier: "CreateToolRequest", ...reportAll })
export type CreateTool = typeof CreateTool.Type

/** The replacement of a tool's function (PUT). */
export const UpdateTool = Schema.Struct({ function: FunctionDef }).annotations({
  identifier: "UpdateToolRequest",
  ...reportAll
})
export type UpdateTool = typeof UpdateTool.Type

/** Changes of a tool's function (PATCH): omitted members stay. */
export const PatchTool = Schema.Struct({ function: PartialFunctionDef }).annotations({
  identifier: "PatchToolRequest",
  ...reportAll
})
export type PatchTool = typeof PatchTool.Type

/** The response to a create: the id, its time, and the jobs that the request started. */
export const ToolCreated = ResourceCreated(ToolId)
/** The response to an update: the id, its time, and the jobs that the request started. */
export const ToolUpdated = ResourceUpdated(ToolId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const ToolDeleted = ResourceDeleted(ToolId)
