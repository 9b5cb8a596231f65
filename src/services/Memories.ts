/** The manager of memories with effects; `promise/Memories.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { AgentId } from "../schema/Agent.js"
import { MemoriesApi, type MemoriesQuery } from "../schema/api/MemoriesApi.js"
import type { GetError, WriteError } from "../schema/Errors.js"
import { CreateMemory, type Memory, type MemoryId } from "../schema/Memory.js"
import type { Created } from "../schema/Resource.js"
import type { UserId } from "../schema/User.js"
import * as ApiClient from "./ApiClient.js"
import { toGetError, toWriteError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { merged } from "./merge.js"
import { method } from "./method.js"
import { itemsOf, listAll } from "./paging.js"

/**
 * The manager of memories: what agents remember about users.
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
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Memories, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Memories,
    Effect.suspend(() => make)
  )
}

export declare namespace Memories {
  /** The operations on memories. */
  interface Service {
    /**
     * One page of an agent's memories: the best matches of `query` first, or, without a query (an extension), the newest
     * first. `user_id` selects those about one user. `limit`: 1 to 10,000, default 100; `offset`: default 0. v0.3 servers do
     * not have this operation: it fails with `NotFound`.
     */
    readonly list: (
      input: { readonly agent_id: AgentId } & MemoriesQuery
    ) => Effect.Effect<ReadonlyArray<Memory>, GetError>
    /**
     * Beyond v0.3: streams every memory of an agent, or of one user, the newest first, page by page, as it is consumed;
     * `limit` is the page size, at most 1,000. It leaves out no memory, even where you delete memories as you read them.
     */
    readonly listAll: (input: {
      readonly agent_id: AgentId
      readonly user_id?: UserId | undefined
      readonly limit?: number | undefined
    }) => Stream.Stream<Memory, GetError>
    /**
     * Beyond v0.3: makes an agent remember a statement about a user. Every chat of the agent with the user can
     * recall it. A statement that the agent remembers already, but for case and white space, is kept: the result has its
     * `id` and `created_at`. With a `timestamp` of another day it is another memory: what happens twice is remembered twice.
     * A memory that is created so has no `source_message_ids`. Fails with `NotFound` if there is no
     * such agent or user.
     *
     * @example
     * ```ts
     * import { type AgentId, Memories, type UserId } from "effect-julep"
     * import { Effect } from "effect"
     *
     * const remember = (agent_id: AgentId, user_id: UserId) =>
     *   Effect.flatMap(Memories, (memories) =>
     *     memories.create({ agent_id, user_id, content: "Sam is allergic to nuts." })
     *   )
     * ```
     */
    readonly create: (
      input: { readonly agent_id: AgentId } & CreateMemory
    ) => Effect.Effect<{ readonly agent_id: AgentId } & CreateMemory & Created<MemoryId>, WriteError>
    /** Deletes one memory. The messages it came from stay in history but are no longer recalled. */
    readonly delete: (input: {
      readonly agent_id: AgentId
      readonly memory_id: MemoryId
    }) => Effect.Effect<void, GetError>
  }
}

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Memories.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(
  function* () {
    const client = yield* ApiClient.group(MemoriesApi, { list: toGetError, create: toWriteError, delete: toGetError })
    const page = method("Julep.memories.list")(
      ({ agent_id, ...query }: { readonly agent_id: AgentId } & MemoriesQuery) =>
        client.list({ path: { agent_id }, urlParams: query })
    )
    return {
      list: (input) => itemsOf(page(input)),
      listAll: ({ limit, ...of }) => listAll({ limit }, (start) => page({ ...of, ...start })),
      create: method("Julep.memories.create")((input: { readonly agent_id: AgentId } & CreateMemory) => {
        const { agent_id, ...payload } = input
        return client.create({ path: { agent_id }, payload }).pipe(merged(input, CreateMemory, "agent_id"))
      }),
      delete: method("Julep.memories.delete")((path: { readonly agent_id: AgentId; readonly memory_id: MemoryId }) =>
        Effect.asVoid(client.delete({ path }))
      )
    }
  }
)
