/** The manager of docs with promises; `services/Docs.ts` has the one with effects. */
import type { CreateDoc, Created, Doc, DocOwner, ListQuery } from "./entities.js"
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
  /** One page of an owner's docs, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
  list(owner: DocOwner, query?: ListQuery, options?: RequestOptions): Promise<ReadonlyArray<Doc>>
  /**
   * Streams every doc of an owner, page by page; `limit` is the page size. On an engine of this package it
   * leaves out none, also where you delete items as you read them; other servers count items, and leave out as many.
   */
  listAll(owner: DocOwner, query?: ListQuery, options?: RequestOptions): ItemStream<Doc>
  /**
   * Adds a doc to an owner. Chats can recall it at once; of a doc of over 50,000 characters the rest once its job is done.
   * Resolves to the doc plus `id`, `created_at` and `jobs`.
   */
  create(input: DocOwner & { readonly doc: CreateDoc }, options?: RequestOptions): Promise<CreateDoc & Created>
  /** Deletes a doc of an owner. Succeeds if there is no such owner: a doc is deleted with its owner. */
  delete(input: DocOwner & { readonly doc_id: string }, options?: RequestOptions): Promise<void>
}

/** @internal */
export const docs = (runner: Runner): Docs => ({
  get: (input, options) => runner.call(({ docs }) => docs.get(withIds(input)), options),
  list: (owner, query, options) => runner.call(({ docs }) => docs.list(withIds(owner), query), options),
  listAll: (owner, query, options) => runner.items(({ docs }) => docs.listAll(withIds(owner), query), options),
  create: (input, options) => runner.call(({ docs }) => docs.create(withIds(input)), options),
  delete: (input, options) => runner.call(({ docs }) => docs.delete(withIds(input)), options)
})
