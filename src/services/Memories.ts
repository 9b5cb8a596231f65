import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AgentId } from "../schema/Agent.js"
import { MemoriesApi, type MemoriesQuery } from "../schema/api/MemoriesApi.js"
import type { RequestError } from "../schema/Errors.js"
import type { Memory, MemoryId } from "../schema/Memory.js"
import * as ApiClient from "./ApiClient.js"
import type { JulepConfig } from "./JulepConfig.js"

/**
 * The manager of memories: what an agent remembers of its users.
 *
 * @example
 * ```ts
 * import { type AgentId, Memories } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const recall = (agent: AgentId) =>
 *   Effect.flatMap(Memories, (memories) => memories.list({ agent_id: agent, query: "favourite tea" }))
 * ```
 */
export class Memories extends Context.Tag("effect-julep/Memories")<Memories, Memories.Service>() {
  /** Memories alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Memories, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Memories,
    Effect.suspend(() => make)
  )
}

export declare namespace Memories {
  interface Service {
    /**
     * What an agent remembers: with `query` the best matches first, without (an extension) the newest first;
     * of one user with `user_id`. `limit` 1 to 1000 (100), `offset` (0). v0.3 servers answer `NotFound`.
     */
    readonly list: (
      input: { readonly agent_id: AgentId } & MemoriesQuery
    ) => Effect.Effect<ReadonlyArray<Memory>, RequestError>
    /** Forgets one memory: the engine finds the messages it is from no more, which stay in their history. */
    readonly delete: (input: {
      readonly agent_id: AgentId
      readonly memory_id: MemoryId
    }) => Effect.Effect<void, RequestError>
  }
}

/** The manager over the client of its group. */
export const make: Effect.Effect<Memories.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(
  function* () {
    const client = yield* ApiClient.group(MemoriesApi)
    return {
      list: Effect.fn("Julep.memories.list")(({ agent_id, ...query }: { readonly agent_id: AgentId } & MemoriesQuery) =>
        Effect.map(client.list({ path: { agent_id }, urlParams: query }), ({ items }) => items)
      ),
      delete: Effect.fn("Julep.memories.delete")((path: { readonly agent_id: AgentId; readonly memory_id: MemoryId }) =>
        Effect.asVoid(client.delete({ path }))
      )
    }
  }
)
