import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { CreateEmbedding, CreateResponse, EmbeddingList, Model, ModelList, ModelResponse } from "../OpenAi.js"
import { WireError } from "../WireError.js"
import { ChatApi, CompletionsApi } from "./CompletionsApi.js"

/** `/v1/embeddings`. */
export const EmbeddingsApi = HttpApiGroup.make("embeddings").add(
  HttpApiEndpoint.post("create", "/v1/embeddings").setPayload(CreateEmbedding).addSuccess(EmbeddingList)
)

/** `/v1/responses`. */
export const ResponsesApi = HttpApiGroup.make("responses").add(
  HttpApiEndpoint.post("create", "/v1/responses").setPayload(CreateResponse).addSuccess(ModelResponse)
)

/** `/v1/models`. */
export const ModelsApi = HttpApiGroup.make("models")
  .add(HttpApiEndpoint.get("list", "/v1/models").addSuccess(ModelList))
  .add(
    HttpApiEndpoint.get("get", "/v1/models/:model")
      .setPath(Schema.Struct({ model: Schema.String }))
      .addSuccess(Model)
  )

/** The OpenAI-compatible half of the API, at the origin of the base URL. */
export const OpenAiApi = HttpApi.make("openai")
  .add(ChatApi)
  .add(CompletionsApi)
  .add(EmbeddingsApi)
  .add(ResponsesApi)
  .add(ModelsApi)
  .addError(WireError)
