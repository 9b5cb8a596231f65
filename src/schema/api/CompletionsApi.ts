/** The half of `/v1` that the client calls: a browser loads no schema of the other half, which is in `OpenAiApi.ts`. */
import { ChatCompletion, Completion, CreateChatCompletion, CreateCompletion } from "../ChatCompletion.js"
import { group, post } from "./Operation.js"

/** `/v1/chat/completions`. */
export const ChatApi = group("chat", {
  create: post("/v1/chat/completions", { payload: CreateChatCompletion, success: ChatCompletion })
})

/** `/v1/completions`. */
export const CompletionsApi = group("completions", {
  create: post("/v1/completions", { payload: CreateCompletion, success: Completion })
})
