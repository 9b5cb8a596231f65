/** The manager of agents with promises; `services/Agents.ts` has the one with effects. */
import type { Agent, CreateAgent, Created, ListQuery, PatchAgent, UpdateAgent, Updated } from "./entities.js"
import type { RequestOptions } from "./Options.js"
import { branded, id as idOf } from "./Plain.js"
import type { Runner } from "./Runner.js"
import type { ItemStream } from "./streams.js"
import { updating } from "./update.js"

/**
 * The manager of agents.
 *
 * @example
 * ```ts
 * import { Client } from "effect-julep/promise"
 *
 * const client = new Client({ apiKey: "secret", baseUrl: "https://host/api" })
 * export const ada = client.agents
 *   .create({ name: "Ada", instructions: ["Be brief."] })
 *   .then(({ id }) => client.agents.update(id, { about: "answers customers" }))
 * ```
 */
export interface Agents {
  /** The agent with this id. Rejects with `NotFound` if there is none. */
  get(id: string, options?: RequestOptions): Promise<Agent>
  /** Creates an agent with its docs and tools. Resolves to the input plus `id`, `created_at` and `jobs`. */
  create(input: CreateAgent, options?: RequestOptions): Promise<CreateAgent & Created>
  /** One page of agents, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
  list(query?: ListQuery, options?: RequestOptions): Promise<ReadonlyArray<Agent>>
  /**
   * Streams every agent, page by page; `limit` is the page size. On an engine of this package it
   * leaves out none, also where you delete items as you read them; other servers count items, and leave out as many.
   */
  listAll(query?: ListQuery, options?: RequestOptions): ItemStream<Agent>
  /** Replaces an agent (PUT): omitted members return to their defaults. */
  update(
    id: string,
    replacement: UpdateAgent,
    mode: { readonly overwrite: true },
    options?: RequestOptions
  ): Promise<UpdateAgent & Updated>
  /** Changes an agent (PATCH): omitted members stay, and `metadata` is merged deeply. */
  update(
    id: string,
    changes: PatchAgent,
    mode?: { readonly overwrite?: false | undefined },
    options?: RequestOptions
  ): Promise<PatchAgent & Updated>
  /** Deletes an agent with its tools, docs, sessions and memories. */
  delete(id: string, options?: RequestOptions): Promise<void>
}

/** @internal */
export const agents = (runner: Runner): Agents => ({
  get: (id, options) => runner.call(({ agents }) => agents.get(idOf(id)), options),
  create: (input, options) => runner.call(({ agents }) => agents.create(branded(input)), options),
  list: (query, options) => runner.call(({ agents }) => agents.list(query), options),
  listAll: (query, options) => runner.items(({ agents }) => agents.listAll(query), options),
  update: updating(runner, ({ agents }) => agents.update),
  delete: (id, options) => runner.call(({ agents }) => agents.delete(idOf(id)), options)
})
