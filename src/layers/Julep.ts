/** The client that users import: the tag of `services/Julep.ts`, subclassed under the same key, with its layers. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { JulepConfigError } from "../schema/Errors.js"
import { Agents, make as makeAgents } from "../services/Agents.js"
import { Chat, make as makeChat } from "../services/Chat.js"
import { Completions, make as makeCompletions } from "../services/Completions.js"
import { Docs, make as makeDocs } from "../services/Docs.js"
import { Jobs, make as makeJobs } from "../services/Jobs.js"
import * as Service from "../services/Julep.js"
import { JulepConfig as ConfigService } from "../services/JulepConfig.js"
import { Memories, make as makeMemories } from "../services/Memories.js"
import { make as makeSessions, Sessions } from "../services/Sessions.js"
import { make as makeTools, Tools } from "../services/Tools.js"
import { make as makeUsers, Users } from "../services/Users.js"
import {
  CurrentRequestOptions,
  type RequestOptions,
  type ResponseInfo,
  ResponseListener
} from "../transport/RequestOptions.js"
import { layerFetch } from "./Http.js"
import { type JulepConfig, resolve } from "./JulepConfig.js"

const layerManagers: Layer.Layer<Service.Julep, never, Service.Julep.Managers> = Layer.effect(
  Service.Julep,
  Service.make
)

/**
 * The client and every manager, over an `HttpClient` and a `JulepConfig`. They are one layer, because to build a layer for
 * each takes longer than to make them.
 */
export const layerEverything: Layer.Layer<
  Service.Julep | Service.Julep.Managers,
  never,
  HttpClient.HttpClient | ConfigService
> = Layer.effectContext(
  Effect.gen(function* () {
    const managers = Context.empty().pipe(
      Context.add(Agents, yield* makeAgents),
      Context.add(Users, yield* makeUsers),
      Context.add(Sessions, yield* makeSessions),
      Context.add(Docs, yield* makeDocs),
      Context.add(Memories, yield* makeMemories),
      Context.add(Tools, yield* makeTools),
      Context.add(Jobs, yield* makeJobs),
      Context.add(Chat, yield* makeChat),
      Context.add(Completions, yield* makeCompletions)
    )
    return Context.add(managers, Service.Julep, yield* Effect.provide(Service.make, managers))
  })
)

/** A value and the last response behind it; `status` is 0 if nothing was sent. */
export interface WithResponse<A> extends ResponseInfo {
  /** The value of the call. */
  readonly value: A
}

const mergeOptions = (outer: RequestOptions, inner: RequestOptions): RequestOptions => ({
  ...outer,
  ...inner,
  headers: { ...outer.headers, ...inner.headers }
})

/**
 * The assembled client.
 *
 * @example
 * ```ts
 * import { Julep, messageText } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const julep = yield* Julep
 *   const agent = yield* julep.agents.create({ name: "Ada" })
 *   const session = yield* julep.sessions.create({ agent_id: agent.id })
 *   const reply = yield* julep.sessions.chat(session.id, "Hello")
 *   return messageText(reply)
 * })
 *
 * const answer = program.pipe(Effect.provide(Julep.layerFetch()), Effect.runPromise) // JULEP_API_KEY, JULEP_API_URL
 * ```
 */
export class Julep extends Service.Julep {
  /** The client assembled from the managers in the context, which tests can mock. */
  static readonly layerManagers: Layer.Layer<Service.Julep, never, Service.Julep.Managers> = layerManagers

  /** The client and every manager over the `HttpClient` in the context. */
  static readonly layer = (
    options?: JulepConfig.Options
  ): Layer.Layer<Service.Julep | Service.Julep.Managers, JulepConfigError, HttpClient.HttpClient> =>
    Layer.provide(layerEverything, Layer.effect(ConfigService, resolve(options)))

  /** The client and every manager over fetch. */
  static readonly layerFetch = (
    options?: JulepConfig.Options
  ): Layer.Layer<Service.Julep | Service.Julep.Managers, JulepConfigError> =>
    Layer.provide(Julep.layer(options), layerFetch)

  /** A client as a value, over the `HttpClient` in the context, for two keys or two servers in one program. */
  static readonly make = (
    options?: JulepConfig.Options
  ): Effect.Effect<Service.Julep.Service, JulepConfigError, HttpClient.HttpClient> =>
    Effect.scoped(Effect.provide(Service.Julep, Julep.layer(options)))

  /**
   * Options for the calls inside one effect: `timeout`, `retry`, `headers`, `idempotencyKey`.
   *
   * @example
   * ```ts
   * import { Agents, Julep } from "effect-julep"
   * import { Effect } from "effect"
   *
   * const quick = Effect.flatMap(Agents, (agents) => agents.list()).pipe(
   *   Julep.withOptions({ timeout: "2 seconds", retry: false })
   * )
   * ```
   */
  static readonly withOptions =
    (options: RequestOptions) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(CurrentRequestOptions, (outer) =>
        Effect.provideService(effect, CurrentRequestOptions, mergeOptions(outer, options))
      )

  /** `withOptions` for a stream. */
  static readonly withStreamOptions =
    (options: RequestOptions) =>
    <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
      Stream.unwrap(
        Effect.map(CurrentRequestOptions, (outer) =>
          Stream.provideService(stream, CurrentRequestOptions, mergeOptions(outer, options))
        )
      )

  /**
   * Adds the status, the headers and the request id of the last response to the value.
   *
   * @example
   * ```ts
   * import { Agents, Julep } from "effect-julep"
   * import { Effect } from "effect"
   *
   * const traced = Effect.gen(function* () {
   *   const agents = yield* Agents
   *   const { requestId, status, value } = yield* Julep.withResponse(agents.list())
   *   return { requestId, status, count: value.length }
   * })
   * ```
   */
  static readonly withResponse = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<WithResponse<A>, E, R> =>
    Effect.suspend(() => {
      let last: ResponseInfo = { status: 0, headers: {}, requestId: undefined }
      return effect.pipe(
        Effect.provideService(ResponseListener, (info) => {
          last = info
        }),
        Effect.map((value) => ({ ...last, value }))
      )
    })
}

export declare namespace Julep {
  /** The managers by name. */
  type Service = Service.Julep.Service
  /** The tags of the managers. */
  type Managers = Service.Julep.Managers
}
