import * as Schema from "effect/Schema"
import { CreateDoc, DOCS_ADVICE } from "./Doc.js"
import {
  type InputType,
  id,
  inputOf,
  JsonInput,
  JsonObject,
  nullish,
  type OpaqueBase,
  omittable,
  Timestamp,
  text,
  withAdvice
} from "./Field.js"
import { ResourceCreated, ResourceDeleted, ResourceUpdated } from "./Resource.js"

/** The id of a user. */
export const UserId = id("UserId")
export type UserId = typeof UserId.Type

/** A user, as it is stored. */
export const User = Schema.Struct({
  id: UserId,
  name: text("User", Schema.String.annotations({ default: "User" })),
  /** Who the user is: chats with the user have it in their context. */
  about: text(),
  /** JSON of any shape, which filters of lists can match. */
  metadata: nullish(JsonObject),
  created_at: nullish(Timestamp),
  updated_at: nullish(Timestamp)
}).annotations({ identifier: "User" })
export interface User extends Schema.Schema.Type<typeof User> {}

const received = inputOf("a user", "id", "created_at", "updated_at", "jobs")

/** What a create takes and an update does not. */
const updated = withAdvice(received, { docs: DOCS_ADVICE })

/** The member of a create that no update has, so that the result of a create is not spread into one. */
interface NotUpdatable {
  /** Docs are changed with `docs.create`, `docs.sync` and `docs.delete`. */
  readonly docs?: undefined
}

/** The input to create a user. `name` defaults to `User`. */
export const CreateUser = Schema.Struct({
  /** The name in prompts and lists. Default: `User`. */
  name: omittable(Schema.String.annotations({ default: "User" })),
  /** Who the user is: chats with the user have it in their context. Default: `""`. */
  about: omittable(Schema.String),
  /** Docs that chats with the user recall. At most 500. Default: none. */
  docs: omittable(Schema.Array(CreateDoc)),
  /** JSON of any shape, which `metadata_filter` of `list` can match. Default: `{}`. */
  metadata: omittable(JsonInput)
}).annotations({ identifier: "CreateUserRequest", ...received })
export interface CreateUser extends InputType<typeof CreateUser>, OpaqueBase {}

/** The replacement of a user (PUT): omitted members return to their defaults. */
export const UpdateUser = Schema.Struct({
  /** The name in prompts and lists. */
  name: Schema.String,
  /** Who the user is: chats with the user have it in their context. */
  about: Schema.String,
  /** JSON of any shape. Default: `{}`. */
  metadata: omittable(JsonInput)
}).annotations({ identifier: "UpdateUserRequest", ...updated })
export interface UpdateUser extends InputType<typeof UpdateUser>, NotUpdatable {}

/** Changes of a user (PATCH): omitted members stay, and `metadata` is merged deeply. */
export const PatchUser = Schema.Struct({
  /** The name in prompts and lists. */
  name: omittable(Schema.String),
  /** Who the user is. `""` clears it. */
  about: omittable(Schema.String),
  /** Keys to add or to change, at any depth. The others stay. */
  metadata: omittable(JsonInput)
}).annotations({ identifier: "PatchUserRequest", ...updated })
export interface PatchUser extends InputType<typeof PatchUser>, NotUpdatable {}

/** The response to a create: the id, its time, and the jobs that the request started. */
export const UserCreated = ResourceCreated(UserId)
/** The response to an update: the id, its time, and the jobs that the request started. */
export const UserUpdated = ResourceUpdated(UserId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const UserDeleted = ResourceDeleted(UserId)
