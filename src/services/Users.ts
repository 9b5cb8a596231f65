/** The manager of users with effects; `promise/Users.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { FilteredPage } from "../schema/api/Query.js"
import { UsersApi } from "../schema/api/UsersApi.js"
import type { CallError, CreateError, GetError, ListError } from "../schema/Errors.js"
import type { Created, Updated } from "../schema/Resource.js"
import { CreateUser, PatchUser, type UpdateUser, type User, type UserId } from "../schema/User.js"
import * as ApiClient from "./ApiClient.js"
import { toCallError, toCreateError, toGetError, toListError, toWriteError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { merged } from "./merge.js"
import { method } from "./method.js"
import { itemsOf, listAll } from "./paging.js"
import { type Update, update } from "./update.js"

/**
 * The manager of users.
 *
 * @example
 * ```ts
 * import { Users } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const users = yield* Users
 *   const sam = yield* users.create({ name: "Sam", about: "a customer" })
 *   return yield* users.update(sam.id, { metadata: { plan: "gold" } })
 * })
 * ```
 */
export class Users extends Context.Tag("effect-julep/Users")<Users, Users.Service>() {
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Users, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Users,
    Effect.suspend(() => make)
  )
}

export declare namespace Users {
  /** The operations on users. */
  interface Service {
    /** The user with this id. Fails with `NotFound` if there is none. */
    readonly get: (id: UserId) => Effect.Effect<User, GetError>
    /** Creates a user with their docs. Returns the input plus `id`, `created_at` and `jobs`. */
    readonly create: (input: CreateUser) => Effect.Effect<CreateUser & Created<UserId>, CreateError>
    /** One page of users, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
    readonly list: (query?: FilteredPage) => Effect.Effect<ReadonlyArray<User>, ListError>
    /**
     * Streams every user, page by page, as it is consumed; `limit` is the page size, at most 1,000. On an
     * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
     * delete skips another one.
     */
    readonly listAll: (query?: FilteredPage) => Stream.Stream<User, ListError>
    /** Changes a user (PATCH), or replaces them with `{ overwrite: true }` (PUT). */
    readonly update: Update<UserId, UpdateUser, PatchUser, Updated<UserId>>
    /** Deletes a user with their docs, their sessions and the memories about them. Succeeds if there is no such user. */
    readonly delete: (id: UserId) => Effect.Effect<void, CallError>
  }
}

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Users.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(function* () {
  const client = yield* ApiClient.group(UsersApi, {
    get: toGetError,
    create: toCreateError,
    list: toListError,
    update: toWriteError,
    patch: toWriteError,
    delete: toCallError
  })
  const page = method("Julep.users.list")((query: FilteredPage) => client.list({ urlParams: query }))
  return {
    get: method("Julep.users.get")((id: UserId) => client.get({ path: { user_id: id } })),
    create: method("Julep.users.create")((payload: CreateUser) =>
      client.create({ payload }).pipe(merged(payload, CreateUser))
    ),
    list: (query = {}) => itemsOf(page(query)),
    listAll: (query) => listAll(query, (start) => page({ ...query, ...start })),
    update: update(
      "Julep.users.update",
      PatchUser,
      (id: UserId, payload: UpdateUser) => client.update({ path: { user_id: id }, payload }),
      (id: UserId, payload: PatchUser) => client.patch({ path: { user_id: id }, payload })
    ),
    delete: method("Julep.users.delete")((id: UserId) => Effect.asVoid(client.delete({ path: { user_id: id } })))
  }
})
