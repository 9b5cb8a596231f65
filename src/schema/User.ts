import * as Schema from "effect/Schema"
import { CreateDoc } from "./Doc.js"
import { id, JsonObject, nullish, omittable, reportAll, Timestamp } from "./Field.js"
import { ResourceCreated, ResourceDeleted, ResourceUpdated } from "./Resource.js"

/** The id of a user. */
export const UserId = id("UserId")
export type UserId = typeof UserId.Type

/** A user, as it is stored. */
export const User = Schema.Struct({
  id: UserId,
  name: nullish(Schema.String.annotations({ default: "User" })),
  about: nullish(Schema.String),
  metadata: nullish(JsonObject),
  created_at: nullish(Timestamp),
  updated_at: nullish(Timestamp)
}).annotations({ identifier: "User" })
export type User = typeof User.Type

/** The input to create a user. `name` defaults to `User`. */
export const CreateUser = Schema.Struct({
  name: omittable(Schema.String.annotations({ default: "User" })),
  about: omittable(Schema.String),
  docs: omittable(Schema.Array(CreateDoc)),
  metadata: omittable(JsonObject)
}).annotations({ identifier: "CreateUserRequest", ...reportAll })
export type CreateUser = typeof CreateUser.Type

/** The replacement of a user (PUT): omitted members return to their defaults. */
export const UpdateUser = Schema.Struct({
  name: Schema.String,
  about: Schema.String,
  metadata: omittable(JsonObject)
}).annotations({ identifier: "UpdateUserRequest", ...reportAll })
export type UpdateUser = typeof UpdateUser.Type

/** Changes of a user (PATCH): omitted members stay, and `metadata` is merged deeply. */
export const PatchUser = Schema.Struct({
  name: omittable(Schema.String),
  about: omittable(Schema.String),
  metadata: omittable(JsonObject)
}).annotations({ identifier: "PatchUserRequest", ...reportAll })
export type PatchUser = typeof PatchUser.Type

/** The response to a create: the id, its time, and the jobs that the request started. */
export const UserCreated = ResourceCreated(UserId)
/** The response to an update: the id, its time, and the jobs that the request started. */
export const UserUpdated = ResourceUpdated(UserId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const UserDeleted = ResourceDeleted(UserId)
