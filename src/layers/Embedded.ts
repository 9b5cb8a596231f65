/** The embedded engine: the same API, answered in process. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EngineApp } from "../engine/http/EngineApp.js"
import * as InProcess from "../engine/http/InProcess.js"
import { document } from "../engine/http/openapi/withDocument.js"
import type { JulepConfigError } from "../schema/Errors.js"
import type { JsonObject } from "../schema/Field.js"
import type { OptionNames } from "../schema/names.js"
import type * as Service from "../services/Julep.js"
import { client, embedderOf, engine } from "./EngineComposition.js"
import { type ClientOptions, type Failure, type Options, ORIGIN, unknownIn } from "./EngineOptions.js"
import * as EngineStorage from "./EngineStorage.js"
import * as Reindex from "./Reindex.js"

export { StorageError, StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"
export type { CommonEndpointOptions } from "./CommonEndpointOptions.js"
export type { EmbedderEndpoint, EmbedderOption } from "./EngineEmbedder.js"
export type { ModelEndpoint, ModelLayer, ModelOption } from "./EngineModel.js"
export { type ClientOptions, type Failure, type Options, ORIGIN } from "./EngineOptions.js"
export * from "./EnginePorts.js"
export type { RerankEndpoint, RerankOption } from "./EngineReranker.js"
export type { PostgresOptions, StorageFailure, StorageOption } from "./EngineStorage.js"
export type { SuggestionsOption } from "./EngineSuggestions.js"
export type { SummarizationOption } from "./EngineSummarization.js"
export { Outbound } from "./Outbound.js"
export { type AppOptions, EngineApp, layerApp } from "./Served.js"

/**
 * The client and every manager over an engine in this process: no server, no key, and a store in a file or in PostgreSQL. What the options leave
 * out is read from the environment, unless the storage is in memory. Building the layer fails with {@link Failure}.
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
 *   const reply = yield* julep.sessions.chat(session.id, "Refunds?")
 *   return messageText(reply)
 * })
 *
 * const answer = program.pipe(Effect.provide(Embedded.layer()), Effect.runPromise)
 * ```
 */
export const layer = ({
  developer,
  ...options
}: Options & ClientOptions = {}): Layer.Layer<Service.Julep | Service.Julep.Managers, Failure> =>
  Layer.provide(client({ developer }), engine(options))

/**
 * The client and every manager over an engine whose store is in memory; its rows are lost when the layer closes. It
 * reads nothing from the environment: the default model is `"offline"`.
 *
 * @example
 * ```ts
 * import { Julep } from "effect-julep"
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect } from "effect"
 *
 * const names = Effect.flatMap(Julep, ({ agents }) => agents.list()).pipe(
 *   Effect.map((agents) => agents.map(({ name }) => name)),
 *   Effect.provide(Embedded.layerMemory())
 * )
 * ```
 */
export const layerMemory = (
  options: Omit<Options, "storage"> & ClientOptions = {}
): Layer.Layer<Service.Julep | Service.Julep.Managers, Failure> => layer({ ...options, storage: "memory" })

/**
 * The client and every manager over the engine in the context, which can have several: a client for each developer, or one
 * beside the server of an engine.
 *
 * @example
 * ```ts
 * import { Julep } from "effect-julep"
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect, Layer } from "effect"
 *
 * const namesOf = (developer: string) =>
 *   Effect.flatMap(Julep, ({ agents }) => agents.list()).pipe(
 *     Effect.map((agents) => agents.map(({ name }) => name)),
 *     Effect.provide(Embedded.layerClient({ developer }))
 *   )
 *
 * const names = Effect.all([
 *   namesOf("8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"),
 *   namesOf("0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70")
 * ]).pipe(Effect.provide(Embedded.layerApp({ storage: { file: "data/julep.db" } })))
 * ```
 */
export const layerClient: (
  options?: ClientOptions
) => Layer.Layer<Service.Julep | Service.Julep.Managers, JulepConfigError, EngineApp> = client

/**
 * An `HttpClient` that answers requests to {@link ORIGIN} in process and passes every other request to the `HttpClient` in
 * the context. A stream ends with the scope that its request was made in, if there is one.
 *
 * @example
 * ```ts
 * import { FetchHttpClient, HttpClient } from "@effect/platform"
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect, Layer } from "effect"
 *
 * const agents = Effect.flatMap(HttpClient.HttpClient, (http) => http.get(`${Embedded.ORIGIN}/agents`)).pipe(
 *   Effect.flatMap((response) => response.json),
 *   Effect.provide(Layer.provide(Embedded.layerHttpClient(), FetchHttpClient.layer)),
 *   Effect.scoped
 * )
 * ```
 */
export const layerHttpClient = (
  options: Options = {}
): Layer.Layer<HttpClient.HttpClient, Failure, HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      return InProcess.make(yield* EngineApp, ORIGIN, yield* HttpClient.HttpClient)
    })
  ).pipe(Layer.provide(engine(options)))

/** Fails if one of the options does not exist. */
const known = <Given>(of: string, options: Given, names: OptionNames<NoInfer<Given>>) => {
  const unknown = unknownIn(of, options, names)
  return unknown === undefined ? Effect.void : Effect.fail(unknown)
}

/**
 * Embeds all docs, messages and memories of every developer again, with the embedder of these options, and returns the
 * number of docs. Run it
 * after you change the embedder's model or the length of its vectors: until then chats fail, because vectors of two
 * models cannot be compared. Run it also after you add an embedder: until then docs that were stored before are found
 * by their words only. Close the engines that use the store first. The embedder `"none"` deletes the vectors; recall
 * then matches words only. Each doc has a job, which makes up to five attempts; that of a doc that cannot be embedded
 * ends as failed. Fails with `StorageOpenError` if there is no store.
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
  Effect.zipRight(
    known("reindex", options, { storage: true, embedder: true }),
    Reindex.reindex(EngineStorage.existing(options.storage, "reindex"), embedderOf(options))
  )

/**
 * Writes a consistent copy of a store to a new file, with all that is committed when the copy begins. It works while an
 * engine of this process uses the store; calls wait meanwhile, about a second for 100 MB. Open the copy with
 * `storage: { file }`. The store is `storage`, else that of the environment, as for {@link layer}.
 *
 * Fails with `StorageError` if the file exists already or cannot be written, with `StorageOpenError` if there is no store,
 * and with `StorageLocked` if another process uses it. Fails with `JulepConfigError` for a PostgreSQL database, which is backed
 * up with its own tools, such as `pg_dump`.
 *
 * @example
 * ```ts
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect } from "effect"
 *
 * const copied = Embedded.backup("backups/monday.db", { storage: { file: "data/julep.db" } }).pipe(Effect.runPromise)
 * ```
 */
export const backup = (
  path: string,
  options: { readonly storage?: { readonly file: string } | undefined } = {}
): Effect.Effect<void, Failure> =>
  Effect.zipRight(known("backup", options, { storage: true }), EngineStorage.backUp(path, options.storage))

/**
 * The OpenAPI document of the API, an object of OpenAPI 3.1: what a served engine answers at `/openapi.json`. It describes
 * the agents API and `/v1`, and is the same whatever the options of an engine.
 *
 * @example
 * ```ts
 * import { writeFile } from "node:fs/promises"
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect } from "effect"
 *
 * const written = Embedded.openApi.pipe(
 *   Effect.flatMap((document) => Effect.promise(() => writeFile("openapi.json", JSON.stringify(document)))),
 *   Effect.runPromise
 * )
 * ```
 */
export const openApi: Effect.Effect<JsonObject> = Effect.map(document, ({ openApi }) => openApi)
