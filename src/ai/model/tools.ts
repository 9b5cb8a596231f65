/** Functions of the engine as tools of `@effect/ai` that nothing runs: the caller of the engine does. */
import type * as LanguageModel from "@effect/ai/LanguageModel"
import * as Tool from "@effect/ai/Tool"
import type * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { JsonObject, ModelRequest, ModelTool } from "../../layers/EnginePorts.js"

/** A JSON Schema that Effect writes as it is: the annotation replaces a schema only where it has a type. */
const annotationOf = (schema: JsonObject) => ({
  jsonSchema: ["type", "oneOf", "anyOf", "$ref"].some((name) => name in schema) ? schema : { type: "object", ...schema }
})

const anyMembers = { key: Schema.String, value: Schema.Unknown }

/** An object of any members, which providers describe with this JSON Schema. */
export const objectOf = (schema: JsonObject): Schema.Schema<{ readonly [x: string]: unknown }> =>
  Schema.Record(anyMembers).annotations(annotationOf(schema))

const toolOf = ({ description, name, parameters }: ModelTool) =>
  Tool.make(name, { ...(description === undefined ? {} : { description }), success: Schema.Unknown }).setParameters(
    // A struct, because the type of a tool's parameters demands one.
    Schema.Struct({}, anyMembers).annotations(annotationOf(parameters))
  )

/** A tool of the engine's. */
export type EngineTool = ReturnType<typeof toolOf>

/** The tools of a request. Their calls are left to the caller. */
export const toolkitOf = (tools: ReadonlyArray<ModelTool>): Toolkit.WithHandler<Record<string, EngineTool>> => ({
  tools: Object.fromEntries(tools.map((tool) => [tool.name, toolOf(tool)])),
  handle: (name) => Effect.dieMessage(`The engine resolves no call of ${name}`)
})

/** The choice of a request. */
export const choiceOf = (choice: ModelRequest["tool_choice"]): LanguageModel.ToolChoice<string> =>
  typeof choice === "object" ? { tool: choice.function.name } : (choice ?? "auto")
