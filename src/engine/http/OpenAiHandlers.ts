import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ChatApi, CompletionsApi, ModelsApi } from "../../schema/api/OpenAiApi.js"
import {
  ChatCompletion,
  ChatCompletionChunk,
  Completion,
  CompletionChunk,
  ModelList
} from "../../schema/ChatCompletion.js"
import { Engine } from "../usecases/Engine.js"
import { unknownModelIsNotFound } from "./errors.js"
import { answer, answerStream } from "./respond.js"
import { routes } from "./routes.js"

const chatCompletion = answer(ChatCompletion, { callsModel: true })
const completion = answer(Completion, { callsModel: true })
const chatChunks = answerStream(ChatCompletionChunk)
const chunks = answerStream(CompletionChunk)
const models = answer(ModelList)

/** `/v1/chat/completions`. */
export const chatRoutes = Effect.map(Engine, ({ completions }) =>
  routes(ChatApi, {
    create: ({ payload, request }) => {
      const meaning = unknownModelIsNotFound(payload.model)
      return payload.stream === true
        ? chatChunks(request, () => Effect.map(completions.chatStream(payload), Stream.mapError(meaning)))
        : chatCompletion(request, () => Effect.mapError(completions.chat(payload), meaning))
    }
  })
)

/** `/v1/completions`. */
export const completionsRoutes = Effect.map(Engine, ({ completions }) =>
  routes(CompletionsApi, {
    create: ({ payload, request }) => {
      const meaning = unknownModelIsNotFound(payload.model)
      return payload.stream === true
        ? chunks(request, () => Effect.map(completions.textStream(payload), Stream.mapError(meaning)))
        : completion(request, () => Effect.mapError(completions.text(payload), meaning))
    }
  })
)

/** `/v1/models`. */
export const modelsRoutes = Effect.map(Engine, ({ completions }) =>
  routes(ModelsApi, {
    list: ({ request }) => models(request, () => Effect.map(completions.models, (data) => ({ object: "list", data })))
  })
)
