/** The calls of a `LanguageModel`: whole, streamed, and as an object of a JSON Schema. */
import type * as AiError from "@effect/ai/AiError"
import type * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Response from "@effect/ai/Response"
import * as Telemetry from "@effect/ai/Telemetry"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type JsonObject, ModelError, type ModelRequest } from "../../layers/EnginePorts.js"
import { promptOf } from "./prompt.js"
import { contextOf, type ProviderSettings } from "./settings.js"
import { choiceOf, objectOf, toolkitOf } from "./tools.js"

/** How requests are sent. */
export interface CallOptions {
  readonly settings?: ProviderSettings | undefined
  readonly omit?: ReadonlyArray<string> | undefined
}

/** The parts of a reply, whole. */
type Parts = ReadonlyArray<Response.AnyPart>

/** The JSON that a reply is to be. */
interface Format {
  readonly name: string
  readonly schema: JsonObject
}

/** The JSON that a request asks for; `undefined` where it asks for text. Whether it is strict, the provider's layer says. */
const formatOf = ({ settings }: ModelRequest): Either.Either<Format | undefined, ModelError> => {
  const { response_format: format } = settings
  if (format?.type === undefined || format.type === "text") return Either.right(undefined)
  if (format.type !== "regex") {
    const { description, name = "response", schema = {} } = format
    return Either.right({ name, schema: description === undefined ? schema : { description, ...schema } })
  }
  const message = 'The model of this engine is a LanguageModel, which has no place for the response_format "regex".'
  return Either.left(new ModelError({ reason: "invalid_request", message }))
}

/** A request as a `LanguageModel` takes it. */
export interface Call {
  readonly options: LanguageModel.GenerateTextOptions<ReturnType<typeof toolkitOf>["tools"]> & {
    readonly disableToolCallResolution: true
  }
  /** The JSON that the reply is to be, if any. */
  readonly format: Format | undefined
  /** The configuration of the provider. */
  readonly context: Context.Context<never>
}

/** A request as a call, or why it cannot be one. */
export const callOf = (request: ModelRequest, { omit, settings }: CallOptions): Either.Either<Call, ModelError> =>
  Either.gen(function* () {
    const context = yield* contextOf(request, settings, omit)
    const format = yield* formatOf(request)
    const prompt = yield* promptOf(request.messages)
    const tools =
      request.tools.length === 0 ? {} : { toolkit: toolkitOf(request.tools), toolChoice: choiceOf(request.tool_choice) }
    return { context, format, options: { prompt, ...tools, disableToolCallResolution: true } }
  })

/**
 * A reply as JSON. `LanguageModel` fails where the text does not parse, and loses it; a caller of the engine gets what the
 * model wrote, as from any other model, so the parts are taken where telemetry sees them, before they are parsed.
 */
const object = (
  model: LanguageModel.Service,
  options: Call["options"],
  { name, schema }: Format
): Effect.Effect<Parts, AiError.AiError> =>
  Effect.flatMap(Effect.serviceOption(Telemetry.CurrentSpanTransformer), (outer) => {
    let seen: Parts | undefined
    const transformer: Telemetry.SpanTransformer = (seenOptions) => {
      seen = seenOptions.response
      if (Option.isSome(outer)) outer.value(seenOptions)
    }
    return model.generateObject({ ...options, objectName: name, schema: objectOf(schema) }).pipe(
      Effect.map(({ content }): Parts => content),
      Effect.catchTag("MalformedOutput", (error) => (seen === undefined ? Effect.fail(error) : Effect.succeed(seen))),
      Effect.provideService(Telemetry.CurrentSpanTransformer, transformer)
    )
  })

/** The parts of the reply to a call. */
export const whole = (
  model: LanguageModel.Service,
  { context, format, options }: Call
): Effect.Effect<Parts, AiError.AiError> =>
  (format === undefined
    ? Effect.map(model.generateText(options), ({ content }): Parts => content)
    : object(model, options, format)
  ).pipe(Effect.provide(context))

/** The parts of the reply to a call, as they are written. No `LanguageModel` streams an object, so that arrives whole. */
export const streamed = (model: LanguageModel.Service, call: Call): Stream.Stream<Response.AnyPart, AiError.AiError> =>
  call.format === undefined
    ? Stream.provideSomeContext(model.streamText(call.options), call.context)
    : Stream.unwrap(Effect.map(whole(model, call), Stream.fromIterable))
