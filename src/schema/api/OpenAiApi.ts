import * as HttpApi from "@effect/platform/HttpApi"
import * as Schema from "effect/Schema"
import { CreateEmbedding, CreateResponse, EmbeddingList, Model, ModelList, ModelResponse } from "../OpenAi.js"
import { ChatApi, CompletionsApi } from "./CompletionsApi.js"
import { get, group, post } from "./Operation.js"
import { httpApiGroup } from "./platform.js"
import { WireError } from "./WireError.js"

/** `/v1/embeddings`. */
export const EmbeddingsApi = group("embeddings", {
  create: post("/v1/embeddings", { payload: CreateEmbedding, success: EmbeddingList })
})

/** `/v1/responses`. */
export const ResponsesApi = group("responses", {
  create: post("/v1/responses", { payload: CreateResponse, success: ModelResponse })
})

/** `/v1/models`. */
export const ModelsApi = group("models", {
  list: get("/v1/models", { success: ModelList }),
  get: get("/v1/models/:model", { pathParams: Schema.Struct({ model: Schema.String }), success: Model })
})

/** The OpenAI-compatible half of the API, at the origin of the base URL. */
export const OpenAiApi = HttpApi.make("openai")
  .add(httpApiGroup(ChatApi))
  .add(httpApiGroup(CompletionsApi))
  .add(httpApiGroup(EmbeddingsApi))
  .add(httpApiGroup(ResponsesApi))
  .add(httpApiGroup(ModelsApi))
  .addError(WireError)
