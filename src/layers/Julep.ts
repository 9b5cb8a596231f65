import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { JulepConfigError } from "../schema/Errors.js"
import { Agents } from "../services/Agents.js"
import { Chat } from "../services/Chat.js"
import { Completions } from "../services/Completions.js"
import { Docs } from "../services/Docs.js"
import { Jobs } from "../services/Jobs.js"
import * as Service from "../services/Julep.js"
import type { JulepConfig as ConfigService } from "../services/JulepConfig.js"
import { Memories } from "../services/Memories.js"
import { Sessions } from "../services/Sessions.js"
import { Tools } from "../services/Tools.js"
import { Users } from "../services/Users.js"
import { layerFetch } from "./Http.js"
import { JulepConfig } from "./JulepConfig.js"

const layerManagers: Layer.Layer<Service.Julep, never, Service.Julep.Managers> = Layer.effect(
  Service.Julep,
  Service.make
)

/** The client and every manager, over an `HttpClient` and a `JulepConfig`. */
export const layerEverything: Layer.Layer<
  Service.Julep | Service.Julep.Managers,
  never,
  HttpClient.HttpClient | ConfigService
> = Layer.provideMerge(
  layerManagers,
  Layer.mergeAll(
    Agents.layer,
    Users.layer,
    Sessions.layer,
    Docs.layer,
    Memories.layer,
    Tools.layer,
    Jobs.layer,
    Chat.layer,
    Completions.layer
  )
)

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
 *   const reply = yield* julep.sessions.chat(session.id, { messages: [{ role: "user", content: "Hello" }] })
 *   return messageText(reply)
 * })
 *
 * const answer = program.pipe(Effect.provide(Julep.layerFetch()), Effect.runPromise) // JULEP_API_KEY, JULEP_API_URL
 * ```
 */
export class Julep extends Service.Julep {
  /** The client assembled from the managers in the context: give it mocked ones in tests. */
  static readonly layerManagers: Layer.Layer<Service.Julep, never, Service.Julep.Managers> = layerManagers

  /** The client and every manager over the `HttpClient` in the context. */
  static readonly layer = (
    options?: JulepConfig.Options
  ): Layer.Layer<Service.Julep | Service.Julep.Managers, JulepConfigError, HttpClient.HttpClient> =>
    Layer.provide(layerEverything, JulepConfig.layer(options))

  /** The client and every manager over fetch. */
  static readonly layerFetch = (
    options?: JulepConfig.Options
  ): Layer.Layer<Service.Julep | Service.Julep.Managers, JulepConfigError> =>
    Layer.provide(Julep.layer(options), layerFetch)

  /** A client as a value, over the `HttpClient` in the context: for two keys or two servers in one program. */
  static readonly make = (
    options?: JulepConfig.Options
  ): Effect.Effect<Service.Julep.Service, JulepConfigError, HttpClient.HttpClient> =>
    Effect.scoped(Effect.provide(Service.Julep, Julep.layer(options)))
}

export declare namespace Julep {
  /** The client's managers by name. */
  type Service = Service.Julep.Service
  /** The tags of the managers. */
  type Managers = Service.Julep.Managers
}
