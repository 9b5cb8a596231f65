import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  ChatCompletion,
  ChatCompletionChunk,
  Completion,
  CompletionChunk,
  ModelList
} from "../../schema/ChatCompletion.js"
import { Engine } from "../usecases/Engine.js"
import { EngineApi } from "./EngineApi.js"
import { unknownModelIsNotFound } from "./errors.js"
import { answer, answerStream } from "./respond.js"

const chatCompletion = answer(ChatCompletion, { asksModel: true })
const completion = answer(Completion, { asksModel: true })
const chatChunks = answerStream(ChatCompletionChunk)
const chunks = answerStream(CompletionChunk)
const models = answer(ModelList)

/** `/v1/chat/completions`. */
export const ChatHandlers = HttpApiBuilder.group(EngineApi, "chat", (handlers) =>
  Effect.map(Engine, ({ completions }) =>
    handlers.handle("create", ({ payload, request }) => {
      const meaning = unknownModelIsNotFound(payload.model)
      return payload.stream === true
        ? chatChunks(request, () => Effect.map(completions.chatStream(payload), Stream.mapError(meaning)))
        : chatCompletion(request, () => Effect.mapError(completions.chat(payload), meaning))
    })
  )
)

/** `/v1/completions`. */
export const CompletionsHandlers = HttpApiBuilder.group(EngineApi, "completions", (handlers) =>
  Effect.map(Engine, ({ completions }) =>
    handlers.handle("create", ({ payload, request }) => {
      const meaning = unknownModelIsNotFound(payload.model)
      return payload.stream === true
        ? chunks(request, () => Effect.map(completions.textStream(payload), Stream.mapError(meaning)))
        : completion(request, () => Effect.mapError(completions.text(payload), meaning))
    })
  )
)

/** `/v1/models`. */
export const ModelsHandlers = HttpApiBuilder.group(EngineApi, "models", (handlers) =>
  Effect.map(Engine, ({ completions }) =>
    handlers.handle("list", ({ request }) =>
      models(request, () => Effect.map(completions.models, (data) => ({ object: "list", data })))
    )
  )
)
