import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { ChatCompletion, Completion, CreateChatCompletion, CreateCompletion, ModelList } from "../ChatCompletion.js"
import { WireError } from "../Errors.js"

/** `/v1/chat/completions`. */
export const ChatApi = HttpApiGroup.make("chat").add(
  HttpApiEndpoint.post("create", "/v1/chat/completions").setPayload(CreateChatCompletion).addSuccess(ChatCompletion)
)

/** `/v1/completions`. */
export const CompletionsApi = HttpApiGroup.make("completions").add(
  HttpApiEndpoint.post("create", "/v1/completions").setPayload(CreateCompletion).addSuccess(Completion)
)

/** `/v1/models`. */
export const ModelsApi = HttpApiGroup.make("models").add(
  HttpApiEndpoint.get("list", "/v1/models").addSuccess(ModelList)
)

/** The OpenAI-compatible half of the API, at the origin of the base URL. */
export const OpenAiApi = HttpApi.make("openai").add(ChatApi).add(CompletionsApi).add(ModelsApi).addError(WireError)
