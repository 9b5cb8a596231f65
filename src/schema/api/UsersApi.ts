import * as Schema from "effect/Schema"
import { Pages } from "../Resource.js"
import { CreateUser, PatchUser, UpdateUser, User, UserCreated, UserDeleted, UserId, UserUpdated } from "../User.js"
import { del, get, group, patch, post, put } from "./Operation.js"
import { FilteredPage } from "./Query.js"

const pathParams = Schema.Struct({ user_id: UserId })

/** The operations on users. */
export const UsersApi = group("users", {
  create: post("/users", { payload: CreateUser, success: UserCreated, status: 201 }),
  list: get("/users", { urlParams: FilteredPage, success: Pages(User) }),
  get: get("/users/:user_id", { pathParams, success: User }),
  update: put("/users/:user_id", { pathParams, payload: UpdateUser, success: UserUpdated }),
  patch: patch("/users/:user_id", { pathParams, payload: PatchUser, success: UserUpdated }),
  delete: del("/users/:user_id", { pathParams, success: UserDeleted })
})
