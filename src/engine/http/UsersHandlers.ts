import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { User, UserCreated, UserDeleted, UserUpdated } from "../../schema/User.js"
import { Engine } from "../usecases/Engine.js"
import { EngineApi } from "./EngineApi.js"
import { answer, itemsOf } from "./respond.js"

const whole = Schema.required(User)
const one = answer(whole)
const many = itemsOf(whole)
const created = answer(UserCreated, { status: 201 })
const updated = answer(UserUpdated)
const deleted = answer(UserDeleted, { status: 202 })

/** The operations on users. */
export const UsersHandlers = HttpApiBuilder.group(EngineApi, "users", (handlers) =>
  Effect.map(Engine, ({ users }) =>
    handlers
      .handle("create", ({ payload, request }) => created(request, (dev) => users.create(dev, payload)))
      .handle("list", ({ request, urlParams }) => many(request, (dev) => users.list(dev, urlParams)))
      .handle("get", ({ path, request }) => one(request, (dev) => users.get(dev, path.user_id)))
      .handle("update", ({ path, payload, request }) =>
        updated(request, (dev) => users.update(dev, path.user_id, payload))
      )
      .handle("patch", ({ path, payload, request }) =>
        updated(request, (dev) => users.patch(dev, path.user_id, payload))
      )
      .handle("delete", ({ path, request }) => deleted(request, (dev) => users.remove(dev, path.user_id)))
  )
)
