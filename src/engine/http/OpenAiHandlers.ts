/** The routes of `/v1`. Bodies are not decoded by a schema: an endpoint gets every member as the caller sent it. */
import type * as HttpMethod from "@effect/platform/HttpMethod"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { UnprocessableRequest } from "../../schema/Errors.js"
import type { JsonObject } from "../../schema/Field.js"
import { type Answering, type CompletionsFailure, whole } from "../usecases/chat/Answering.js"
import { Engine } from "../usecases/Engine.js"
import { unprocessable } from "../usecases/Failure.js"
import type { Idempotency } from "../usecases/Idempotency.js"
import { answerOpenAi } from "./respondOpenAi.js"
import type { Routes } from "./routes.js"

type Request = HttpServerRequest.HttpServerRequest

const route = <E>(
  method: HttpMethod.HttpMethod,
  path: HttpRouter.PathInput,
  handler: (
    request: Request
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, E, HttpRouter.RouteContext | Idempotency>
) => HttpRouter.makeRoute(method, path, Effect.flatMap(HttpServerRequest.HttpServerRequest, handler))

/** The body as far as the engine reads it: an object, with a name as its model and a switch as `stream`. */
const checked = (body: unknown): Effect.Effect<JsonObject, UnprocessableRequest> => {
  if (!Predicate.isRecord(body) || Array.isArray(body)) {
    const message = "The body must be a JSON object."
    return Effect.fail(new UnprocessableRequest({ message, issues: [{ path: "", message }], status: 422 }))
  }
  const { model, stream } = body
  if (Predicate.isNotNullable(model) && typeof model !== "string") {
    return Effect.fail(unprocessable("model", "must be the name of a model, or left out for the default one"))
  }
  if (Predicate.isNotNullable(stream) && typeof stream !== "boolean") {
    return Effect.fail(unprocessable("stream", "must be true or false"))
  }
  return Effect.succeed(body)
}

const post = (path: HttpRouter.PathInput, run: (body: JsonObject) => Answering) =>
  route("POST", path, (request) =>
    Effect.flatMap(Effect.flatMap(request.json, checked), (body) => answerOpenAi(request, run(body)))
  )

const get = (
  path: HttpRouter.PathInput,
  run: (
    params: Readonly<Record<string, string | undefined>>,
    request: Request
  ) => Effect.Effect<JsonObject, CompletionsFailure>
) =>
  route("GET", path, (request) =>
    Effect.flatMap(HttpRouter.params, (params) =>
      answerOpenAi(request, whole(Effect.map(run(params, request), (json) => ({ _tag: "Json", json }))))
    )
  )

/** The router ignores a slash at the end of a path, but `/v1/models/` asks for the model with the empty name. */
const endsInSlash = ({ url }: Request): boolean => /^[^?]*\/(?:\?|$)/.test(url)

/** The routes of `/v1`. */
export const openAiRoutes: Effect.Effect<Routes, never, Engine> = Effect.map(Engine, ({ completions }) => [
  post("/v1/chat/completions", completions.chat),
  post("/v1/completions", completions.text),
  post("/v1/responses", completions.responses),
  post("/v1/embeddings", completions.embeddings),
  get("/v1/models", (_params, request) =>
    endsInSlash(request) ? completions.model("") : Effect.map(completions.models, (data) => ({ object: "list", data }))
  ),
  // The name of a model may have slashes.
  get("/v1/models/*", (params) => completions.model(params["*"] ?? ""))
])
