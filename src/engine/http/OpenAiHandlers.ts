import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import { ChatCompletion, Completion, ModelList } from "../../schema/ChatCompletion.js"
import { Engine } from "../usecases/Engine.js"
import { answer, unknownModelIsNotFound } from "./answer.js"
import { EngineApi } from "./EngineApi.js"

const chatCompletion = answer(ChatCompletion)
const completion = answer(Completion)
const models = answer(ModelList)

/** `/v1/chat/completions`. */
export const ChatHandlers = HttpApiBuilder.group(EngineApi, "chat", (handlers) =>
  Effect.map(Engine, ({ completions }) =>
    handlers.handle("create", ({ payload, request }) =>
      chatCompletion(request, () => unknownModelIsNotFound(payload.model)(completions.chat(payload)))
    )
  )
)

/** `/v1/completions`. */
export const CompletionsHandlers = HttpApiBuilder.group(EngineApi, "completions", (handlers) =>
  Effect.map(Engine, ({ completions }) =>
    handlers.handle("create", ({ payload, request }) =>
      completion(request, () => unknownModelIsNotFound(payload.model)(completions.text(payload)))
    )
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
