/** `/v1`: the model itself, without agents, history or recall. An endpoint gets and answers requests as they are. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { ServerError } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import type { Model as ModelEntry } from "../../../schema/OpenAi.js"
import { DEFAULT_MODEL } from "../../../schema/Settings.js"
import { Embedder } from "../../ports/Embedder.js"
import { Ids } from "../../ports/Ids.js"
import { Model, ModelError, OpenAiError, type Relay, type RelayRequest } from "../../ports/Model.js"
import { errorTypeOf } from "../../ports/OpenAi.js"
import { Tokenizer } from "../../ports/Tokenizer.js"
import { ModelName } from "../ModelName.js"
import {
  type Answering,
  type CompletionsFailure,
  type Head,
  type Relayed,
  type StreamedAnswer,
  streamed,
  whole
} from "./Answering.js"
import { stalledStream } from "./EventBuffer.js"
import * as LocalChat from "./LocalChat.js"
import { embeddingsOf } from "./LocalEmbeddings.js"
import * as LocalText from "./LocalText.js"
import { openStream } from "./OpenStream.js"
import { StreamOpening } from "./StreamOpening.js"

const stalled: ServerError = stalledStream("Ask again, and read the stream while it is written.")

const notStreamed = new ModelError({
  reason: "unavailable",
  message: "The model's endpoint answered a request for a stream with a whole body, and too late to pass that on."
})

const streamedUnasked = new ModelError({
  reason: "unavailable",
  message: "The model's relay answered with a stream that was not asked for."
})

const isStreamed = ({ stream }: JsonObject): boolean => stream === true

const noEndpoint = (message: string): OpenAiError =>
  new OpenAiError({
    status: 404,
    headers: {},
    message,
    body: { error: { message, type: errorTypeOf(404), param: null, code: "unknown_url" } }
  })

const noResponses = noEndpoint("The engine's model does not support /v1/responses. Use /v1/chat/completions instead.")

const noEmbedder = noEndpoint(
  "/v1/embeddings is not available, because no embedder is configured. Configure one: `embedder: { url, apiKey, name }`."
)

const noModel = (id: string, message = `The model '${id}' does not exist.`): OpenAiError =>
  new OpenAiError({
    status: 404,
    headers: {},
    message,
    body: {
      error: { message, type: errorTypeOf(404), param: "model", code: "model_not_found", resource: "model", id }
    }
  })

/** On `/v1`, a model that does not exist is a resource that does not. */
const unknownModel =
  ({ model }: LocalChat.Heading) =>
  (failure: ModelError): ModelError | OpenAiError =>
    failure.reason === "unknown_model" ? noModel(model, failure.message) : failure

/** Whether a failure may mean that the endpoint has no path for one model; one that has it names the model it lacks. */
const mayLackModelPath = (failure: CompletionsFailure): boolean =>
  failure instanceof OpenAiError && failure.status === 404 && failure.body.error["code"] !== "model_not_found"

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

/** A segment of dots, which steps out of a path; some servers decode a path twice. */
const dotSegment = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:$|[/\\]|%2f|%5c)/i

/** Whether a path may end in this name of a model. It may have slashes. */
const fitsPath = (id: string): boolean => id !== "" && !dotSegment.test(id)

/** An entry of a list of models, with what OpenAI's schema demands. */
const entryOf = (entry: JsonObject & { readonly id: string }): ModelEntry => ({
  object: "model",
  created: 0,
  owned_by: "effect-julep",
  ...Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null)),
  id: entry.id
})

const isEntry = (value: unknown): value is JsonObject & { readonly id: string } =>
  Predicate.isRecord(value) && isText(value["id"])

/** OpenAI-compatible completions of the engine's model. */
export const make = Effect.gen(function* () {
  const model = yield* Model
  const names = yield* ModelName
  const embedder = yield* Embedder
  const tokenizer = yield* Tokenizer
  const ids = yield* Ids
  const opening = yield* StreamOpening

  /** The body with the model that the endpoint knows in place of a name of Julep's. */
  const forModel = (body: JsonObject): JsonObject & { readonly model: string } => ({
    ...body,
    model: names.resolve(isText(body["model"]) ? body["model"] : DEFAULT_MODEL)
  })

  const relayedWhole = (relay: Relay, request: RelayRequest): Effect.Effect<Relayed, CompletionsFailure> =>
    Effect.scoped(
      Effect.flatMap(
        relay(request),
        ({ body, headers, status }): Effect.Effect<Relayed, CompletionsFailure> =>
          body instanceof Uint8Array
            ? Effect.succeed({ _tag: "Relayed", head: { headers, status }, body })
            : Effect.fail(streamedUnasked)
      )
    )

  const relayedStream = (relay: Relay, request: RelayRequest): Effect.Effect<StreamedAnswer, CompletionsFailure> =>
    openStream<Uint8Array, Head, CompletionsFailure>({ opening, stalled }, ({ offer, open }) =>
      Effect.scoped(
        Effect.flatMap(relay(request), ({ body, headers, status }) => {
          const late = open({ headers, status })
          if (!(body instanceof Uint8Array)) {
            return Stream.runForEachChunk(body, (pieces) => {
              const list = [...pieces]
              return offer(
                list,
                list.reduce((sum, { length }) => sum + length, 0)
              )
            })
          }
          return late ? Effect.fail(notStreamed) : offer([body], body.length)
        })
      )
    ).pipe(Effect.map((opened): StreamedAnswer => ({ _tag: "Bytes", ...opened })))

  const relayed = (relay: Relay, path: string, body: JsonObject): Answering =>
    isStreamed(body) ? streamed(relayedStream(relay, { path, body })) : whole(relayedWhole(relay, { path, body }))

  const written = (
    chunks: Stream.Stream<JsonObject, CompletionsFailure>
  ): Effect.Effect<StreamedAnswer, CompletionsFailure> =>
    openStream<string, void, CompletionsFailure>({ opening, stalled }, ({ offer, open }) =>
      Stream.runForEachChunk(chunks, (pieces) => {
        open()
        const events = Array.from(pieces, (piece) => JSON.stringify(piece))
        return offer(
          events,
          events.reduce((sum, { length }) => sum + length, 0)
        )
      })
    ).pipe(Effect.map((opened): StreamedAnswer => ({ _tag: "Events", ...opened })))

  /** The members that every completion and every chunk begins with. The caller's own name of the model stays. */
  const heading = (prefix: string, body: JsonObject): Effect.Effect<LocalChat.Heading> =>
    Effect.map(Effect.all([ids.next, Clock.currentTimeMillis]), ([id, now]) => ({
      id: `${prefix}-${id}`,
      created: Math.floor(now / 1000),
      model: isText(body["model"]) ? body["model"] : DEFAULT_MODEL
    }))

  const builtChat = (body: JsonObject): Answering => {
    const begin = Effect.all([LocalChat.chatRequestOf(forModel(body)), heading("chatcmpl", body)])
    return isStreamed(body)
      ? streamed(
          Effect.flatMap(begin, ([request, head]) => {
            const chunks = LocalChat.chunksOf(head, model.stream(request), LocalChat.wantsUsage(body))
            return written(Stream.mapError(chunks, unknownModel(head)))
          })
        )
      : whole(
          Effect.flatMap(begin, ([request, head]) =>
            Effect.mapBoth(model.complete(request), {
              onFailure: unknownModel(head),
              onSuccess: (reply) => ({ _tag: "Json", json: LocalChat.completionOf(head, reply) })
            })
          )
        )
  }

  const builtText = (body: JsonObject): Answering => {
    const begin = Effect.all([LocalText.requestsOf(forModel(body)), heading("cmpl", body)])
    return isStreamed(body)
      ? streamed(
          Effect.flatMap(begin, ([requests, head]) => {
            const chunks = LocalText.chunksOf(head, requests.map(model.stream), LocalChat.wantsUsage(body))
            return written(Stream.mapError(chunks, unknownModel(head)))
          })
        )
      : whole(
          Effect.flatMap(begin, ([requests, head]) =>
            Effect.mapBoth(Effect.forEach(requests, model.complete), {
              onFailure: unknownModel(head),
              onSuccess: (replies) => ({ _tag: "Json", json: LocalText.completionOf(head, replies) })
            })
          )
        )
  }

  /** The entries of the models that the endpoint serves. */
  const entries: Effect.Effect<ReadonlyArray<ModelEntry>, CompletionsFailure> = model.relay === undefined
    ? Effect.map(model.list, (list) => list.map((id) => entryOf({ id })))
    : Effect.flatMap(relayedWhole(model.relay, { path: "/models" }), ({ body }) => {
        const listed = dataOf(body)
        return Array.isArray(listed) ? Effect.succeed(listed.filter(isEntry).map(entryOf)) : Effect.fail(notAList)
      })

  /** The entry of a model in the list, under the name that it was asked for by. */
  const listed = (id: string): Effect.Effect<ModelEntry, CompletionsFailure> =>
    Effect.flatMap(entries, (list) => {
      const known = list.find((entry) => entry.id === id) ?? list.find((entry) => entry.id === names.resolve(id))
      return known === undefined ? Effect.fail(noModel(id)) : Effect.succeed({ ...known, id })
    })

  /** The entry of a model as the endpoint gives it; of one that lists its models alone, the entry in the list. */
  const entryAt = (relay: Relay, id: string): Effect.Effect<ModelEntry, CompletionsFailure> =>
    relayedWhole(relay, { path: `/models/${encodeURIComponent(id)}` }).pipe(
      Effect.map(({ body }) => jsonOf(body)),
      Effect.catchIf(mayLackModelPath, () => Effect.succeed(undefined)),
      Effect.flatMap((entry) => (isEntry(entry) ? Effect.succeed(entryOf(entry)) : listed(id)))
    )

  return {
    chat: (body: JsonObject): Answering =>
      model.relay === undefined ? builtChat(body) : relayed(model.relay, "/chat/completions", forModel(body)),
    text: (body: JsonObject): Answering =>
      model.relay === undefined ? builtText(body) : relayed(model.relay, "/completions", forModel(body)),
    responses: (body: JsonObject): Answering =>
      model.relay === undefined ? whole(Effect.fail(noResponses)) : relayed(model.relay, "/responses", forModel(body)),
    /** Embeddings of the engine's embedder, which has the name of a model of its own. */
    embeddings: (body: JsonObject): Answering => {
      if (Option.isNone(embedder)) return whole(Effect.fail(noEmbedder))
      const chosen = embedder.value
      const { name, relay } = chosen
      const asked = isText(body["model"]) ? body["model"] : name
      if (relay !== undefined) return relayed(relay, "/embeddings", { ...body, model: asked })
      return asked === name
        ? whole(
            tokenizer.of(name).pipe(
              Effect.flatMap((count) => embeddingsOf(body, chosen, count)),
              Effect.map((json) => ({ _tag: "Json", json }))
            )
          )
        : whole(Effect.fail(noModel(asked, `The embedder of this engine is '${name}', not '${asked}'.`)))
    },
    models: entries,
    /** The entry of one model, under the name that it was asked for by. */
    model: (id: string): Effect.Effect<ModelEntry, CompletionsFailure> => {
      if (!fitsPath(id)) return Effect.fail(noModel(id))
      return model.relay === undefined || names.resolve(id) !== id ? listed(id) : entryAt(model.relay, id)
    }
  }
})

const notAList = new ModelError({
  reason: "unavailable",
  message: "The response of the model's endpoint is not a list of models."
})

const decoder = new TextDecoder()

const jsonOf = (body: Uint8Array): unknown =>
  Either.getOrUndefined(Either.try((): unknown => JSON.parse(decoder.decode(body))))

/** The list of models in a body; `undefined` if it is none. */
const dataOf = (body: Uint8Array): unknown => {
  const json = jsonOf(body)
  return Predicate.isRecord(json) ? json["data"] : undefined
}
