import * as Effect from "effect/Effect"
import { ToolsApi } from "../../schema/api/ToolsApi.js"
import { Tool, ToolCreated, ToolDeleted, ToolUpdated } from "../../schema/Tool.js"
import { Engine } from "../usecases/Engine.js"
import { answer, pagesOf, whole } from "./respond.js"
import { routes } from "./routes.js"

const many = pagesOf(whole(Tool))
const created = answer(ToolCreated, { status: 201 })
const updated = answer(ToolUpdated)
const deleted = answer(ToolDeleted, { status: 202 })

/** The operations on the tools of an agent. */
export const toolsRoutes = Effect.map(Engine, ({ tools }) =>
  routes(ToolsApi, {
    list: ({ path, request, urlParams }) => many(request, (dev) => tools.list(dev, path.agent_id, urlParams)),
    create: ({ path, payload, request }) => created(request, (dev) => tools.create(dev, path.agent_id, payload)),
    update: ({ path, payload, request }) =>
      updated(request, (dev) => tools.update(dev, path.agent_id, path.tool_id, payload.function)),
    patch: ({ path, payload, request }) =>
      updated(request, (dev) => tools.patch(dev, path.agent_id, path.tool_id, payload.function)),
    delete: ({ path, request }) => deleted(request, (dev) => tools.remove(dev, path.agent_id, path.tool_id))
  })
)
