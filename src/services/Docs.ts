/** The manager of docs with effects; `promise/Docs.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { AgentId } from "../schema/Agent.js"
import { DocsApi } from "../schema/api/DocsApi.js"
import type { FilteredPage } from "../schema/api/Query.js"
import { CreateDoc, type Doc, type DocId, type FoundPassage, type SearchDocs, type SyncDoc } from "../schema/Doc.js"
import { type BadRequest, type GetError, type InvalidRequest, notSent, type WriteError } from "../schema/Errors.js"
import type { Created } from "../schema/Resource.js"
import type { UserId } from "../schema/User.js"
import * as ApiClient from "./ApiClient.js"
import { toGetError, toOwnedListError, toWriteError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { merged } from "./merge.js"
import { method } from "./method.js"
import { listAll } from "./paging.js"
import { type Synced, type SyncOptions, syncDocs } from "./syncDocs.js"

/**
 * The manager of docs: the knowledge of agents and users that chats recall.
 *
 * @example
 * ```ts
 * import { type AgentId, Docs } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const teach = (agent: AgentId) =>
 *   Effect.gen(function* () {
 *     const docs = yield* Docs
 *     yield* docs.create({ agent_id: agent, doc: { title: "Refunds", content: "Refunds take 14 days." } })
 *     return yield* docs.list({ agent_id: agent })
 *   })
 * ```
 */
export class Docs extends Context.Tag("effect-julep/Docs")<Docs, Docs.Service>() {
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Docs, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Docs,
    Effect.suspend(() => make)
  )
}

export declare namespace Docs {
  /** Exactly one owner: an agent or a user. Both, or neither, is `InvalidRequest`. */
  type Owner =
    | { readonly agent_id: AgentId; readonly user_id?: undefined }
    | { readonly user_id: UserId; readonly agent_id?: undefined }

  /** The operations on docs. */
  interface Service {
    /** Beyond v0.3: the doc of an owner with this id. Fails with `NotFound` if the owner has no such doc. */
    readonly get: (input: Owner & { readonly doc_id: DocId }) => Effect.Effect<Doc, GetError>
    /**
     * Beyond v0.3: the passages of an owner's docs that a chat about this text would recall, best first, with their scores.
     * `limit`: 1 to 50, default 10; `metadata_filter` selects docs, as in `list`. Only an engine of this package has it.
     *
     * @example
     * ```ts
     * import { type AgentId, Docs } from "effect-julep"
     * import { Effect } from "effect"
     *
     * const find = (agent_id: AgentId) =>
     *   Effect.flatMap(Docs, (docs) => docs.search({ agent_id }, "How long do refunds take?", { limit: 3 }))
     * ```
     */
    readonly search: (
      owner: Owner,
      query: string,
      options?: Omit<SearchDocs, "query">
    ) => Effect.Effect<ReadonlyArray<FoundPassage>, GetError | BadRequest>
    /** One page of an owner's docs, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
    readonly list: (owner: Owner, query?: FilteredPage) => Effect.Effect<ReadonlyArray<Doc>, GetError | BadRequest>
    /**
     * Streams every doc of an owner, page by page, as it is consumed; `limit` is the page size, at most 1,000. On an
     * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
     * delete skips another one.
     */
    readonly listAll: (owner: Owner, query?: FilteredPage) => Stream.Stream<Doc, GetError | BadRequest>
    /**
     * Adds a doc to an owner. Chats can recall it at once. Chats can recall what is behind the first 50,000 characters once its
     * job is done. Returns the doc plus `id`, `created_at` and `jobs`.
     */
    readonly create: (
      input: Owner & { readonly doc: CreateDoc }
    ) => Effect.Effect<CreateDoc & Created<DocId>, WriteError>
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
     * import { type AgentId, Docs } from "effect-julep"
     * import { Effect } from "effect"
     *
     * const pages = [{ key: "faq/refunds.md", title: "Refunds", content: "Refunds take 14 days." }]
     *
     * const refresh = (agent_id: AgentId) =>
     *   Effect.gen(function* () {
     *     const docs = yield* Docs
     *     const { created, deleted, updated } = yield* docs.sync({ agent_id }, pages, { prune: true })
     *     yield* Effect.log(`${created.length} new, ${updated.length} changed, ${deleted.length} deleted`)
     *   })
     * ```
     */
    readonly sync: (
      owner: Owner,
      docs: ReadonlyArray<SyncDoc>,
      options?: SyncOptions
    ) => Effect.Effect<Synced, WriteError>
    /** Deletes a doc of an owner. Succeeds if there is no such owner: a doc is deleted with its owner. */
    readonly delete: (input: Owner & { readonly doc_id: DocId }) => Effect.Effect<void, GetError>
  }
}

/** Runs one of two requests, by the kind of owner. */
const byOwner = <A, E>(
  owner: Docs.Owner,
  ofAgent: (agent_id: AgentId) => Effect.Effect<A, E>,
  ofUser: (user_id: UserId) => Effect.Effect<A, E>
): Effect.Effect<A, E | InvalidRequest> => {
  const { agent_id, user_id } = owner
  if (agent_id !== undefined && user_id === undefined) return ofAgent(agent_id)
  if (user_id !== undefined && agent_id === undefined) return ofUser(user_id)
  const message = "Give exactly one of agent_id and user_id"
  return Effect.fail(notSent(agent_id === undefined ? "agent_id" : "user_id", message))
}

/** Merges the snippets that v0.3 servers list one by one: one item for each doc, with its content in order. */
const groupById = (items: ReadonlyArray<Doc>): ReadonlyArray<Doc> => {
  const byId = new Map<DocId, Doc>()
  for (const item of items) {
    const known = byId.get(item.id)
    byId.set(item.id, known === undefined ? item : { ...known, content: [known.content, item.content].flat() })
  }
  return byId.size === items.length ? items : [...byId.values()]
}

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Docs.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(function* () {
  const client = yield* ApiClient.group(DocsApi, {
    getOfAgent: toGetError,
    getOfUser: toGetError,
    listOfAgent: toOwnedListError,
    createOfAgent: toWriteError,
    deleteOfAgent: toGetError,
    searchOfAgent: toOwnedListError,
    searchOfUser: toOwnedListError,
    syncOfAgent: toWriteError,
    syncOfUser: toWriteError,
    listOfUser: toOwnedListError,
    createOfUser: toWriteError,
    deleteOfUser: toGetError
  })
  const page = method("Julep.docs.list")((owner: Docs.Owner, urlParams: FilteredPage) =>
    byOwner(
      owner,
      (agent_id) => client.listOfAgent({ path: { agent_id }, urlParams }),
      (user_id) => client.listOfUser({ path: { user_id }, urlParams })
    )
  )
  return {
    get: method("Julep.docs.get")((input: Docs.Owner & { readonly doc_id: DocId }) =>
      byOwner(
        input,
        (agent_id) => client.getOfAgent({ path: { agent_id, doc_id: input.doc_id } }),
        (user_id) => client.getOfUser({ path: { user_id, doc_id: input.doc_id } })
      )
    ),
    list: (owner, query = {}) => Effect.map(page(owner, query), ({ items }) => groupById(items)),
    listAll: (owner, query) => listAll(query, (start) => page(owner, { ...query, ...start }), groupById),
    create: method("Julep.docs.create")((input: Docs.Owner & { readonly doc: CreateDoc }) =>
      byOwner(
        input,
        (agent_id) => client.createOfAgent({ path: { agent_id }, payload: input.doc }),
        (user_id) => client.createOfUser({ path: { user_id }, payload: input.doc })
      ).pipe(merged(input.doc, CreateDoc))
    ),
    search: method("Julep.docs.search")((owner: Docs.Owner, query: string, options: Omit<SearchDocs, "query"> = {}) => {
      const payload = { ...options, query }
      return byOwner(
        owner,
        (agent_id) => client.searchOfAgent({ path: { agent_id }, payload }),
        (user_id) => client.searchOfUser({ path: { user_id }, payload })
      ).pipe(Effect.map(({ items }) => items))
    }),
    sync: method("Julep.docs.sync")((owner: Docs.Owner, docs: ReadonlyArray<SyncDoc>, options: SyncOptions = {}) =>
      syncDocs(docs, options, (payload) =>
        byOwner(
          owner,
          (agent_id) => client.syncOfAgent({ path: { agent_id }, payload }),
          (user_id) => client.syncOfUser({ path: { user_id }, payload })
        )
      )
    ),
    delete: method("Julep.docs.delete")((input: Docs.Owner & { readonly doc_id: DocId }) =>
      Effect.asVoid(
        byOwner<unknown, GetError>(
          input,
          (agent_id) => client.deleteOfAgent({ path: { agent_id, doc_id: input.doc_id } }),
          (user_id) => client.deleteOfUser({ path: { user_id, doc_id: input.doc_id } })
        )
      )
    )
  }
})
