/** The manager of docs with promises; `services/Docs.ts` has the one with effects. */
import type {
  CreateDoc,
  Created,
  Doc,
  DocOwner,
  FoundPassage,
  ListQuery,
  SearchOptions,
  SyncDoc,
  Synced,
  SyncOptions
} from "./entities.js"
import type { RequestOptions } from "./Options.js"
import { withIds } from "./Plain.js"
import type { Runner } from "./Runner.js"
import type { ItemStream } from "./streams.js"

/**
 * The manager of docs: the knowledge of agents and users that chats recall.
 *
 * @example
 * ```ts
 * import type { Client } from "effect-julep/promise"
 *
 * const teach = async (client: Client, agent: string) => {
 *   await client.docs.create({ agent_id: agent, doc: { title: "Refunds", content: "Refunds take 14 days." } })
 *   return await client.docs.list({ agent_id: agent })
 * }
 * ```
 */
export interface Docs {
  /** Beyond v0.3: the doc of an owner with this id. Rejects with `NotFound` if the owner has no such doc. */
  get(input: DocOwner & { readonly doc_id: string }, options?: RequestOptions): Promise<Doc>
  /**
   * Beyond v0.3: the passages of an owner's docs that a chat about this text would recall, best first, with their scores.
   * `limit`: 1 to 50, default 10; `metadata_filter` selects docs, as in `list`. Only an engine of this package has it.
   */
  search(
    owner: DocOwner,
    query: string,
    search?: SearchOptions,
    options?: RequestOptions
  ): Promise<ReadonlyArray<FoundPassage>>
  /** One page of an owner's docs, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
  list(owner: DocOwner, query?: ListQuery, options?: RequestOptions): Promise<ReadonlyArray<Doc>>
  /**
   * Streams every doc of an owner, page by page; `limit` is the page size, at most 1,000. On an
   * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
   * delete skips another one.
   */
  listAll(owner: DocOwner, query?: ListQuery, options?: RequestOptions): ItemStream<Doc>
  /**
   * Adds a doc to an owner. Chats can recall it at once. Chats can recall what is behind the first 50,000 characters once its
   * job is done. Resolves to the doc plus `id`, `created_at` and `jobs`.
   */
  create(input: DocOwner & { readonly doc: CreateDoc }, options?: RequestOptions): Promise<CreateDoc & Created>
  /**
   * Beyond v0.3: keeps docs of an owner up to date, for a program that runs it at each start. A doc is found again by its
   * `key` alone, which defaults to its title. One that is not there is created; one whose title, content or metadata
   * differ is replaced, in one transaction, and has a new `id`; one that is the same is skipped, and not embedded again.
   * Docs of `docs.create` are never touched. `{ prune: true }` deletes the docs of this method whose keys are not given,
   * but never all of them, unless you also set `allowEmpty: true`.
   *
   * Docs are sent in requests of at most 100 docs or a million characters. If one fails, what was done before stays, and
   * nothing is pruned: run it again. Programs that run it at once do not duplicate a doc. Only an engine of this package
   * has it.
   *
   * @example
   * ```ts
   * import type { Client } from "effect-julep/promise"
   *
   * const pages = [{ key: "faq/refunds.md", title: "Refunds", content: "Refunds take 14 days." }]
   *
   * const refresh = async (client: Client, agent_id: string) => {
   *   const { created, deleted, updated } = await client.docs.sync({ agent_id }, pages, { prune: true })
   *   console.log(`${created.length} new, ${updated.length} changed, ${deleted.length} deleted`)
   * }
   * ```
   */
  sync(owner: DocOwner, docs: ReadonlyArray<SyncDoc>, sync?: SyncOptions, options?: RequestOptions): Promise<Synced>
  /** Deletes a doc of an owner. Succeeds if there is no such owner: a doc is deleted with its owner. */
  delete(input: DocOwner & { readonly doc_id: string }, options?: RequestOptions): Promise<void>
}

/** @internal */
export const docs = (runner: Runner): Docs => ({
  get: (input, options) => runner.call(({ docs }) => docs.get(withIds(input)), options),
  list: (owner, query, options) => runner.call(({ docs }) => docs.list(withIds(owner), query), options),
  listAll: (owner, query, options) => runner.items(({ docs }) => docs.listAll(withIds(owner), query), options),
  create: (input, options) => runner.call(({ docs }) => docs.create(withIds(input)), options),
  search: (owner, query, search, options) =>
    runner.call(({ docs }) => docs.search(withIds(owner), query, search), options),
  sync: (owner, docs, sync, options) => runner.call((julep) => julep.docs.sync(withIds(owner), docs, sync), options),
  delete: (input, options) => runner.call(({ docs }) => docs.delete(withIds(input)), options)
})
