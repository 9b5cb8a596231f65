/** Tools of `@effect/ai` as definitions that a session can offer to its model. */
import * as Tool from "@effect/ai/Tool"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { JsonObject } from "../schema/Field.js"

/** A JSON Schema of Effect as an object of JSON. Effect throws where a schema has none. */
export const jsonSchemaOf = (
  name: string,
  ast: Parameters<typeof Tool.getJsonSchemaFromSchemaAst>[0]
): Either.Either<JsonObject, string> =>
  Either.try({
    try: (): JsonObject => ({ ...Tool.getJsonSchemaFromSchemaAst(ast) }),
    catch: (cause) =>
      `Effect makes no JSON Schema of ${name}: ${Predicate.isError(cause) ? cause.message : String(cause)}`
  })

/** What a model reads of a tool. */
export interface Definition {
  readonly name: string
  readonly description?: string
  readonly parameters: JsonObject
}

/** The definition of a tool, or why it cannot be offered. */
export const definitionOf = (tool: Tool.Any): Either.Either<Definition, string> => {
  const { name, parametersSchema } = tool
  if (Tool.isProviderDefined(tool)) {
    return Either.left(
      `a session has no place for the tool ${tool.id}, which its provider runs. Leave it out of the toolkit.`
    )
  }
  const description = tool.description ?? Tool.getDescriptionFromSchemaAst(parametersSchema.ast)
  return Either.map(jsonSchemaOf(`the parameters of the tool ${name}`, parametersSchema.ast), (parameters) => ({
    name,
    ...(description === undefined ? {} : { description }),
    parameters
  }))
}
