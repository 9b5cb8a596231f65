/** The embedded engine: the same API, answered in process. */
import * as HttpClient from "@effect/platform/HttpClient"
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
import { Engine } from "../engine/usecases/Engine.js"
import { Idempotency } from "../engine/usecases/Idempotency.js"
import { JobQueue } from "../engine/usecases/JobQueue.js"
import type { Summarization } from "../engine/usecases/learn/Summarize.js"
import { ModelName } from "../engine/usecases/ModelName.js"
import { MemoryLifetime } from "../engine/usecases/recall/MemoryLifetime.js"
import { JulepConfigError } from "../schema/Errors.js"
import type * as Service from "../services/Julep.js"
import { JulepConfig } from "../services/JulepConfig.js"
import * as EngineEmbedder from "./EngineEmbedder.js"
import * as EngineModel from "./EngineModel.js"
import * as EngineStorage from "./EngineStorage.js"
import * as EngineSummarization from "./EngineSummarization.js"
import { redacted } from "./environment.js"
import { layerEverything } from "./Julep.js"
import * as Reindex from "./Reindex.js"

export { EngineApp } from "../engine/http/EngineApp.js"
export { JobRunner } from "../engine/jobs/JobRunner.js"
export { Embedder } from "../engine/ports/Embedder.js"
export { Model, ModelError } from "../engine/ports/Model.js"
export { StorageError } from "../engine/ports/Storage.js"
export { StorageLocked, StorageOpenError } from "../engine/storage/libsql/errors.js"
export type { EmbedderOption, EmbedderOptions } from "./EngineEmbedder.js"
export { type EndpointOptions, type ModelOption, Outbound } from "./EngineModel.js"
export type { StorageOption } from "./EngineStorage.js"
export type { SummarizationOption } from "./EngineSummarization.js"

/** How the engine runs. */
export interface Options {
  /** Where rows are kept. Default: `JULEP_DATABASE_URL`, else the file `.julep/julep.db`. */
  readonly storage?: EngineStorage.StorageOption | undefined
  /** Which model answers. Default: `MODEL_INFERENCE_URL`, else OpenAI by `OPENAI_API_KEY`, else `"offline"`. */
  readonly model?: EngineModel.ModelOption | undefined
  /**
   * What makes vectors of docs and questions, so that recall finds what is meant in other words too. Default:
   * `DOCS_EMBEDDING_SERVICE_URL`, else `EMBEDDING_SERVICE_URL`, with `DOCS_EMBEDDING_MODEL_ID` and `EMBEDDING_API_KEY`,
   * else `"none"`. Another model than the one that the docs are indexed with needs {@link reindex}.
   */
  readonly embedder?: EngineEmbedder.EmbedderOption | undefined
  /** The model that stands in for the hosted Julep names and for an absent one. Default: `MODEL_NAME`. */
  readonly name?: string | undefined
  /**
   * How many tokens the model takes, prompt and reply together. Default: what is known of the model, else 8192. The
   * oldest turns are left out of a prompt that would not fit; history keeps them.
   */
  readonly contextWindow?: number | undefined
  /**
   * When a session's older messages are folded into its summary, by a job. `threshold`: the tokens of messages that call
   * for it, 2048 unless `SUMMARIZATION_TOKENS_THRESHOLD` says otherwise. `model`: which model writes it,
   * `SUMMARIZATION_MODEL_NAME`, else the agent's own; the offline model quotes in place of writing.
   */
  readonly summarization?: EngineSummarization.SummarizationOption | undefined
  /**
   * How long a memory is kept that no turn recalls, since it was made or last recalled; then it is forgotten, and what it
   * is from is found no more. Default: for ever.
   */
  readonly memoryLifetime?: Duration.DurationInput | undefined
}

/** Why an engine does not start: its store does not open, or its configuration cannot work. */
export type Failure = EngineStorage.StorageFailure | JulepConfigError

/** The origin the engine answers in process. */
export const ORIGIN = "http://embedded.julep"

const lifetimeOf = (input: Options["memoryLifetime"]): Layer.Layer<MemoryLifetime, JulepConfigError> =>
  Option.match(Duration.decodeUnknown(input ?? Duration.infinity), {
    onNone: () =>
      Layer.fail(new JulepConfigError({ message: `memoryLifetime ${JSON.stringify(input)} is no duration.` })),
    onSome: (lifetime) => Layer.succeed(MemoryLifetime, lifetime)
  })

/** What the app has to know of the server it is served by. */
interface Server {
  readonly key?: ServerKey | undefined
  readonly served?: boolean
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
  EngineApp.layer(server).pipe(
    Layer.provide([Engine.layer, Idempotency.layer]),
    // A server is expected to end when it is told to; a program waits for the work that it has caused.
    Layer.merge(JobRunner.layerWith(server.served === true ? { grace: "1 second" } : {})),
    Layer.provide(JobHandlers.layer),
    Layer.provide(JobQueue.layer),
    Layer.provide([
      storage,
      Ids.layer,
      GptTokenizer.layer,
      Jinja.layer,
      lifetimeOf(options.memoryLifetime),
      summarization,
      embedder,
      ModelName.layer(model.name, options.contextWindow),
      Layer.provide(model.layer, GptTokenizer.layer)
    ])
  )

const embedderOf = ({ embedder }: Options) =>
  embedder === undefined ? EngineEmbedder.fromEnvironment : EngineEmbedder.choose(embedder)

const storageOf = ({ storage }: Options) =>
  storage === undefined ? EngineStorage.fromEnvironment : EngineStorage.choose(storage)

/** The engine of these options; what they leave out is read from the environment. */
const fromEnvironment = (options: Options, server: Server = {}): Layer.Layer<EngineApp | JobRunner, Failure> =>
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

/** How the engine is served to others. */
export interface AppOptions extends Options {
  /** The key that requests must carry. Default: none is asked for. */
  readonly apiKey?: string | Redacted.Redacted | undefined
  /** The header it may also be in, beside `Authorization`. Default: `X-Auth-Key`. */
  readonly apiKeyHeader?: string | undefined
}

/**
 * The engine as an HTTP app, for a server to serve: the agents API at `/` and `/api`, completions at `/v1`. When the
 * layer closes, open streams end with an error event, and what their replies came to is kept.
 */
export const layerApp = (options: AppOptions = {}): Layer.Layer<EngineApp, Failure> => {
  const key = redacted(options.apiKey)
  if (key !== undefined && Redacted.value(key).trim() === "") {
    return Layer.fail(
      new JulepConfigError({ message: "The server's key is blank: give one, or leave it out to ask for none." })
    )
  }
  const header = (options.apiKeyHeader ?? "X-Auth-Key").toLowerCase()
  return fromEnvironment(options, { key: key === undefined ? undefined : { key, header }, served: true })
}

const inProcess: Layer.Layer<HttpClient.HttpClient, never, EngineApp> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(EngineApp, (app) => InProcess.make(app, ORIGIN))
)

const config = Layer.succeed(JulepConfig, {
  apiKey: Redacted.make("embedded"),
  baseUrl: ORIGIN,
  // Nothing gets lost on the way to an engine in process, and the requests to its model have their own limits.
  timeout: { total: Duration.infinity },
  retry: false,
  headers: {}
})

const client = layerEverything.pipe(Layer.provide(inProcess), Layer.provide(config))

/**
 * The client and every manager over an engine in this process: a file database, no server, no key.
 *
 * @example
 * ```ts
 * import { Julep, messageText } from "effect-julep"
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const julep = yield* Julep
 *   const agent = yield* julep.agents.create({ name: "Ada", docs: [{ title: "Refunds", content: "Within 14 days." }] })
 *   const session = yield* julep.sessions.create({ agent_id: agent.id })
 *   const reply = yield* julep.sessions.chat(session.id, { messages: [{ role: "user", content: "Refunds?" }] })
 *   return messageText(reply)
 * })
 *
 * const answer = program.pipe(Effect.provide(Embedded.layer()), Effect.runPromise)
 * ```
 */
export const layer = (options: Options = {}): Layer.Layer<Service.Julep | Service.Julep.Managers, Failure> =>
  Layer.provide(client, fromEnvironment(options))

/** The same over a store in memory, with the offline model unless told otherwise. Reads nothing of the environment. */
export const layerMemory = (
  options: Omit<Options, "storage"> = {}
): Layer.Layer<Service.Julep | Service.Julep.Managers, Failure> => Layer.provide(client, memory(options))

const memory = (options: Omit<Options, "storage">): Layer.Layer<EngineApp | JobRunner, Failure> =>
  engineApp(
    EngineStorage.choose("memory"),
    EngineModel.choose(options.model, options.name),
    EngineSummarization.choose(options.summarization),
    EngineEmbedder.choose(options.embedder),
    options
  )

/** `layerMemory` with its job runner in reach, for the test kit. */
export const layerTest = (
  options: Omit<Options, "storage"> = {}
): Layer.Layer<Service.Julep | Service.Julep.Managers | JobRunner, Failure> =>
  Layer.merge(client, Layer.service(JobRunner)).pipe(Layer.provide(memory(options)))

/**
 * An `HttpClient` that answers `http://embedded.julep/**` in process and passes every other request to the
 * `HttpClient` in the context.
 */
export const layerHttpClient = (
  options: Options = {}
): Layer.Layer<HttpClient.HttpClient, Failure, HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      return InProcess.make(yield* EngineApp, ORIGIN, yield* HttpClient.HttpClient)
    })
  ).pipe(Layer.provide(fromEnvironment(options)))

/**
 * Embeds all docs anew, of every developer, with the embedder of these options, and answers how many docs that were.
 * Needed when docs are older than the embedder, or when another model or length of vectors is configured: an engine
 * then refuses to recall, because vectors of two models cannot be compared. With the embedder `"none"` vectors are only
 * forgotten, and words alone find the docs. What fails is a failed job of that doc.
 *
 * @example
 * ```ts
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect } from "effect"
 *
 * const embedder = { url: "http://localhost:8080/v1", name: "bge-m3" }
 * const docs = Embedded.reindex({ storage: { file: "julep.db" }, embedder }).pipe(Effect.runPromise)
 * ```
 */
export const reindex = (options: Pick<Options, "storage" | "embedder"> = {}): Effect.Effect<number, Failure> =>
  Reindex.reindex(storageOf(options), embedderOf(options))
