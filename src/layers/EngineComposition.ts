/** An engine composed of its ports: shared by the embedded client, the served app and the test kit. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { ServerKey } from "../engine/http/Auth.js"
import { EngineApp } from "../engine/http/EngineApp.js"
import * as InProcess from "../engine/http/InProcess.js"
import type { BodyLimits } from "../engine/http/WireErrors.js"
import { JobHandlers } from "../engine/jobs/JobHandlers.js"
import { JobRunner } from "../engine/jobs/JobRunner.js"
import * as GptTokenizer from "../engine/model/GptTokenizer.js"
import { jinja } from "../engine/model/Jinja.js"
import { Embedder } from "../engine/ports/Embedder.js"
import { Ids } from "../engine/ports/Ids.js"
import { Model } from "../engine/ports/Model.js"
import type { Reranker } from "../engine/ports/Reranker.js"
import type { Storage } from "../engine/ports/Storage.js"
import { Templates } from "../engine/ports/Templates.js"
import { StreamOpening } from "../engine/usecases/chat/StreamOpening.js"
import { Engine } from "../engine/usecases/Engine.js"
import { Idempotency } from "../engine/usecases/Idempotency.js"
import { JobQueue } from "../engine/usecases/JobQueue.js"
import { Suggesting } from "../engine/usecases/learn/Suggest.js"
import { Summarization } from "../engine/usecases/learn/Summarize.js"
import { ModelName } from "../engine/usecases/ModelName.js"
import { MemoryLifetime } from "../engine/usecases/recall/MemoryLifetime.js"
import { JulepConfigError } from "../schema/Errors.js"
import { canonicalUuid, isUuid } from "../schema/Field.js"
import type * as Service from "../services/Julep.js"
import { JulepConfig } from "../services/JulepConfig.js"
import { Admin } from "./Admin.js"
import * as EngineEmbedder from "./EngineEmbedder.js"
import * as EngineModel from "./EngineModel.js"
import { type ClientOptions, type Failure, type Options, ORIGIN, unknownIn, unknownOptionOf } from "./EngineOptions.js"
import * as EngineReranker from "./EngineReranker.js"
import * as EngineStorage from "./EngineStorage.js"
import * as EngineSuggestions from "./EngineSuggestions.js"
import * as EngineSummarization from "./EngineSummarization.js"
import * as EngineWindow from "./EngineWindow.js"
import { layerEverything } from "./Julep.js"
import { limitCalls } from "./limitCalls.js"
import * as SharedSettings from "./SharedSettings.js"

/** A duration that an option gives, or its default. */
const durationOf = (
  name: "memoryLifetime" | "streamOpening",
  example: string,
  input: Duration.DurationInput
): Effect.Effect<Duration.Duration, JulepConfigError> =>
  Effect.mapError(Duration.decodeUnknown(input), () => {
    const message = `${name} must be a duration such as "${example}", not ${JSON.stringify(input)}.`
    return new JulepConfigError({ message })
  })

/** Fails unless an option is absent or a whole number from 1. `expected` says what it must be. */
const checkCount = (
  name: string,
  expected: string,
  value: number | undefined
): Effect.Effect<void, JulepConfigError> =>
  value === undefined || (Number.isSafeInteger(value) && value > 0)
    ? Effect.void
    : Effect.fail(new JulepConfigError({ message: `${name} must be ${expected}, not ${JSON.stringify(value)}.` }))

/** The server that serves the app, if there is one. */
interface Server extends Omit<BodyLimits, "maxBodySize"> {
  readonly key?: ServerKey | undefined
  readonly served?: boolean
  readonly requestIds?: boolean
  /** How many calls of the model run at a time. Default: any number. */
  readonly modelCalls?: number | undefined
}

/** The parts of an engine that its options or the environment choose. */
interface EngineParts {
  readonly storage: Layer.Layer<Storage, Failure>
  readonly model: EngineModel.Chosen
  readonly contextWindow: Effect.Effect<number | undefined, JulepConfigError>
  readonly summarization: Effect.Effect<Summarization.Service, JulepConfigError>
  readonly suggesting: Effect.Effect<Suggesting.Service, JulepConfigError>
  readonly embedder: Layer.Layer<Embedder, Failure>
  readonly reranker: Layer.Layer<Reranker, Failure>
}

const limited = (model: EngineModel.Chosen["layer"], calls: number | undefined): EngineModel.Chosen["layer"] =>
  calls === undefined
    ? model
    : Layer.map(model, (context) => Context.add(context, Model, limitCalls(Context.get(context, Model), calls)))

/**
 * The engine as an HTTP app, over chosen parts. Its own services are one layer, because to build a layer for each takes
 * longer than to make them.
 */
const engineApp = (
  parts: EngineParts,
  options: Options,
  { modelCalls, ...server }: Server = {}
): Layer.Layer<EngineApp | JobRunner | Admin, Failure> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const { jobConcurrency, maxBodySize } = options
      yield* checkCount("maxBodySize", "a number of bytes such as 10_000_000", maxBodySize)
      yield* checkCount("jobConcurrency", "a whole number from 1", jobConcurrency)
      const settings = Context.make(Ids, Ids.random).pipe(
        Context.add(Templates, jinja),
        Context.add(ModelName, ModelName.make(parts.model.name, yield* parts.contextWindow)),
        Context.add(Summarization, yield* parts.summarization),
        Context.add(Suggesting, yield* parts.suggesting),
        Context.add(
          MemoryLifetime,
          yield* durationOf("memoryLifetime", "30 days", options.memoryLifetime ?? MemoryLifetime.defaultValue())
        ),
        Context.add(
          StreamOpening,
          yield* durationOf("streamOpening", "15 seconds", options.streamOpening ?? StreamOpening.defaultValue())
        )
      )
      yield* Effect.provide(SharedSettings.check, settings)
      const queue = Context.add(settings, JobQueue, yield* Effect.provide(JobQueue.make, settings))
      const handlers = Context.add(queue, JobHandlers, yield* Effect.provide(JobHandlers.make(jobConcurrency), queue))
      const runner = yield* JobRunner.make({
        concurrency: jobConcurrency,
        embeds: Option.isSome(yield* Embedder),
        // A server must stop soon after its signal; a program waits for the jobs that it caused.
        grace: server.served === true ? "1 second" : undefined
      }).pipe(Effect.provide(handlers))
      const engine = queue.pipe(
        Context.add(Idempotency, yield* Idempotency.make),
        Context.add(Engine, yield* Effect.provide(Engine.make, queue))
      )
      const app = yield* Effect.provide(EngineApp.make({ ...server, maxBodySize }), engine)
      return Context.make(EngineApp, app).pipe(
        Context.add(JobRunner, runner),
        Context.add(Admin, yield* Effect.provide(Admin.make, queue))
      )
    })
  ).pipe(
    // One after the other, because layers that are built at once take a fiber each.
    Layer.provide(parts.embedder),
    Layer.provide(parts.reranker),
    Layer.provide(Layer.provideMerge(limited(parts.model.layer, modelCalls), GptTokenizer.layer)),
    Layer.provide(parts.storage)
  )

/** The embedder of these options, else of the environment. */
export const embedderOf = ({ embedder }: Options) =>
  embedder === undefined ? EngineEmbedder.fromEnvironment : EngineEmbedder.choose(embedder)

/** The parts that options choose. Reads nothing from the environment. */
const chosen = (options: Options, storage: EngineParts["storage"]): EngineParts => ({
  storage,
  model: EngineModel.choose(options.model, options.name),
  contextWindow: EngineWindow.choose(options.contextWindow),
  summarization: EngineSummarization.choose(options.summarization),
  suggesting: EngineSuggestions.choose(options.suggestions),
  embedder: EngineEmbedder.choose(options.embedder),
  reranker: EngineReranker.choose(options.rerank)
})

/** The parts of these options; what they leave out is read from the environment. */
const fromEnvironment = (options: Options): Effect.Effect<EngineParts, JulepConfigError> =>
  Effect.map(EngineModel.fromEnvironment(options.model, options.name), (model) => ({
    storage: options.storage === undefined ? EngineStorage.fromEnvironment : EngineStorage.choose(options.storage),
    model,
    contextWindow: EngineWindow.fromEnvironment(options.contextWindow),
    summarization: EngineSummarization.fromEnvironment(options.summarization),
    suggesting: EngineSuggestions.fromEnvironment(options.suggestions),
    embedder: embedderOf(options),
    reranker: options.rerank === undefined ? EngineReranker.fromEnvironment : EngineReranker.choose(options.rerank)
  }))

/**
 * The engine of these options. What they leave out is read from the environment, except by an engine in memory, which
 * reads nothing from it.
 */
export const engine = (options: Options, server: Server = {}): Layer.Layer<EngineApp | JobRunner | Admin, Failure> => {
  const unknown = unknownOptionOf(options)
  if (unknown !== undefined) return Layer.fail(unknown)
  return options.storage === "memory"
    ? engineApp(chosen(options, EngineStorage.choose("memory")), options, server)
    : Layer.unwrapEffect(Effect.map(fromEnvironment(options), (parts) => engineApp(parts, options, server)))
}

/** The headers of a client that acts for a developer. */
const headersOf = (developer: string | undefined): Effect.Effect<Record<string, string>, JulepConfigError> => {
  if (developer === undefined) return Effect.succeed({})
  if (typeof developer === "string" && isUuid(canonicalUuid(developer)))
    return Effect.succeed({ "x-developer-id": developer })
  const message = `developer must be a UUID such as "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10", not ${JSON.stringify(developer)}.`
  return Effect.fail(new JulepConfigError({ message }))
}

/** What the client of a developer needs to call the engine in this process. */
const inProcess = (
  developer: string | undefined
): Layer.Layer<HttpClient.HttpClient | JulepConfig, JulepConfigError, EngineApp> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const headers = yield* headersOf(developer)
      return Context.make(HttpClient.HttpClient, InProcess.make(yield* EngineApp, ORIGIN)).pipe(
        Context.add(JulepConfig, {
          apiKey: Redacted.make("embedded"),
          baseUrl: ORIGIN,
          // A call in process cannot be lost on the way, and requests to the model have limits of their own.
          timeout: { total: Duration.infinity },
          retry: false,
          headers
        })
      )
    })
  )

/** The client and every manager over an engine in this process, for a developer. */
export const client = (
  options: ClientOptions = {}
): Layer.Layer<Service.Julep | Service.Julep.Managers, JulepConfigError, EngineApp> => {
  const unknown = unknownIn("a client", options, { developer: true })
  return unknown === undefined ? Layer.provide(layerEverything, inProcess(options.developer)) : Layer.fail(unknown)
}
