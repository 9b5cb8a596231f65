import type { MemoriesQuery, Memory } from "./entities.js"
import type { RequestOptions } from "./Options.js"
import { withIds } from "./Plain.js"
import type { Runner } from "./Runner.js"

/**
 * The manager of memories: what an agent remembers of its users.
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
   * What an agent remembers: with `query` the best matches first, without (an extension) the newest first; of one user
   * with `user_id`. `limit` 1 to 1000 (100), `offset` (0). v0.3 servers answer `NotFound`.
   */
  list(input: { readonly agent_id: string } & MemoriesQuery, options?: RequestOptions): Promise<ReadonlyArray<Memory>>
  /** Forgets one memory. */
  delete(input: { readonly agent_id: string; readonly memory_id: string }, options?: RequestOptions): Promise<void>
}

/** @internal */
export const memories = (runner: Runner): Memories => ({
  list: (input, options) => runner.call(({ memories }) => memories.list(withIds(input)), options),
  delete: (input, options) => runner.call(({ memories }) => memories.delete(withIds(input)), options)
})
