/** An engine composed of its ports: shared by the embedded client, the served app and the test kit. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { ServerKey } from "../engine/http/Auth.js"
import { EngineApp } from "../engine/http/EngineApp.js"
import * as InProcess from "../engine/http/InProcess.js"
import { JobHandlers } from "../engine/jobs/JobHandlers.js"
import { JobRunner } from "../engine/jobs/JobRunner.js"
import * as GptTokenizer from "../engine/model/GptTokenizer.js"
import * as Jinja from "../engine/model/Jinja.js"
import type { Embedder } from "../engine/ports/Embedder.js"
import { Ids } from "../engine/ports/Ids.js"
import type { Storage } from "../engine/ports/Storage.js"
import { StreamOpening } from "../engine/usecases/chat/StreamOpening.js"
import { Engine } from "../engine/usecases/Engine.js"
import { Idempotency } from "../engine/usecases/Idempotency.js"
import { JobQueue } from "../engine/usecases/JobQueue.js"
import type { Summarization } from "../engine/usecases/learn/Summarize.js"
import { ModelName } from "../engine/usecases/ModelName.js"
import { MemoryLifetime } from "../engine/usecases/recall/MemoryLifetime.js"
import { JulepConfigError } from "../schema/Errors.js"
import { JulepConfig } from "../services/JulepConfig.js"
import * as EngineEmbedder from "./EngineEmbedder.js"
import * as EngineModel from "./EngineModel.js"
import { type Failure, type Options, ORIGIN } from "./EngineOptions.js"
import * as EngineStorage from "./EngineStorage.js"
import * as EngineSummarization from "./EngineSummarization.js"
import { layerEverything } from "./Julep.js"

/** A service that is a duration, as an option gives it; without the option it has its default. */
const durationLayer = <I>(
  service: Context.Reference<I, Duration.Duration>,
  name: "memoryLifetime" | "streamOpening",
  example: string,
  input: Duration.DurationInput | undefined
): Layer.Layer<I, JulepConfigError> =>
  input === undefined
    ? Layer.sync(service, service.defaultValue)
    : Option.match(Duration.decodeUnknown(input), {
        onNone: () => {
          const message = `${name} must be a duration such as "${example}", not ${JSON.stringify(input)}.`
          return Layer.fail(new JulepConfigError({ message }))
        },
        onSome: (duration) => Layer.succeed(service, duration)
      })

/** The server that serves the app, if there is one. */
interface Server {
  readonly key?: ServerKey | undefined
  readonly served?: boolean
}

const appLayer = (server: Server, { maxBodySize }: Options) => {
  if (maxBodySize === undefined || (Number.isSafeInteger(maxBodySize) && maxBodySize > 0)) {
    return EngineApp.layer({ ...server, maxBodySize })
  }
  const message = `maxBodySize must be a number of bytes such as 10_000_000, not ${JSON.stringify(maxBodySize)}.`
  return Layer.fail(new JulepConfigError({ message }))
}

const runnerLayer = ({ served }: Server, { jobConcurrency }: Options) => {
  if (jobConcurrency !== undefined && !(Number.isSafeInteger(jobConcurrency) && jobConcurrency > 0)) {
    const message = `jobConcurrency must be a whole number from 1, not ${JSON.stringify(jobConcurrency)}.`
    return Layer.fail(new JulepConfigError({ message }))
  }
  // A server must stop soon after its signal; a program waits for the jobs that it caused.
  return JobRunner.layerWith({ concurrency: jobConcurrency, grace: served === true ? "1 second" : undefined })
}

/** The engine as an HTTP app, over chosen ports. */
const engineApp = (
  storage: Layer.Layer<Storage, Failure>,
  model: EngineModel.Chosen,
  summarization: Layer.Layer<Summarization, Failure>,
  embedder: Layer.Layer<Embedder, Failure>,
  options: Options,
  server: Server = {}
): Layer.Layer<EngineApp | JobRunner, Failure> =>
  appLayer(server, options).pipe(
    Layer.provide(Engine.layer),
    Layer.provide(Idempotency.layer),
    Layer.provideMerge(runnerLayer(server, options)),
    Layer.provide(JobHandlers.layer),
    Layer.provide(JobQueue.layer),
    // One after the other, because layers that are built at once take a fiber each.
    Layer.provide(Ids.layer),
    Layer.provide(Jinja.layer),
    Layer.provide(durationLayer(MemoryLifetime, "memoryLifetime", "30 days", options.memoryLifetime)),
    Layer.provide(durationLayer(StreamOpening, "streamOpening", "15 seconds", options.streamOpening)),
    Layer.provide(summarization),
    Layer.provide(embedder),
    Layer.provide(ModelName.layer(model.name, options.contextWindow)),
    Layer.provide(model.layer),
    Layer.provide(GptTokenizer.layer),
    Layer.provide(storage)
  )

/** The embedder of these options, else of the environment. */
export const embedderOf = ({ embedder }: Options) =>
  embedder === undefined ? EngineEmbedder.fromEnvironment : EngineEmbedder.choose(embedder)

/** The store of these options, else of the environment. */
export const storageOf = ({ storage }: Options) =>
  storage === undefined ? EngineStorage.fromEnvironment : EngineStorage.choose(storage)

/** The engine of these options; what they leave out is read from the environment. */
export const fromEnvironment = (options: Options, server: Server = {}): Layer.Layer<EngineApp | JobRunner, Failure> =>
  Layer.unwrapEffect(
    Effect.map(EngineModel.fromEnvironment(options.model, options.name), (model) =>
      engineApp(
        storageOf(options),
        model,
        EngineSummarization.fromEnvironment(options.summarization),
        embedderOf(options),
        options,
        server
      )
    )
  )

const inProcess: Layer.Layer<HttpClient.HttpClient, never, EngineApp> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(EngineApp, (app) => InProcess.make(app, ORIGIN))
)

const config = Layer.succeed(JulepConfig, {
  apiKey: Redacted.make("embedded"),
  baseUrl: ORIGIN,
  // A call in process cannot be lost on the way, and requests to the model have limits of their own.
  timeout: { total: Duration.infinity },
  retry: false,
  headers: {}
})

/** The client and every manager over an engine in this process. */
export const client = layerEverything.pipe(Layer.provide(inProcess), Layer.provide(config))

/** The engine over a store in memory. Reads nothing from the environment. */
export const inMemory = (options: Omit<Options, "storage">): Layer.Layer<EngineApp | JobRunner, Failure> =>
  engineApp(
    EngineStorage.choose("memory"),
    EngineModel.choose(options.model, options.name),
    EngineSummarization.choose(options.summarization),
    EngineEmbedder.choose(options.embedder),
    options
  )
