/** The manager of agents with promises; `services/Agents.ts` has the one with effects. */
import type {
  Agent,
  CreateAgent,
  Created,
  EnsureAgent,
  Ensured,
  ListQuery,
  PatchAgent,
  UpdateAgent,
  Updated
} from "./entities.js"
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
  /**
   * Beyond v0.3: the agent of a key of yours, of 1 to 200 characters, as this input says, for a program that runs it at
   * each start. It is created if there is none. Else the members that the input names are set, so what others changed
   * in them is reset; those that it leaves out stay as they are. `metadata` and `default_settings` are set
   * as a whole. If everything is as the input says, nothing is written.
   *
   * - `tools` are matched by the names of their functions, which must differ. Tools of an earlier ensure that the input
   *   no longer has are deleted; those of `tools.create` stay, and one with the name of one of these is
   *   changed in its place.
   * - `docs`, at most 500, are written as by `docs.sync`, under their `key`, which defaults to the title: one that is the
   *   same is not embedded again. None is deleted: for that, use `docs.sync` with `prune`.
   *
   * All of it is one transaction, and two programs that ensure the same key at once get the same agent. Resolves to the
   * input plus `id`, `created_at`, `updated_at`, `jobs`, and `outcome`: `created`, `updated` or `unchanged`. Only an engine
   * of this package has it.
   *
   * @example
   * ```ts
   * import type { Client } from "effect-julep/promise"
   *
   * const support = (client: Client) =>
   *   client.agents.ensure("support", {
   *     name: "Ada",
   *     instructions: ["Be brief."],
   *     docs: [{ title: "Refunds", content: "Refunds take 14 days." }]
   *   })
   * ```
   */
  ensure(key: string, input: EnsureAgent, options?: RequestOptions): Promise<EnsureAgent & Ensured>
  /** One page of agents, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
  list(query?: ListQuery, options?: RequestOptions): Promise<ReadonlyArray<Agent>>
  /**
   * Streams every agent, page by page; `limit` is the page size, at most 1,000. On an
   * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
   * delete skips another one.
   */
  listAll(query?: ListQuery, options?: RequestOptions): ItemStream<Agent>
  /** Replaces an agent (PUT): omitted members return to their defaults. */
  update(
    id: string,
    replacement: UpdateAgent,
    mode: { readonly overwrite: true },
    options?: RequestOptions
  ): Promise<UpdateAgent & Updated>
  /**
   * Changes an agent (PATCH): omitted members stay, `default_settings` are merged member by member, and `metadata`
   * is merged deeply.
   */
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
  ensure: (key, input, options) => runner.call(({ agents }) => agents.ensure(key, branded(input)), options),
  list: (query, options) => runner.call(({ agents }) => agents.list(query), options),
  listAll: (query, options) => runner.items(({ agents }) => agents.listAll(query), options),
  update: updating(runner, ({ agents }) => agents.update),
  delete: (id, options) => runner.call(({ agents }) => agents.delete(idOf(id)), options)
})
