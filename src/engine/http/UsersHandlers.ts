import * as Effect from "effect/Effect"
import { UsersApi } from "../../schema/api/UsersApi.js"
import { User, UserCreated, UserDeleted, UserUpdated } from "../../schema/User.js"
import { Engine } from "../usecases/Engine.js"
import { answer, pagesOf, whole } from "./respond.js"
import { routes } from "./routes.js"

const sent = whole(User)
const one = answer(sent)
const many = pagesOf(sent)
const created = answer(UserCreated, { status: 201 })
const updated = answer(UserUpdated)
const deleted = answer(UserDeleted, { status: 202 })

/** The operations on users. */
export const usersRoutes = Effect.map(Engine, ({ users }) =>
  routes(UsersApi, {
    create: ({ payload, request }) => created(request, (dev) => users.create(dev, payload)),
    list: ({ request, urlParams }) => many(request, (dev) => users.list(dev, urlParams)),
    get: ({ path, request }) => one(request, (dev) => users.get(dev, path.user_id)),
    update: ({ path, payload, request }) => updated(request, (dev) => users.update(dev, path.user_id, payload)),
    patch: ({ path, payload, request }) => updated(request, (dev) => users.patch(dev, path.user_id, payload)),
    delete: ({ path, request }) => deleted(request, (dev) => users.remove(dev, path.user_id))
  })
)
