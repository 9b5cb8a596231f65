/** The OpenAPI document of the engine, made of the contract. It is loaded for the first request that asks for it. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Context from "effect/Context"
import { JulepApi } from "../../../schema/api/JulepApi.js"
import { OpenAiApi } from "../../../schema/api/OpenAiApi.js"
import { ChatStreamEvent } from "../../../schema/Chat.js"
import { ChatCompletionChunk, CompletionChunk } from "../../../schema/ChatCompletion.js"
import { OpenAiErrorBody, ResponseStreamEvent } from "../../../schema/OpenAi.js"
import { describedParameters, describedSchemas } from "./descriptions.js"
import { isObject, type Json, reachable, tidy, withoutDefaults } from "./jsonSchema.js"
import { type Documented, operations, tags } from "./operations.js"
import { responsesOf } from "./responses.js"

const SCHEME = "api-key"

const securitySchemes = {
  [SCHEME]: {
    type: "apiKey",
    name: "Authorization",
    in: "header",
    description: "The key of the server, with or without `Bearer` before it. A server without a key ignores it."
  }
}

const security = [{ [SCHEME]: [] }]

const operationOf = (operation: Json, { description, id, summary, ...documented }: Documented): Json => ({
  ...operation,
  operationId: id,
  summary,
  ...(description === undefined ? {} : { description }),
  security,
  ...(operation["parameters"] === undefined ? {} : { parameters: describedParameters(operation["parameters"]) }),
  responses: responsesOf(operation, documented)
})

const pathOf = (path: unknown): Json =>
  Object.fromEntries(
    Object.entries(isObject(path) ? path : {}).flatMap(([method, operation]) => {
      if (!isObject(operation)) return []
      const documented = operations.get(String(operation["operationId"]))
      return documented === undefined ? [] : [[method, operationOf(operation, documented)]]
    })
  )

/** What no annotation of the contract says. */
const transform = (document: Json): Json => {
  const { components, paths } = tidy({ components: document["components"], paths: document["paths"] })
  const { schemas } = isObject(components) ? components : {}
  const documented = Object.entries(isObject(paths) ? paths : {}).map(([path, item]) => [path, pathOf(item)])
  return reachable({
    ...document,
    paths: Object.fromEntries(documented),
    components: { schemas: isObject(schemas) ? describedSchemas(withoutDefaults(schemas)) : {}, securitySchemes },
    security,
    tags
  })
}

const annotations = OpenApi.annotations({
  title: "Julep Agents API",
  version: "1.0.0",
  description: "Agents with memory, as Julep v0.3 defines them, and completions as OpenAI defines them.",
  license: { name: "Apache 2.0", url: "https://www.apache.org/licenses/LICENSE-2.0.html" },
  servers: [{ url: "/", description: "The server that sent this document" }],
  transform
})

/** The schemas that responses refer to by their names. */
const additional = HttpApi.AdditionalSchemas.context([
  ChatStreamEvent,
  ChatCompletionChunk,
  CompletionChunk,
  ResponseStreamEvent,
  OpenAiErrorBody
])

/** The document, an object of OpenAPI 3.1. It is copied, because platform's interface of a document has no index signature. */
export const openApi: Json = {
  ...OpenApi.fromApi(JulepApi.addHttpApi(OpenAiApi).annotateContext(Context.merge(annotations, additional)))
}

/** The document as JSON. */
export const text: string = JSON.stringify(openApi)
