import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import {
  ChatCompletion,
  Completion,
  CreateChatCompletion,
  CreateCompletion,
  Model,
  ModelList
} from "../ChatCompletion.js"
import { WireError } from "../Errors.js"
import { CreateEmbedding, CreateResponse, EmbeddingList, ModelResponse } from "../OpenAi.js"

/** `/v1/chat/completions`. */
export const ChatApi = HttpApiGroup.make("chat").add(
  HttpApiEndpoint.post("create", "/v1/chat/completions").setPayload(CreateChatCompletion).addSuccess(ChatCompletion)
)

/** `/v1/completions`. */
export const CompletionsApi = HttpApiGroup.make("completions").add(
  HttpApiEndpoint.post("create", "/v1/completions").setPayload(CreateCompletion).addSuccess(Completion)
)

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
