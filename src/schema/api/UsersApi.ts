import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Pages } from "../Resource.js"
import { CreateUser, PatchUser, UpdateUser, User, UserCreated, UserDeleted, UserId, UserUpdated } from "../User.js"
import { FilteredPage } from "./Query.js"

const path = Schema.Struct({ user_id: UserId })

/** The operations on users. */
export const UsersApi = HttpApiGroup.make("users")
  .add(HttpApiEndpoint.post("create", "/users").setPayload(CreateUser).addSuccess(UserCreated))
  .add(HttpApiEndpoint.get("list", "/users").setUrlParams(FilteredPage).addSuccess(Pages(User)))
  .add(HttpApiEndpoint.get("get", "/users/:user_id").setPath(path).addSuccess(User))
  .add(HttpApiEndpoint.put("update", "/users/:user_id").setPath(path).setPayload(UpdateUser).addSuccess(UserUpdated))
  .add(HttpApiEndpoint.patch("patch", "/users/:user_id").setPath(path).setPayload(PatchUser).addSuccess(UserUpdated))
  .add(
    HttpApiEndpoint.del("delete", "/users/:user_id")
      .setPath(path)
      .addSuccess(UserDeleted)
      .addSuccess(HttpApiSchema.NoContent)
  )
