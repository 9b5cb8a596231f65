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
import { Model, ModelError, OpenAiError, type Relay, type RelayAnswer, type RelayRequest } from "../../ports/Model.js"
import { errorTypeOf } from "../../ports/OpenAi.js"
import { Tokenizer } from "../../ports/Tokenizer.js"
import type { Failure } from "../Failure.js"
import { ModelName } from "../ModelName.js"
import * as BuiltChat from "./BuiltChat.js"
import { embeddingsOf } from "./BuiltEmbeddings.js"
import * as BuiltText from "./BuiltText.js"
import { stalledStream } from "./EventBuffer.js"
import { type Opened, openStream } from "./OpenStream.js"
import { StreamOpening } from "./StreamOpening.js"

/** Why a request of `/v1` is not answered. */
export type CompletionsFailure = Failure | OpenAiError

/** The status and the headers of an endpoint's answer. */
export type Head = Pick<RelayAnswer, "status" | "headers">

/** An answer of `/v1`. */
export type Answer =
  /** Of an endpoint, as it came. */
  | { readonly _tag: "Whole"; readonly head: Head; readonly body: Uint8Array }
  /** Of an endpoint, as it comes. */
  | ({ readonly _tag: "Bytes" } & Opened<Uint8Array, Head, CompletionsFailure>)
  /** Of the engine. */
  | { readonly _tag: "Json"; readonly json: JsonObject }
  /** Of the engine: the data of events. */
  | ({ readonly _tag: "Events" } & Opened<string, void, CompletionsFailure>)

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

const noEmbedder = noEndpoint(
  "This engine has no embedder, so it answers no /v1/embeddings. Configure one: `embedder: { url, apiKey, name }`."
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
  ({ model }: BuiltChat.Heading) =>
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

  const relayed = (relay: Relay, request: RelayRequest): Effect.Effect<Answer, CompletionsFailure> =>
    request.body !== undefined && isStreamed(request.body)
      ? relayedStream(relay, request)
      : Effect.scoped(
          Effect.flatMap(
            relay(request),
            ({ body, headers, status }): Effect.Effect<Answer, CompletionsFailure> =>
              body instanceof Uint8Array
                ? Effect.succeed({ _tag: "Whole", head: { headers, status }, body })
                : Effect.fail(streamedUnasked)
          )
        )

  const relayedStream = (relay: Relay, request: RelayRequest): Effect.Effect<Answer, CompletionsFailure> =>
    openStream<Uint8Array, Head, CompletionsFailure>(opening, stalled, ({ offer, open }) =>
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
    ).pipe(Effect.map((opened): Answer => ({ _tag: "Bytes", ...opened })))

  const written = (chunks: Stream.Stream<JsonObject, CompletionsFailure>): Effect.Effect<Answer, CompletionsFailure> =>
    openStream<string, void, CompletionsFailure>(opening, stalled, ({ offer, open }) =>
      Stream.runForEachChunk(chunks, (pieces) => {
        open()
        const events = Array.from(pieces, (piece) => JSON.stringify(piece))
        return offer(
          events,
          events.reduce((sum, { length }) => sum + length, 0)
        )
      })
    ).pipe(Effect.map((opened): Answer => ({ _tag: "Events", ...opened })))

  /** The members that every completion and every chunk begins with. The caller's own name of the model stays. */
  const heading = (prefix: string, body: JsonObject): Effect.Effect<BuiltChat.Heading> =>
    Effect.map(Effect.all([ids.next, Clock.currentTimeMillis]), ([id, now]) => ({
      id: `${prefix}-${id}`,
      created: Math.floor(now / 1000),
      model: isText(body["model"]) ? body["model"] : DEFAULT_MODEL
    }))

  const builtChat = (body: JsonObject): Effect.Effect<Answer, CompletionsFailure> =>
    Effect.gen(function* () {
      const request = yield* BuiltChat.chatRequestOf(forModel(body))
      const head = yield* heading("chatcmpl", body)
      if (!isStreamed(body)) {
        const reply = yield* Effect.mapError(model.complete(request), unknownModel(head))
        return { _tag: "Json", json: BuiltChat.completionOf(head, reply) } satisfies Answer
      }
      const chunks = BuiltChat.chunksOf(head, model.stream(request), BuiltChat.wantsUsage(body))
      return yield* written(Stream.mapError(chunks, unknownModel(head)))
    })

  const builtText = (body: JsonObject): Effect.Effect<Answer, CompletionsFailure> =>
    Effect.gen(function* () {
      const requests = yield* BuiltText.requestsOf(forModel(body))
      const head = yield* heading("cmpl", body)
      if (!isStreamed(body)) {
        const replies = yield* Effect.forEach(requests, model.complete).pipe(Effect.mapError(unknownModel(head)))
        return { _tag: "Json", json: BuiltText.completionOf(head, replies) } satisfies Answer
      }
      const chunks = BuiltText.chunksOf(head, requests.map(model.stream), BuiltChat.wantsUsage(body))
      return yield* written(Stream.mapError(chunks, unknownModel(head)))
    })

  /** The entries of the models that the endpoint serves. */
  const entries: Effect.Effect<ReadonlyArray<ModelEntry>, CompletionsFailure> = model.relay === undefined
    ? Effect.map(model.list, (list) => list.map((id) => entryOf({ id })))
    : Effect.flatMap(relayed(model.relay, { path: "/models" }), (answer) => {
        const listed = answer._tag === "Whole" ? dataOf(answer.body) : []
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
    relayed(relay, { path: `/models/${encodeURIComponent(id)}` }).pipe(
      Effect.map((answer) => (answer._tag === "Whole" ? jsonOf(answer.body) : undefined)),
      Effect.catchIf(mayLackModelPath, () => Effect.succeed(undefined)),
      Effect.flatMap((entry) => (isEntry(entry) ? Effect.succeed(entryOf(entry)) : listed(id)))
    )

  return {
    chat: (body: JsonObject): Effect.Effect<Answer, CompletionsFailure> =>
      model.relay === undefined
        ? builtChat(body)
        : relayed(model.relay, { path: "/chat/completions", body: forModel(body) }),
    text: (body: JsonObject): Effect.Effect<Answer, CompletionsFailure> =>
      model.relay === undefined
        ? builtText(body)
        : relayed(model.relay, { path: "/completions", body: forModel(body) }),
    responses: (body: JsonObject): Effect.Effect<Answer, CompletionsFailure> =>
      model.relay === undefined
        ? Effect.fail(noEndpoint("The model of this engine has no /v1/responses. Use /v1/chat/completions instead."))
        : relayed(model.relay, { path: "/responses", body: forModel(body) }),
    /** Embeddings of the engine's embedder, which has the name of a model of its own. */
    embeddings: (body: JsonObject): Effect.Effect<Answer, CompletionsFailure> => {
      if (Option.isNone(embedder)) return Effect.fail(noEmbedder)
      const chosen = embedder.value
      const { name, relay } = chosen
      const asked = isText(body["model"]) ? body["model"] : name
      if (relay !== undefined) return relayed(relay, { path: "/embeddings", body: { ...body, model: asked } })
      return asked === name
        ? tokenizer.of(name).pipe(
            Effect.flatMap((count) => embeddingsOf(body, chosen, count)),
            Effect.map((json) => ({ _tag: "Json", json }))
          )
        : Effect.fail(noModel(asked, `The embedder of this engine is '${name}', not '${asked}'.`))
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
