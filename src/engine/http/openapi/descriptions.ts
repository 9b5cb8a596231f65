/** Descriptions that only the document has: as annotations of the schemas, every client would load them. */
import { isObject, type Json, nameOf } from "./jsonSchema.js"

/** Of schemas, by their names. */
const schemas: { readonly [name: string]: string } = {
  ClaimToolCallsRequest: "Beyond v0.3",
  ExplainedPrompt: "Beyond v0.3: the prompt that a model was sent, in parts, with their sources and tokens",
  RecalledSources: "Beyond v0.3: what was recalled into a prompt, with scores",
  RenderedChat: "Beyond v0.3: exactly what a chat would send to its model",
  ResourceCreatedResponse: "The identity of the resource that was created, and the jobs that this caused",
  ResourceDeletedResponse: "The identity of the resource that was deleted, and the jobs that this caused",
  ResourceUpdatedResponse: "The identity of the resource that was updated, and the jobs that this caused",
  ToolCallsClaimed: "Beyond v0.3"
}

/** Of parameters, by their names. */
const parameters: { readonly [name: string]: string } = {
  after:
    "Beyond v0.3: the `next` of the page before, an opaque text. Valid only for the same list and order, and without `query`."
}

const described = (value: unknown, description: string | undefined): unknown =>
  isObject(value) && description !== undefined ? { ...value, description } : value

/** The schemas of the document with their descriptions. */
export const describedSchemas = (all: Json): Json =>
  Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, described(schema, schemas[name])]))

/** A response with the description of its schema. */
export const describedResponse = (response: Json): Json => {
  const { content } = response
  const json = isObject(content) ? content["application/json"] : undefined
  const name = isObject(json) ? nameOf(json["schema"]) : undefined
  return name === undefined || schemas[name] === undefined ? response : { ...response, description: schemas[name] }
}

/** The parameters of an operation with their descriptions. */
export const describedParameters = (all: unknown): unknown =>
  Array.isArray(all)
    ? all.map((parameter: unknown) => {
        if (!isObject(parameter)) return parameter
        const description = parameters[String(parameter["name"])]
        return described({ ...parameter, schema: described(parameter["schema"], description) }, description)
      })
    : all
