/** The manager of users with promises; `services/Users.ts` has the one with effects. */
import type { Created, CreateUser, ListQuery, PatchUser, Updated, UpdateUser, User } from "./entities.js"
import type { RequestOptions } from "./Options.js"
import { id as idOf } from "./Plain.js"
import type { Runner } from "./Runner.js"
import type { ItemStream } from "./streams.js"
import { updating } from "./update.js"

/**
 * The manager of users.
 *
 * @example
 * ```ts
 * import type { Client } from "effect-julep/promise"
 *
 * const upgrade = async (client: Client) => {
 *   const sam = await client.users.create({ name: "Sam", about: "a customer" })
 *   return await client.users.update(sam.id, { metadata: { plan: "gold" } })
 * }
 * ```
 */
export interface Users {
  /** The user with this id. Rejects with `NotFound` if there is none. */
  get(id: string, options?: RequestOptions): Promise<User>
  /** Creates a user with their docs. Resolves to the input plus `id`, `created_at` and `jobs`. */
  create(input: CreateUser, options?: RequestOptions): Promise<CreateUser & Created>
  /** One page of users, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
  list(query?: ListQuery, options?: RequestOptions): Promise<ReadonlyArray<User>>
  /**
   * Streams every user, page by page; `limit` is the page size, at most 1,000. On an
   * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
   * delete skips another one.
   */
  listAll(query?: ListQuery, options?: RequestOptions): ItemStream<User>
  /** Replaces a user (PUT): omitted members return to their defaults. */
  update(
    id: string,
    replacement: UpdateUser,
    mode: { readonly overwrite: true },
    options?: RequestOptions
  ): Promise<UpdateUser & Updated>
  /** Changes a user (PATCH): omitted members stay, and `metadata` is merged deeply. */
  update(
    id: string,
    changes: PatchUser,
    mode?: { readonly overwrite?: false | undefined },
    options?: RequestOptions
  ): Promise<PatchUser & Updated>
  /** Deletes a user with their docs, their sessions and the memories about them. Succeeds if there is no such user. */
  delete(id: string, options?: RequestOptions): Promise<void>
}

/** @internal */
export const users = (runner: Runner): Users => ({
  get: (id, options) => runner.call(({ users }) => users.get(idOf(id)), options),
  create: (input, options) => runner.call(({ users }) => users.create(input), options),
  list: (query, options) => runner.call(({ users }) => users.list(query), options),
  listAll: (query, options) => runner.items(({ users }) => users.listAll(query), options),
  update: updating(runner, ({ users }) => users.update),
  delete: (id, options) => runner.call(({ users }) => users.delete(idOf(id)), options)
})
