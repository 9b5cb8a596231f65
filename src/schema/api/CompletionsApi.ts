/** The half of `/v1` that the client calls: a browser loads no schema of the other half, which is in `OpenAiApi.ts`. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { ChatCompletion, Completion, CreateChatCompletion, CreateCompletion } from "../ChatCompletion.js"

/** `/v1/chat/completions`. */
export const ChatApi = HttpApiGroup.make("chat").add(
  HttpApiEndpoint.post("create", "/v1/chat/completions").setPayload(CreateChatCompletion).addSuccess(ChatCompletion)
)

/** `/v1/completions`. */
export const CompletionsApi = HttpApiGroup.make("completions").add(
  HttpApiEndpoint.post("create", "/v1/completions").setPayload(CreateCompletion).addSuccess(Completion)
)
