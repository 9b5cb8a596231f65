/** The manager of memories with promises; `services/Memories.ts` has the one with effects. */
import type { Created, CreateMemory, MemoriesQuery, Memory } from "./entities.js"
import type { RequestOptions } from "./Options.js"
import { withIds } from "./Plain.js"
import type { Runner } from "./Runner.js"
import type { ItemStream } from "./streams.js"

/**
 * The manager of memories: what agents remember about users.
 *
 * @example
 * ```ts
 * import type { Client } from "effect-julep/promise"
 *
 * const recall = (client: Client, agent: string) =>
 *   client.memories.list({ agent_id: agent, query: "favourite tea" })
 * ```
 */
export interface Memories {
  /**
   * One page of an agent's memories: the best matches of `query` first, or, without a query (an extension), the newest
   * first. `user_id` selects those about one user. `limit`: 1 to 10,000, default 100; `offset`: default 0. v0.3 servers do not
   * have this operation: it rejects with `NotFound`.
   */
  list(input: { readonly agent_id: string } & MemoriesQuery, options?: RequestOptions): Promise<ReadonlyArray<Memory>>
  /**
   * Beyond v0.3: streams every memory of an agent, or of one user, the newest first, page by page; `limit` is the page
   * size, at most 1,000. It leaves out no memory, even where you delete memories as you read them.
   */
  listAll(
    input: {
      readonly agent_id: string
      readonly user_id?: string | undefined
      readonly limit?: number | undefined
    },
    options?: RequestOptions
  ): ItemStream<Memory>
  /**
   * Beyond v0.3: makes an agent remember a statement about a user. Every chat of the agent with the user can
   * recall it. A statement that the agent remembers already, but for case and white space, is kept: the result has its
   * `id` and `created_at`. With a `timestamp` of another day it is another memory: what happens twice is remembered twice.
   * A memory that is created so has no `source_message_ids`. Rejects with `NotFound` if there is no
   * such agent or user.
   *
   * @example
   * ```ts
   * import type { Client } from "effect-julep/promise"
   *
   * const remember = (client: Client, agent_id: string, user_id: string) =>
   *   client.memories.create({ agent_id, user_id, content: "Sam is allergic to nuts." })
   * ```
   */
  create(input: CreateMemory, options?: RequestOptions): Promise<CreateMemory & Created>
  /** Deletes one memory. The messages it came from stay in history but are no longer recalled. */
  delete(input: { readonly agent_id: string; readonly memory_id: string }, options?: RequestOptions): Promise<void>
}

/** @internal */
export const memories = (runner: Runner): Memories => ({
  list: (input, options) => runner.call(({ memories }) => memories.list(withIds(input)), options),
  listAll: (input, options) => runner.items(({ memories }) => memories.listAll(withIds(input)), options),
  create: (input, options) => runner.call(({ memories }) => memories.create(withIds(input)), options),
  delete: (input, options) => runner.call(({ memories }) => memories.delete(withIds(input)), options)
})
