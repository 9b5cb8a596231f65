/** The failures of use cases: the errors of the contract, and those of the ports, which `engine/http` translates. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type AnswerError, NotFound, UnprocessableRequest } from "../../schema/Errors.js"
import type { ModelError } from "../ports/Model.js"
import type { LeaseLost, StorageError } from "../ports/Storage.js"

export type { ModelError } from "../ports/Model.js"
export type { LeaseLost, StorageError } from "../ports/Storage.js"

export type Failure = AnswerError | StorageError | LeaseLost | ModelError

/** The resources a request can name. */
export type Resource = "agent" | "user" | "session" | "doc" | "tool" | "memory" | "job" | "model" | "message" | "key"

/** The error of a resource that this developer does not have. */
export const notFound = (resource: Resource, id: string): NotFound =>
  new NotFound({
    message: `${resource[0]?.toUpperCase()}${resource.slice(1)} ${id} not found`,
    resource,
    id,
    status: 404
  })

/** The error of a payload that is well formed and cannot be carried out. */
export const unprocessable = (path: string, message: string): UnprocessableRequest =>
  new UnprocessableRequest({ message: `${path}: ${message}`, issues: [{ path, message }], status: 422 })

/** The row, or `NotFound`. */
export const found =
  (resource: Resource, id: string) =>
  <A, E, R>(effect: Effect.Effect<Option.Option<A>, E, R>): Effect.Effect<A, E | NotFound, R> =>
    Effect.flatMap(
      effect,
      Option.match({ onNone: () => Effect.fail(notFound(resource, id)), onSome: (row) => Effect.succeed(row) })
    )

/** Nothing, or `NotFound` when the effect finds no row. */
export const orNotFound =
  (resource: Resource, id: string) =>
  <E, R>(effect: Effect.Effect<boolean, E, R>): Effect.Effect<void, E | NotFound, R> =>
    Effect.flatMap(effect, (exists) => (exists ? Effect.void : Effect.fail(notFound(resource, id))))

/** Nothing, or `NotFound` when the effect finds no row of an owner that exists. Without its owner no row is missing. */
export const orNotFoundUnder =
  <E, R>(ownerExists: Effect.Effect<boolean, E, R>, resource: Resource, id: string) =>
  (effect: Effect.Effect<boolean, E, R>): Effect.Effect<void, E | NotFound, R> =>
    Effect.flatMap(effect, (exists) =>
      exists
        ? Effect.void
        : Effect.flatMap(ownerExists, (owned) => (owned ? Effect.fail(notFound(resource, id)) : Effect.void))
    )
